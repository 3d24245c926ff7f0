using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lectern.Accounts.Privacy;
using Lectern.Activity.Webhooks;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Privacy;
using Lectern.Tests.Accounts.Profile;
using Lectern.Tests.Activity;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;
using Lectern.Tests.Voices.Characters;
using Microsoft.Extensions.DependencyInjection;
using Person = Lectern.Tests.Jobs.Person;

namespace Lectern.Tests.Accounts.Privacy;

/// <summary>On a host and a database of their own, which are searched from outside.</summary>
public sealed class ErasureTests(JobsHost host) : IClassFixture<JobsHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_an_erasure_nothing_of_the_person_is_left_anywhere()
    {
        var (john, his) = await LiveAsync("john");
        var (jane, hers) = await LiveAsync("jane");
        using var gate = host.Engine.StopAt("hers"); // a job of hers runs, and another waits to, while she leaves
        var running = await jane.SubmitAsync(
            $"# {Word("jane", "heading")}\n\nThis is hers, {Word("jane", "running")}."
        );
        await gate.Reached;
        await PlantErrorAsync(jane, hers["text"]);
        await AllIsDoneAsync();
        await DeliverAsync(jane.Workspace, 3);
        (await EmptyTablesAsync(jane.Workspace)).ShouldBeEmpty(
            "something of hers is in every table that is looked at below"
        );
        var traces = new Traces(host);
        (await traces.FindAsync(hers)).ShouldBe(
            [
                "address in database",
                "address in mail",
                "character in database",
                "device in database",
                "file name in database",
                "file name in mail",
                "heading in database",
                "name in database",
                "picture in blobs",
                "picture's hash in database",
                "running in database",
                "statement in database",
                "text in database",
                "title in blobs",
                "title in database",
                "title in mail",
                "lexicon in database",
                "project in database",
                "webhook in database",
                "word in database",
            ],
            ignoreOrder: true
        );
        var kept = await traces.FindAsync(his);
        var ledger = await LedgerAsync();

        using (var deleted = await DeleteAsync(jane, new { password = JobsHost.Password }))
            deleted.StatusCode.ShouldBe(HttpStatusCode.Accepted);

        (await (await jane.GetAsync("/me")).RefusalAsync()).ShouldBe("401 unauthenticated");
        (await LogInAsync(Address("jane"))).ShouldBe("401 wrong-credentials");
        gate.Open();
        await ErasedAsync(jane);
        (await traces.FindAsync(hers)).ShouldBeEmpty();
        Directory
            .EnumerateFiles(host.BlobFolder, "*", SearchOption.AllDirectories)
            .Where(file => file.Contains($"{jane.Workspace:n}", StringComparison.Ordinal))
            .ShouldBeEmpty();
        (await traces.FindAsync(his)).ShouldBe(kept);
        (await RowsOfAsync(jane.Workspace)).ShouldBe(0);
        (await EventsOfAsync(running)).Last().ShouldBe("jobs.job_deleted.v1");

        await EverythingHoldsAsync();
        // What was paid stays paid; the hold of the running job came back.
        foreach (var (wallet, entries) in ledger)
            (await LedgerAsync())[wallet].ShouldStartWith(entries);
        (
            await host.ScalarAsync<long>("select held from billing.wallets where workspace_id = $1", jane.Workspace)
        ).ShouldBe(0);
        (
            await host.ScalarAsync<long>(
                "select count(*) from eventing.events where type = 'accounts.account_erased.v1' and workspace_id = $1",
                jane.Workspace
            )
        ).ShouldBe(1);

        // The scan can fail: a file and a row that an erasure forgot are found.
        var forgotten = Encoding.UTF8.GetBytes($"left behind: {Word("jane", "text")}");
        await host
            .Services.GetRequiredService<IBlobStore>()
            .WriteAsync("results/forgotten", new MemoryStream(forgotten), Cancel);
        await host.ExecuteAsync(
            "insert into jobs.failures (job_id, run, workspace_id, detail) values ($1, 1, $1, $2)",
            jane.Workspace,
            Word("jane", "text")
        );
        (await traces.FindAsync(hers)).ShouldBe(["text in blobs", "text in database"]);
        await host.Services.GetRequiredService<IBlobStore>().DeleteAsync("results/forgotten", Cancel);
        await host.ExecuteAsync("delete from jobs.failures where workspace_id = $1", jane.Workspace);

        var again = await host.SignUpAsync(Address("jane"));
        again.Workspace.ShouldNotBe(jane.Workspace);
        (await again.JsonAsync("/jobs"))["items"]!.AsArray().ShouldBeEmpty();
        (await john.JsonAsync("/jobs"))["items"]!.AsArray().Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("{}", "422 invalid-values")]
    [InlineData("""{"confirm":"yes"}""", "422 invalid-values")]
    [InlineData("""{"password":"not it"}""", "403 wrong-password")]
    [InlineData("""{"password":"three tall ships","force":true}""", "422 invalid-values")]
    [InlineData("", "400 malformed-request")]
    public async Task A_token_alone_deletes_nobody(string json, string refusal)
    {
        var jane = await host.SignUpAsync();

        using var refused = await jane.SendAsync(
            HttpMethod.Delete,
            "/me",
            new StringContent(json, Encoding.UTF8, "application/json")
        );

        (await refused.RefusalAsync()).ShouldBe(refusal);
        await jane.JsonAsync("/me");
    }

    [Fact]
    public async Task Who_has_no_password_confirms_with_the_address_right_after_signing_in()
    {
        var jane = await host.SignUpAsync($"{Guid.NewGuid():n}@Example.com");
        var email = (string)(await jane.JsonAsync("/me"))["email"]!;
        var id = await IdOfAsync(jane);
        await host.ExecuteAsync("update accounts.people set password_hash = null where id = $1", id);

        using (var other = await DeleteAsync(jane, new { confirm = "somebody@example.com" }))
            (await other.RefusalAsync()).ShouldBe("403 not-confirmed");
        await AgeSessionsAsync(id, "20 minutes");
        using (var late = await DeleteAsync(jane, new { confirm = email }))
            (await late.JsonAsync())["detail"]!.GetValue<string>().ShouldContain("too old");
        await AgeSessionsAsync(id, "-20 minutes");

        using var deleted = await DeleteAsync(jane, new { confirm = email.ToLowerInvariant() });

        deleted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await ErasedAsync(jane);
    }

    [Fact]
    public async Task The_only_admin_of_a_workspace_with_members_stays_until_there_is_another()
    {
        var (jane, john) = (await host.SignUpAsync(), await host.SignUpAsync());
        var (janesId, johnsId) = (await IdOfAsync(jane), await IdOfAsync(john));
        var shared = await ShareAsync((janesId, "admin"), (johnsId, "viewer"));

        using (var refused = await DeleteAsync(jane, new { password = JobsHost.Password }))
        {
            (await refused.RefusalAsync()).ShouldBe("409 last-admin");
            (await refused.JsonAsync())["workspaces"]!
                .AsArray()
                .Single()!
                .GetValue<string>()
                .ShouldBe(PublicId.Format("workspace", shared));
        }

        await jane.JsonAsync("/me");
        await host.ExecuteAsync("update accounts.members set role = 'admin' where person_id = $1", johnsId);
        using (var deleted = await DeleteAsync(jane, new { password = JobsHost.Password }))
            deleted.StatusCode.ShouldBe(HttpStatusCode.Accepted);

        await ErasedAsync(jane);
        (await MembersAsync(shared)).ShouldBe(1);
        (
            await host.ScalarAsync<bool>("select deleted_at is null from accounts.workspaces where id = $1", shared)
        ).ShouldBeTrue();
        (
            await host.ScalarAsync<string>(
                "select string_agg(action, ' ') from accounts.audit_log where workspace_id = $1",
                shared
            )
        ).ShouldBe("members.left");
    }

    [Fact]
    public async Task Of_two_admins_who_leave_at_once_one_stays()
    {
        for (var round = 0; round < 5; round++)
        {
            var people = new[] { await host.SignUpAsync(), await host.SignUpAsync(), await host.SignUpAsync() };
            var ids = await Task.WhenAll(people.Select(IdOfAsync));
            var shared = await ShareAsync((ids[0], "admin"), (ids[1], "admin"), (ids[2], "viewer"));

            var answers = await Task.WhenAll(
                people.Take(2).Select(person => DeleteAsync(person, new { password = JobsHost.Password }))
            );

            answers.Count(answer => answer.StatusCode == HttpStatusCode.Accepted).ShouldBe(1);
            (await answers.Single(a => a.StatusCode != HttpStatusCode.Accepted).RefusalAsync()).ShouldBe(
                "409 last-admin"
            );
            (await MembersAsync(shared)).ShouldBe(2);
        }
    }

    [Fact]
    public async Task A_shared_workspace_where_nobody_else_is_goes_with_its_only_member()
    {
        var jane = await host.SignUpAsync();
        var shared = await ShareAsync((await IdOfAsync(jane), "admin"));
        await host.ExecuteAsync("update accounts.workspaces set name = 'Quellenhof' where id = $1", shared);

        using (var deleted = await DeleteAsync(jane, new { password = JobsHost.Password }))
            deleted.StatusCode.ShouldBe(HttpStatusCode.Accepted);

        await ErasedAsync(jane);
        (
            await host.ScalarAsync<bool>(
                "select deleted_at is not null and name is null from accounts.workspaces where id = $1",
                shared
            )
        ).ShouldBeTrue();
        // What a request wrote that was under way is looked for once more, when none can be any more.
        (
            await host.ScalarAsync<long>(
                """
                select count(*) from eventing.messages where type = 'accounts.erase_workspace.v1' and state = 'delayed'
                and data ->> 'workspace' = $1
                """,
                shared.ToString()
            )
        ).ShouldBe(1);
    }

    [Fact]
    public async Task A_deleted_workspace_is_erased_and_a_living_one_is_not()
    {
        var (jane, john) = (await host.SignUpAsync(), await host.SignUpAsync());
        await jane.MakeAsync("This goes.");
        await john.MakeAsync("This stays.");
        await host.ExecuteAsync("update accounts.workspaces set deleted_at = now() where id = $1", jane.Workspace);

        await using (
            var session = host.Services.GetRequiredService<EventStore>().OpenWorkerSession(Context(john.Workspace))
        )
        {
            session.Enqueue(new EraseWorkspace(jane.Workspace));
            session.Enqueue(new EraseWorkspace(john.Workspace));
            await session.SaveChangesAsync(Cancel);
        }

        await Eventually.IsAsync(
            () => RowsOfAsync(jane.Workspace),
            rows => rows == 0,
            "the deleted workspace's rows are gone"
        );
        await Eventually.IsAsync(
            () =>
                host.ScalarAsync<long>(
                    "select count(*) from eventing.dead_letters where data ->> 'workspace' = $1",
                    john.Workspace.ToString()
                ),
            letters => letters == 1,
            "the other message is given up"
        );
        (await john.JsonAsync("/jobs"))["items"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_a_webhook_was_told_goes_page_by_page_and_the_webhook_with_the_last()
    {
        const int MoreThanAPage = 5_001;
        var jane = await host.SignUpAsync();
        await MakeAsync(jane, "/webhooks", new { url = "https://93.184.216.34/hook", events = Nothing });
        await DeliverAsync(jane.Workspace, MoreThanAPage);
        var erasure = host.Services.GetServices<IErasePart>().OfType<WebhooksErasure>().Single();

        (await erasure.EraseWorkspaceAsync(jane.Workspace, Cancel)).ShouldBeFalse("there is more");
        (await LeftAsync()).ShouldBe("1 1 1");
        (await jane.JsonAsync("/webhooks"))["items"]!.AsArray().ShouldBeEmpty("it is told nothing any more");

        for (var calls = 1; !await erasure.EraseWorkspaceAsync(jane.Workspace, Cancel); calls++)
            calls.ShouldBeLessThan(3);
        (await LeftAsync()).ShouldBe("0 0 0");

        Task<string> LeftAsync() =>
            host.ScalarAsync<string>(
                """
                select format('%s %s %s',
                    (select count(*) from activity.webhooks where workspace_id = $1),
                    (select count(*) from activity.webhook_deliveries where workspace_id = $1),
                    (select count(*) from activity.webhook_attempts where workspace_id = $1))
                """,
                jane.Workspace
            );
    }

    [Fact]
    public async Task An_erasure_that_has_begun_is_not_taken_back_by_enabling_the_account()
    {
        var jane = await host.SignUpAsync();
        var id = await IdOfAsync(jane);
        using (var deleted = await DeleteAsync(jane, new { password = JobsHost.Password }))
            deleted.StatusCode.ShouldBe(HttpStatusCode.Accepted);

        var refused = await Should.ThrowAsync<Npgsql.PostgresException>(() =>
            host.ExecuteAsync("update accounts.people set disabled_at = null where id = $1", id)
        );

        refused.ConstraintName.ShouldBe("people_who_are_erased_stay_disabled");
    }

    /// <summary>Mails about the jobs that have ended, above all.</summary>
    private Task<long> AllIsDoneAsync() =>
        Eventually.IsAsync(
            () => host.ScalarAsync<long>(ActivityHost.LeftToDo),
            left => left == 0,
            "nothing is left to be done"
        );

    /// <summary>Somebody who leaves something everywhere: what it was, by its kind.</summary>
    private async Task<(Person Person, Dictionary<string, byte[]> Traces)> LiveAsync(string who)
    {
        var person = await host.SignUpAsync(Address(who), Word(who, "name"));
        using (var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/login"))
        {
            request.Content = JsonContent.Create(new { email = Address(who), password = JobsHost.Password });
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue(Word(who, "device"), "1.0"));
            (await host.Client.SendAsync(request, Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        using (var put = await person.PutAvatarAsync(Pictures.Png(300, 300)))
            put.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var got = await person.GetAsync("/me/avatar");
        var picture = await got.Content.ReadAsByteArrayAsync(Cancel);
        await MakeFromFileAsync(person, who);
        await MakeCharacterAsync(person, who);
        await MakeAsync(person, "/projects", new { name = Word(who, "project") });
        await MakeAsync(
            person,
            "/lexicons",
            new
            {
                name = Word(who, "lexicon"),
                language = "en",
                entries = new[] { new { word = Word(who, "word"), alias = "word" } },
            }
        );
        await MakeAsync(
            person,
            "/webhooks",
            new { url = $"https://93.184.216.34/{Word(who, "webhook")}", events = Nothing }
        );
        var traces = new Dictionary<string, byte[]>
        {
            ["picture"] = picture[5000..5032],
            ["picture's hash"] = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(picture))),
            ["address"] = Encoding.UTF8.GetBytes(Address(who)),
        };
        foreach (
            var kind in new[]
            {
                "name",
                "device",
                "title",
                "text",
                "heading",
                "running",
                "character",
                "statement",
                "project",
                "lexicon",
                "word",
                "webhook",
            }
        )
            traces[kind] = Encoding.UTF8.GetBytes(Word(who, kind));
        traces["file name"] = Encoding.UTF8.GetBytes(Word(who, "file"));
        return (person, traces);
    }

    /// <summary>Nobody leaves a workspace here, so nothing is sent.</summary>
    private static readonly string[] Nothing = ["workspace.member_left"];

    private static async Task MakeAsync(Person person, string path, object body)
    {
        using var made = await person.SendAsync(
            HttpMethod.Post,
            path,
            JsonContent.Create(body, body.GetType()),
            ("Idempotency-Key", Guid.NewGuid().ToString())
        );
        made.StatusCode.ShouldBe(HttpStatusCode.Created, await made.Content.ReadAsStringAsync(Cancel));
    }

    /// <summary>What a webhook was told, and how often it was tried.</summary>
    private Task DeliverAsync(Guid workspace, int deliveries) =>
        host.ExecuteAsync(
            """
            with told as (
                insert into activity.webhook_deliveries
                    (id, workspace_id, webhook_id, event_id, type, status, attempts, next_attempt_at, ended_at)
                select gen_random_uuid(), $1, w.id, gen_random_uuid(), 'workspace.member_left', 'delivered', 1, null, now()
                from activity.webhooks w, generate_series(1, $2) where w.workspace_id = $1
                returning id)
            insert into activity.webhook_attempts (delivery_id, number, workspace_id, at, duration_ms, outcome, status)
            select id, 1, $1, now(), 5, 'delivered', 204 from told
            """,
            workspace,
            deliveries
        );

    /// <summary>A voice, with files, and words that say whose it is.</summary>
    private static async Task MakeCharacterAsync(Person person, string who)
    {
        using var form = Dweller.Form(
            new Dictionary<string, byte[]> { ["image"] = Pictures.Png(16, 16) },
            ("name", Word(who, "character")),
            ("consentStatement", Word(who, "statement")),
            ("consentBy", "self")
        );
        form.Add(new ByteArrayContent(await Recordings.WavAsync()), "sample", "sample.wav");
        using var made = await person.SendAsync(HttpMethod.Post, "/characters", form);
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    /// <summary>One job that is completed, and one that failed, from a file.</summary>
    private static async Task MakeFromFileAsync(Person person, string who)
    {
        await person.MakeAsync($"It is said that {Word(who, "text")} lives.", "m4b", Word(who, "title"));
        if (who == "john")
            return;
        using var form = new MultipartFormDataContent { { new StringContent("wav"), "format" } };
        form.Add(
            new ByteArrayContent("<!-- remember the milk -->\n\n---\n"u8.ToArray()),
            "file",
            $"{Word(who, "file")}.md"
        );
        using var accepted = await person.PostJobAsync(form);
        await person.UntilAsync((string)(await accepted.JsonAsync())["id"]!, "failed");
    }

    private Task PlantErrorAsync(Person person, byte[] text) =>
        host.ExecuteAsync(
            """
            insert into eventing.dead_letters
                (id, lane, type, data, workspace_id, actor, correlation_id, attempts, generation, error, enqueued_at)
            values (gen_random_uuid(), 'jobs', 'jobs.collect_files.v1', '{}', $1, 'system', $1, 1, 1, $2, now())
            """,
            person.Workspace,
            $"The engine could not say {Encoding.UTF8.GetString(text)}."
        );

    /// <summary>Of this run: another may be at work on the same machine.</summary>
    private static readonly string Run = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 8);

    /// <summary>Letters only, so that speech and file names keep it, and in no dictionary.</summary>
    private static string Word(string who, string kind) => $"Zq{who}x{kind}x{Run}";

    private static string Address(string who) => $"{Word(who, "address")}@example.com";

    private static Task<HttpResponseMessage> DeleteAsync(Person person, object body) =>
        person.SendAsync(HttpMethod.Delete, "/me", JsonContent.Create(body));

    private async Task<string> LogInAsync(string email)
    {
        using var answer = await host.Client.PostAsJsonAsync(
            "/api/v1/auth/login",
            new { email, password = JobsHost.Password },
            Cancel
        );
        return await answer.RefusalAsync();
    }

    private async Task ErasedAsync(Person person) =>
        await Eventually.IsAsync(
            () =>
                host.ScalarAsync<long>(
                    """
                    select count(*) from eventing.events
                    where type = 'accounts.account_erased.v1' and workspace_id = $1
                    """,
                    person.Workspace
                ),
            events => events == 1,
            "the account is erased"
        );

    /// <summary>Rows of the tables that hold what is a workspace's own.</summary>
    private Task<long> RowsOfAsync(Guid workspace) =>
        host.ScalarAsync<long>(
            "select "
                + string.Join(
                    " + ",
                    ErasedTables.Select(table => $"(select count(*) from {table} where workspace_id = $1)")
                ),
            workspace
        );

    private async Task<List<string>> EmptyTablesAsync(Guid workspace)
    {
        var empty = new List<string>();
        foreach (var table in ErasedTables)
            if (await host.ScalarAsync<long>($"select count(*) from {table} where workspace_id = $1", workspace) == 0)
                empty.Add(table);
        return empty;
    }

    private static readonly string[] ErasedTables =
    [
        "activity.webhooks",
        "activity.webhook_deliveries",
        "activity.webhook_attempts",
        "voices.lexicons",
        "voices.characters",
        "voices.samples",
        "voices.character_images",
        "voices.consents",
        "voices.character_view",
        "library.projects",
        "jobs.job_view",
        "jobs.manuscripts",
        "jobs.chapters",
        "jobs.segments",
        "jobs.chunks",
        "jobs.failures",
        "jobs.audio",
        "jobs.paid_audio",
        "jobs.encodings",
        "jobs.artifacts",
        "jobs.places",
        "accounts.members",
        "accounts.secrets",
        "eventing.idempotency_keys",
        "eventing.dead_letters",
    ];

    /// <summary>Every invariant, the audit log's chains among them; and views that are made anew are as they were.</summary>
    private async Task EverythingHoldsAsync()
    {
        foreach (var check in host.Services.GetServices<IAuditCheck>())
            (await check.FindBreachesAsync(Cancel)).ShouldBeEmpty(check.Name);
        var before = await ViewsAsync();
        var rebuild = host.Services.GetRequiredService<ProjectionRebuild>();
        foreach (var view in rebuild.Views)
            await rebuild.RebuildAsync(view, Cancel);
        (await ViewsAsync()).ShouldBe(before);
    }

    private async Task<string> ViewsAsync()
    {
        var views = "";
        foreach (
            var table in new[]
            {
                "billing.wallets",
                "billing.holds",
                "billing.hold_ends",
                "billing.ledger",
                "jobs.job_view",
            }
        )
            views += await host.ScalarAsync<string>(
                $"select '{table} ' || count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') || ' ' from {table} t"
            );
        return views;
    }

    private async Task<Dictionary<Guid, string>> LedgerAsync() =>
        JsonNode
            .Parse(
                await host.ScalarAsync<string>(
                    """
                    select json_object_agg(wallet_id, entries)::text from (
                        select wallet_id, string_agg(l::text, '|' order by number) as entries
                        from billing.ledger l group by wallet_id) w
                    """
                )
            )!
            .AsObject()
            .ToDictionary(entry => Guid.Parse(entry.Key), entry => entry.Value!.GetValue<string>());

    private async Task<List<string>> EventsOfAsync(string job)
    {
        var types = await host.ScalarAsync<string>(
            "select string_agg(type, ' ' order by version) from eventing.events where stream_id = $1",
            Person.IdOf(job)
        );
        return [.. types.Split(' ')];
    }

    private static async Task<Guid> IdOfAsync(Person person)
    {
        PublicId.TryParse("person", (string)(await person.JsonAsync("/me"))["id"]!, out var id).ShouldBeTrue();
        return id;
    }

    private Task AgeSessionsAsync(Guid person, string by) =>
        host.ExecuteAsync(
            $"update accounts.sessions set created_at = created_at - interval '{by}' where person_id = $1",
            person
        );

    private async Task<Guid> ShareAsync(params (Guid Person, string Role)[] members)
    {
        var workspace = Guid.CreateVersion7();
        await host.ExecuteAsync("insert into accounts.workspaces (id, kind) values ($1, 'shared')", workspace);
        foreach (var (person, role) in members)
            await host.ExecuteAsync(
                "insert into accounts.members (workspace_id, person_id, role) values ($1, $2, $3)",
                workspace,
                person,
                role
            );
        return workspace;
    }

    private Task<long> MembersAsync(Guid workspace) =>
        host.ScalarAsync<long>("select count(*) from accounts.members where workspace_id = $1", workspace);

    private static SessionContext Context(Guid workspace) => new(workspace, "system", Guid.CreateVersion7());
}
