using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Lectern.Billing.Codes;
using Lectern.Tests.Accounts.Workspaces;
using Lectern.Tests.Http;
using Npgsql;

namespace Lectern.Tests.Billing.Codes;

/// <summary>Promotional codes give each person credits once, and to no more people than they may.</summary>
public sealed class CodesTests(WorkspacesHost host) : IClassFixture<WorkspacesHost>
{
    [Fact]
    public async Task A_code_gives_its_credits_however_it_is_typed()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());
        var code = await MakeAsync(
            admin,
            new
            {
                credits = "2.5",
                uses = 3,
                code = Unique("Spring-Fair"),
            }
        );

        using var redeemed = await RedeemAsync(
            jane,
            $" {((string)code["code"]!).Replace("-", "", Ordinal).ToLower()} "
        );

        redeemed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await redeemed.JsonAsync()).ToJsonString().ShouldBe("""{"credits":"2.5","expireAt":null}""");
        (await jane.GainedAsync()).ShouldBe(2.5m);
        (await jane.LedgerAsync())[0].ShouldBe("granted 2.5 promotional_code");
        var listed = await FindAsync(admin, code);
        $"{listed["used"]} of {listed["uses"]}".ShouldBe("1 of 3");
        listed["lastUsedAt"].ShouldNotBeNull();
        await host.ShouldAddUpAsync();
    }

    [Fact]
    public async Task A_code_that_nobody_chose_cannot_be_guessed()
    {
        var admin = await host.PlatformAdminAsync();

        var code = (string)(await MakeAsync(admin, new { credits = "1", uses = 1 }))["code"]!;

        code.ShouldMatch("^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){3}$"); // 20 of 32 letters: 100 bits
        Enumerable.Range(0, 1000).Select(_ => CodeText.New()).ShouldBeUnique();
    }

    [Fact]
    public async Task Uses_that_race_are_as_many_as_there_may_be()
    {
        const int People = 64;
        const int Uses = 10;
        var admin = await host.PlatformAdminAsync();
        var code = await MakeAsync(admin, new { credits = "1", uses = Uses });
        var people = new List<Somebody>();
        for (var i = 0; i < People; i++)
            people.Add(await host.SignUpAsync());
        var outcomes = new ConcurrentBag<string>();

        await Parallel.ForEachAsync(
            people,
            new ParallelOptions
            {
                MaxDegreeOfParallelism = People,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            async (person, _) => outcomes.Add(await OutcomeAsync(person, (string)code["code"]!))
        );

        outcomes.Count(outcome => outcome == "200").ShouldBe(Uses);
        outcomes.Count(outcome => outcome == "409 code-used-up").ShouldBe(People - Uses);
        decimal gained = 0;
        foreach (var person in people)
            gained += await person.GainedAsync();
        gained.ShouldBe(Uses);
        ((int)(await FindAsync(admin, code))["used"]!).ShouldBe(Uses);
        await host.ShouldAddUpAsync();
    }

    [Fact]
    public async Task A_person_uses_a_code_once_in_whatever_workspace()
    {
        var admin = await host.PlatformAdminAsync();
        var jane = await host.AdminOfNewWorkspaceAsync();
        var code = await MakeAsync(admin, new { credits = "1", uses = 50 });
        var text = (string)code["code"]!;
        var outcomes = new ConcurrentBag<string>();

        await Parallel.ForAsync(
            0,
            16,
            TestContext.Current.CancellationToken,
            async (_, _) => outcomes.Add(await OutcomeAsync(jane, text))
        );
        await jane.EnterAsync(jane.Personal);
        outcomes.Add(await OutcomeAsync(jane, text));

        outcomes.Count(outcome => outcome == "200").ShouldBe(1);
        outcomes.Count(outcome => outcome == "409 code-already-used").ShouldBe(16);
        ((int)(await FindAsync(admin, code))["used"]!).ShouldBe(1); // a use that gives nothing doesn't count
        (await jane.GainedAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Who_had_the_last_use_is_told_so_when_they_try_again()
    {
        var (admin, jane, john) = (await host.PlatformAdminAsync(), await host.SignUpAsync(), await host.SignUpAsync());
        var text = (string)(await MakeAsync(admin, new { credits = "1", uses = 1 }))["code"]!;

        (await OutcomeAsync(jane, text)).ShouldBe("200");
        (await OutcomeAsync(jane, text)).ShouldBe("409 code-already-used");
        (await OutcomeAsync(john, text)).ShouldBe("409 code-used-up");
    }

    [Fact]
    public async Task What_is_unknown_expired_or_disabled_is_one_and_the_same()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());
        var expired = await MakeAsync(admin, new { credits = "1", uses = 5 });
        await ChangeAsync(expired, "expires_at = now() - interval '1 second'");
        var disabled = await MakeAsync(admin, new { credits = "1", uses = 5 });
        (await OutcomeAsync(await host.SignUpAsync(), (string)disabled["code"]!)).ShouldBe("200");
        await DisableAsync(admin, disabled);
        await DisableAsync(admin, disabled);

        var answers = new HashSet<string>();
        foreach (
            var text in (string[])
                [
                    (string)expired["code"]!,
                    (string)disabled["code"]!,
                    CodeText.New(),
                    "",
                    "-----",
                    "ÄÖÜÄÖÜ",
                    new('A', 100_000),
                ]
        )
        {
            using var refused = await RedeemAsync(jane, text);
            (await refused.RefusalAsync()).ShouldBe("404 code-not-valid");
            var problem = (await refused.JsonAsync()).AsObject();
            problem.Remove("traceId");
            answers.Add(problem.ToJsonString());
        }

        answers.Count.ShouldBe(1);
        (await jane.GainedAsync()).ShouldBe(0);
        (await FindAsync(admin, disabled))["disabledAt"].ShouldNotBeNull();
    }

    [Theory]
    [InlineData("expires_at = now() - interval '1 second'", "code_not_expired")]
    [InlineData("disabled_at = now() - interval '1 second'", "code_not_disabled")]
    [InlineData("used = uses", "code_not_used_up")]
    public async Task The_database_refuses_a_use_that_came_too_late_to_be_seen(string late, string constraint)
    {
        var admin = await host.PlatformAdminAsync();
        var code = await MakeAsync(admin, new { credits = "1", uses = 5 });
        await ChangeAsync(code, late);

        (
            await Should.ThrowAsync<Lectern.Eventing.ConstraintViolatedException>(() =>
                host.ExecuteAsync(
                    "update billing.codes set used = used + 1, last_used_at = clock_timestamp() where id = $1",
                    WorkspacesHost.IdOf((string)code["id"]!)
                )
            )
        ).Constraint.ShouldBe(constraint);
    }

    [Fact]
    public async Task What_a_code_gives_can_expire()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());
        var code = await MakeAsync(
            admin,
            new
            {
                credits = "1",
                uses = 1,
                creditsExpireAfterDays = 30,
            }
        );

        using var redeemed = await RedeemAsync(jane, (string)code["code"]!);

        var expireAt = (DateTimeOffset)(await redeemed.JsonAsync())["expireAt"]!;
        expireAt.ShouldBe(DateTimeOffset.UtcNow.AddDays(30), TimeSpan.FromMinutes(5));
        (
            await host.TextsAsync(
                "select (expires_at = $2)::text from billing.lots where workspace_id = $1 and expires_at is not null",
                WorkspacesHost.IdOf(jane.Workspace),
                expireAt
            )
        ).ShouldBe(["true"]);
    }

    [Theory]
    [InlineData("""{"credits":"0","uses":1}""", "/credits")]
    [InlineData("""{"credits":"-1","uses":1}""", "/credits")]
    [InlineData("""{"credits":"0.0000001","uses":1}""", "/credits")]
    [InlineData("""{"credits":"1","uses":0}""", "/uses")]
    [InlineData("""{"credits":"1","uses":1000001}""", "/uses")]
    [InlineData("""{"credits":"1","uses":1,"code":"AB-12"}""", "/code")]
    [InlineData("""{"credits":"1","uses":1,"code":"FÜNFZIG"}""", "/code")]
    [InlineData("""{"credits":"1","uses":1,"expiresAt":"2020-01-01T00:00:00Z"}""", "/expiresAt")]
    [InlineData("""{"credits":"1","uses":1,"creditsExpireAfterDays":0}""", "/creditsExpireAfterDays")]
    [InlineData("""{"credits":"1","uses":1,"note":" "}""", "/note")]
    public async Task A_code_that_cannot_be_is_refused(string body, string pointer)
    {
        var admin = await host.PlatformAdminAsync();

        using var refused = await admin.SendAsync(
            HttpMethod.Post,
            "/admin/credits/codes",
            JsonNode.Parse(body)!.AsObject()
        );

        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
        (await refused.JsonAsync())["errors"]![0]!["pointer"]!.ToString().ShouldBe(pointer);
    }

    [Fact]
    public async Task Two_spellings_of_a_code_are_one_code()
    {
        var admin = await host.PlatformAdminAsync();
        var text = Unique("Summer");
        var made = await MakeAsync(
            admin,
            new
            {
                credits = "1",
                uses = 1,
                code = text,
            }
        );

        using var refused = await admin.SendAsync(
            HttpMethod.Post,
            "/admin/credits/codes",
            new
            {
                credits = "9",
                uses = 9,
                code = text.ToLowerInvariant().Insert(3, "-"),
            }
        );

        (await refused.RefusalAsync()).ShouldBe("409 code-taken");
        await DisableAsync(admin, made);
        (await host.AuditOfPlatformAsync())
            .Where(entry => entry.StartsWith("codes.", Ordinal) && entry.Contains((string)made["id"]!, Ordinal))
            .ShouldBe([
                $$"""codes.created {{made["id"]}} {"uses": 1, "credits": "1"}""",
                $$"""codes.disabled {{made["id"]}} {}""",
            ]);
    }

    [Fact]
    public async Task Viewers_and_api_keys_use_no_codes()
    {
        var admin = await host.PlatformAdminAsync();
        var jane = await host.AdminOfNewWorkspaceAsync();
        var (viewer, editor) = (await host.JoinAsync(jane, "viewer"), await host.JoinAsync(jane, "editor"));
        var text = (string)(await MakeAsync(admin, new { credits = "1", uses = 5 }))["code"]!;
        var key = await (
            await jane.SendAsync(HttpMethod.Post, jane.In("/api-keys"), new { name = "x", scopes = AllScopes })
        ).JsonAsync();

        (await OutcomeAsync(viewer, text)).ShouldBe("403 forbidden");
        using var byKey = await host.Api.PostAsync("/credits/codes", new { code = text }, (string)key["key"]!);
        (await byKey.RefusalAsync()).ShouldBe("403 forbidden");
        (await OutcomeAsync(editor, text)).ShouldBe("200");
    }

    private static readonly string[] AllScopes = ["credits:write"];

    private const StringComparison Ordinal = StringComparison.Ordinal;

    private static string Unique(string text) => $"{text}-{Guid.NewGuid():n}"[..30];

    private static async Task<JsonNode> MakeAsync(Somebody admin, object code)
    {
        using var made = await admin.SendAsync(HttpMethod.Post, "/admin/credits/codes", code);
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        return await made.JsonAsync();
    }

    private static async Task DisableAsync(Somebody admin, JsonNode code)
    {
        using var disabled = await admin.SendAsync(HttpMethod.Delete, $"/admin/credits/codes/{code["id"]}");
        disabled.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    /// <summary>Changes a code's row as only the owner of the database can.</summary>
    private async Task ChangeAsync(JsonNode code, string change)
    {
        await using var owner = NpgsqlDataSource.Create(host.Api.ConnectionString);
        await using var command = owner.CreateCommand($"update billing.codes set {change} where id = $1");
        command.Parameters.AddWithValue(WorkspacesHost.IdOf((string)code["id"]!));
        (await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBe(1);
    }

    private static async Task<JsonNode> FindAsync(Somebody admin, JsonNode code) =>
        (await admin.JsonAsync("/admin/credits/codes?limit=200"))["items"]!
            .AsArray()
            .Single(item => (string)item!["id"]! == (string)code["id"]!)!;

    private static Task<HttpResponseMessage> RedeemAsync(Somebody somebody, string code) =>
        somebody.SendAsync(HttpMethod.Post, "/credits/codes", new { code });

    private static async Task<string> OutcomeAsync(Somebody somebody, string code)
    {
        using var answer = await RedeemAsync(somebody, code);
        return answer.IsSuccessStatusCode ? $"{(int)answer.StatusCode}" : await answer.RefusalAsync();
    }
}
