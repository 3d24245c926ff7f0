using System.Net;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Accounts.ApiKeys;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Secrets;
using Lectern.Tests.Accounts.Tokens;
using Lectern.Tests.Host;
using Lectern.Tests.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Accounts.ApiKeys;

/// <summary>API keys over HTTP: made, used, narrowed, and refused as soon as they should be.</summary>
public sealed class ApiKeyTests : IAsyncLifetime
{
    private ApiHost _api = null!;
    private string _token = null!;
    private string _workspace = null!;
    private string _person = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly string[] Twice = ["things:read", "things:read"];

    private string Keys => $"/workspaces/{_workspace}/api-keys";

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync([new AccountsModule(), new TestModule(MapThings)], SignedUp.QuickPasswords);
        (_token, _workspace, _person) = await SignUpAsync();
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_key_is_shown_once_and_acts_as_its_maker()
    {
        using var answer = await CreateAsync(cap: "12.5");
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var created = await answer.JsonAsync();
        var key = (string)created["key"]!;

        key.ShouldStartWith("lk_");
        key.Length.ShouldBe(51);
        ((string)created["apiKey"]!["start"]!).ShouldBe(key[..7]);
        ((string)created["apiKey"]!["lastFour"]!).ShouldBe(key[^4..]);
        ((string)created["apiKey"]!["creditCap"]!).ShouldBe("12.5");
        ((string)created["apiKey"]!["createdBy"]!).ShouldBe(_person);
        var list = await _api.GetAsync(Keys, _token);
        var text = await list.Content.ReadAsStringAsync(Cancel);
        text.ShouldContain((string)created["apiKey"]!["id"]!);
        text.ShouldNotContain(key);
        answer.Headers.Location!.ToString().ShouldEndWith((string)created["apiKey"]!["id"]!);

        var told = await (await _api.GetAsync("/things", key)).JsonAsync();
        AccountIds.Person((Guid)told["person"]!).ShouldBe(_person);
        AccountIds.Workspace((Guid)told["workspace"]!).ShouldBe(_workspace);
        ((string)told["role"]!).ShouldBe("admin");
        ((long)told["creditCap"]!).ShouldBe(12_500_000);
    }

    [Fact]
    public async Task What_a_key_may_do_is_the_least_of_its_scopes_and_its_makers_role()
    {
        var (reader, _) = await KeyAsync("things:read");
        var (writer, _) = await KeyAsync("things:write");

        (await _api.GetAsync("/things", reader)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await ForbiddenAsync(await _api.PostAsync("/things", new { }, reader), "lacks the scope things:write");
        await ForbiddenAsync(await _api.GetAsync("/others", reader), "lacks the scope others:read");
        (await _api.PostAsync("/things", new { }, writer)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _api.GetAsync("/things", writer)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await ChangeRoleAsync("viewer");

        await ForbiddenAsync(await _api.PostAsync("/things", new { }, writer), "needs the role editor");
        (await _api.GetAsync("/things", writer)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_key_makes_and_shows_no_keys()
    {
        var (key, id) = await KeyAsync("things:write");

        await ForbiddenAsync(await _api.GetAsync(Keys, key), "API keys can't do this");
        await ForbiddenAsync(await _api.PostAsync(Keys, Body("things:read"), key), "API keys can't do this");
        await ForbiddenAsync(await _api.DeleteAsync($"{Keys}/{id}", key), "API keys can't do this");
        await ForbiddenAsync(await _api.GetAsync("/me", key), "API keys can't do this");
    }

    [Fact]
    public async Task A_platform_administrators_key_administers_no_platform()
    {
        var (key, _) = await KeyAsync("things:read");
        await ExecuteAsync("update accounts.people set platform_admin = true");

        var told = await (await _api.GetAsync("/things", key)).JsonAsync();

        ((bool)told["isPlatformAdmin"]!).ShouldBeFalse();
    }

    [Fact]
    public async Task A_revoked_key_is_refused_by_the_next_request_and_stays_in_sight()
    {
        var (key, id) = await KeyAsync("things:read");
        (await _api.GetAsync("/things", key)).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await _api.DeleteAsync($"{Keys}/{id}", _token)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        await RefusedAsync(key, "was revoked");
        (await ViewAsync(id))["revokedAt"].ShouldNotBeNull();
        (await _api.DeleteAsync($"{Keys}/{id}", _token)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Another_host_refuses_it_once_it_has_looked()
    {
        var (key, id) = await KeyAsync("things:read");
        var revocations = new Revocations();
        var other = Verifier(revocations, TimeProvider.System);
        (await other.VerifyAsync(key, Cancel)).Caller.ShouldNotBeNull();

        await _api.DeleteAsync($"{Keys}/{id}", _token);
        revocations.Use(await RevokedAsync()); // what the feed of that host does every second

        (await other.VerifyAsync(key, Cancel)).Refusal.ShouldBe("The API key was revoked.");
    }

    [Fact]
    public async Task A_key_expires()
    {
        using var answer = await CreateAsync(expiresAt: DateTimeOffset.UtcNow.AddSeconds(2));
        var key = (string)(await answer.JsonAsync())["key"]!;
        (await _api.GetAsync("/things", key)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await Eventually.IsAsync(
            async () => (await _api.GetAsync("/things", key)).StatusCode,
            status => status == HttpStatusCode.Unauthorized,
            "the key is refused"
        );

        await RefusedAsync(key, "has expired");
    }

    [Fact]
    public async Task When_its_maker_leaves_a_key_is_refused_by_the_next_request()
    {
        var (key, _) = await KeyAsync("things:read");
        (await _api.GetAsync("/things", key)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await ExecuteAsync(
            $"""
            with gone as (delete from accounts.members where person_id = '{await DispensableAsync()}' returning stamp)
            insert into accounts.revocations (subject) select stamp from gone
            """
        );
        await LookAsync();

        await RefusedAsync(key, "not in the workspace any more");
    }

    [Fact]
    public async Task When_its_maker_is_disabled_a_key_is_refused_and_when_let_in_again_it_works()
    {
        var (key, _) = await KeyAsync("things:read");
        (await _api.GetAsync("/things", key)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await ExecuteAsync("update accounts.people set disabled_at = now()");
        await LookAsync();
        await RefusedAsync(key, "not in the workspace any more");

        await ExecuteAsync("update accounts.people set disabled_at = null");
        var again = Verifier(_api.Services.GetRequiredService<Revocations>(), TimeProvider.System);
        (await again.VerifyAsync(key, Cancel)).Caller.ShouldNotBeNull();
    }

    [Fact]
    public async Task Nothing_is_believed_for_longer_than_a_minute()
    {
        var (key, _) = await KeyAsync("things:read");
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        var keys = Verifier(new Revocations(), clock);
        (await keys.VerifyAsync(key, Cancel)).Caller.ShouldNotBeNull();

        await ExecuteAsync($"delete from accounts.members where person_id = '{await DispensableAsync()}'");
        clock.Now += TimeSpan.FromSeconds(59);
        (await keys.VerifyAsync(key, Cancel)).Caller.ShouldNotBeNull();
        clock.Now += TimeSpan.FromSeconds(2);

        (await keys.VerifyAsync(key, Cancel)).Refusal.ShouldStartWith("Whoever made the API key");
    }

    [Fact]
    public async Task A_dead_key_costs_a_look_every_ten_seconds()
    {
        var (key, id) = await KeyAsync("things:read");
        await _api.DeleteAsync($"{Keys}/{id}", _token);
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        var keys = Verifier(new Revocations(), clock);
        (await keys.VerifyAsync(key, Cancel)).Caller.ShouldBeNull();

        await ExecuteAsync("update accounts.api_keys set revoked_at = null");
        clock.Now += TimeSpan.FromSeconds(9);
        (await keys.VerifyAsync(key, Cancel)).Caller.ShouldBeNull(); // nobody looked
        clock.Now += TimeSpan.FromSeconds(2);

        (await keys.VerifyAsync(key, Cancel)).Caller.ShouldNotBeNull();
    }

    [Fact]
    public async Task Its_last_use_is_written_once_a_minute()
    {
        var (key, id) = await KeyAsync("things:read");
        (await ViewAsync(id))["lastUsedAt"].ShouldBeNull();

        await _api.GetAsync("/things", key);
        var first = (DateTimeOffset)(await ViewAsync(id))["lastUsedAt"]!;
        for (var host = 0; host < 3; host++)
            await Verifier(new Revocations(), TimeProvider.System).VerifyAsync(key, Cancel);
        ((DateTimeOffset)(await ViewAsync(id))["lastUsedAt"]!).ShouldBe(first);

        await ExecuteAsync("update accounts.api_keys set last_used_at = last_used_at - interval '61 seconds'");
        await Verifier(new Revocations(), TimeProvider.System).VerifyAsync(key, Cancel);
        ((DateTimeOffset)(await ViewAsync(id))["lastUsedAt"]!).ShouldBeGreaterThan(first);
    }

    [Fact]
    public async Task A_key_in_a_query_string_is_refused_and_flagged_as_leaked_whatever_else_the_request_has()
    {
        var (key, id) = await KeyAsync("things:read");

        foreach (var query in (string[])[$"?api_key={key}", $"?x={key}", $"?a=1&b={key}", "?x=lk_mistyped"])
        foreach (var token in (string?[])[null, _token, key])
            (await (await _api.GetAsync("/things" + query, token)).RefusalAsync()).ShouldBe("401 key-in-query", query);

        (await ViewAsync(id))["leakedAt"].ShouldNotBeNull();
        (await _api.GetAsync("/things", key)).StatusCode.ShouldBe(HttpStatusCode.OK); // flagged, and not cut off
    }

    [Fact]
    public async Task Wrong_values_are_named_and_unknown_scopes_answered_with_all_that_there_are()
    {
        foreach (
            var (body, pointer) in new (object, string)[]
            {
                (new { name = " ", scopes = new[] { "things:read" } }, "/name"),
                (new { name = new string('x', 101), scopes = new[] { "things:read" } }, "/name"),
                (new { name = "x", scopes = Array.Empty<string>() }, "/scopes"),
                (new { name = "x", scopes = new[] { "things:read", "api-keys:write" } }, "/scopes"),
                (
                    new
                    {
                        name = "x",
                        scopes = new[] { "things:read" },
                        expiresAt = DateTimeOffset.UtcNow.AddMinutes(-1),
                    },
                    "/expiresAt"
                ),
            }
        )
        {
            using var refused = await _api.PostAsync(Keys, body, _token);
            (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
            var error = (await refused.JsonAsync())["errors"]!.AsArray().ShouldHaveSingleItem()!;
            ((string)error["pointer"]!).ShouldBe(pointer);
            if (pointer == "/scopes")
                ((string)error["detail"]!).ShouldContain("others:read, others:write");
        }
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("0.0000001")]
    [InlineData("1,5")]
    [InlineData("")]
    [InlineData("NaN")]
    [InlineData("79228162514264337593543950335")]
    public async Task A_cap_is_credits(string cap)
    {
        using var refused = await CreateAsync(cap);

        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("5", 5_000_000)]
    [InlineData("0.000001", 1)]
    [InlineData("1000000000", 1_000_000_000_000_000)]
    public void A_cap_is_read_and_written_exactly(string text, long microCredits)
    {
        Credits.TryParse(text, out var read).ShouldBeTrue();
        read.ShouldBe(microCredits);
        Credits.Format(read).ShouldBe(text);
    }

    [Fact]
    public async Task A_key_is_renamed_and_nothing_else_of_it_changes()
    {
        var (_, id) = await KeyAsync("things:read");
        var before = (await ViewAsync(id)).AsObject();

        using var renamed = await _api.SendAsync(HttpMethod.Patch, $"{Keys}/{id}", new { name = "Other" }, _token);
        renamed.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var more = await _api.SendAsync(HttpMethod.Patch, $"{Keys}/{id}", Body("others:write"), _token);
        (await more.RefusalAsync()).ShouldStartWith("4");

        before["name"] = "Other";
        JsonNode.DeepEquals(await ViewAsync(id), before).ShouldBeTrue();
    }

    [Fact]
    public async Task The_list_is_paged_newest_first()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Add((await KeyAsync("things:read")).Id);

        var seen = new List<string>();
        for (var path = $"{Keys}?limit=2"; path is not null; )
        {
            var page = await (await _api.GetAsync(path, _token)).JsonAsync();
            seen.AddRange(page["items"]!.AsArray().Select(key => (string)key!["id"]!));
            seen.Count.ShouldBeLessThanOrEqualTo(ids.Count);
            path = (string?)page["next"] is { } next ? $"{Keys}?limit=2&cursor={next}" : null;
        }

        seen.ShouldBe(Enumerable.Reverse(ids));
    }

    [Fact]
    public async Task Another_workspaces_keys_are_not_there()
    {
        var (_, id) = await KeyAsync("things:read");
        var (stranger, theirs, _) = await SignUpAsync();

        foreach (var path in (string[])[Keys, $"{Keys}/{id}", $"/workspaces/{theirs}/api-keys/{id}"])
            (await (await _api.GetAsync(path, stranger)).RefusalAsync()).ShouldBe("404 not-found", path);
        (await (await _api.PostAsync(Keys, Body("things:read"), stranger)).RefusalAsync()).ShouldBe("404 not-found");
        foreach (var path in (string[])[$"{Keys}/{id}", $"/workspaces/{theirs}/api-keys/{id}"])
        {
            (await (await _api.DeleteAsync(path, stranger)).RefusalAsync()).ShouldBe("404 not-found");
            using var renamed = await _api.SendAsync(HttpMethod.Patch, path, new { name = "Mine" }, stranger);
            (await renamed.RefusalAsync()).ShouldBe("404 not-found");
        }

        (await ViewAsync(id))["revokedAt"].ShouldBeNull();
    }

    [Fact]
    public async Task Requests_cannot_read_hashes_nor_another_workspaces_rows()
    {
        await KeyAsync("things:read");
        var stranger = _api.Store.OpenSession(
            new SessionContext(Guid.CreateVersion7(), "system", Guid.CreateVersion7())
        );

        (await stranger.QueryAsync("select id from accounts.api_keys", row => row.GetGuid(0), Cancel)).ShouldBeEmpty();
        var refused = await Should.ThrowAsync<PostgresException>(() =>
            stranger.QueryAsync("select hash from accounts.api_keys", row => row.GetValue(0), Cancel)
        );
        refused.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
    }

    [Fact]
    public async Task Making_and_revoking_are_audited()
    {
        var (_, id) = await KeyAsync("things:read");
        await _api.DeleteAsync($"{Keys}/{id}", _token);

        (
            await RowsAsync(
                $"select action from accounts.audit_log where target = '{id}' order by number",
                row => row.GetString(0)
            )
        ).ShouldBe(["api_keys.created", "api_keys.revoked"]);
    }

    // Endpoints that tell who calls: one to read, one to write, one of another area.
    private static void MapThings(IEndpointRouteBuilder api)
    {
        api.MapGet("/things", (Caller caller) => Tell(caller)).WithTags("things");
        api.MapPost("/things", (Caller caller) => Tell(caller)).WithTags("things");
        api.MapGet("/others", (Caller caller) => Tell(caller)).WithTags("others");
    }

    private static IResult Tell(Caller caller) =>
        Results.Ok(
            new
            {
                caller.Person,
                caller.Workspace,
                Role = caller.Role.Name(),
                caller.ApiKey?.CreditCap,
                caller.IsPlatformAdmin,
            }
        );

    private static object Body(params string[] scopes) => new { name = "Import", scopes };

    private Task<HttpResponseMessage> CreateAsync(string? cap = null, DateTimeOffset? expiresAt = null) =>
        _api.PostAsync(
            Keys,
            new
            {
                name = "Import",
                scopes = Twice,
                creditCap = cap,
                expiresAt,
            },
            _token
        );

    private async Task<(string Key, string Id)> KeyAsync(string scope)
    {
        using var answer = await _api.PostAsync(Keys, Body(scope), _token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var created = await answer.JsonAsync();
        return ((string)created["key"]!, (string)created["apiKey"]!["id"]!);
    }

    private async Task<JsonNode> ViewAsync(string id)
    {
        using var answer = await _api.GetAsync($"{Keys}/{id}", _token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.JsonAsync();
    }

    private async Task RefusedAsync(string key, string reason)
    {
        using var answer = await _api.GetAsync("/things", key);
        (await answer.RefusalAsync()).ShouldBe("401 unauthenticated");
        ((string)(await answer.JsonAsync())["detail"]!).ShouldContain(reason);
    }

    private static async Task ForbiddenAsync(HttpResponseMessage answer, string reason)
    {
        (await answer.RefusalAsync()).ShouldBe("403 forbidden");
        ((string)(await answer.JsonAsync())["detail"]!).ShouldContain(reason);
    }

    private async Task<(string Token, string Workspace, string Person)> SignUpAsync()
    {
        var token = (string)(await SignedUp.TokensAsync(_api))["accessToken"]!;
        var me = await (await _api.GetAsync("/me", token)).JsonAsync();
        return (token, (string)me["workspace"]!, (string)me["id"]!);
    }

    private async Task ChangeRoleAsync(string role)
    {
        var person = await DispensableAsync();
        await ExecuteAsync(
            $"""
            with old as (select * from accounts.members where person_id = '{person}'),
            revoked as (insert into accounts.revocations (subject) select stamp from old)
            update accounts.members set role = '{role}', stamp = gen_random_uuid() where person_id = '{person}'
            """
        );
        await LookAsync();
    }

    // A workspace keeps an admin; so another one comes before this one goes. Gives who may go.
    private async Task<Guid> DispensableAsync()
    {
        var other = IdOf("person", (await SignUpAsync()).Person);
        await ExecuteAsync(
            $"""
            insert into accounts.members (workspace_id, person_id, role)
            values ('{IdOf("workspace", _workspace)}', '{other}', 'admin')
            """
        );
        return IdOf("person", _person);
    }

    private static Guid IdOf(string prefix, string text) =>
        PublicId.TryParse(prefix, text, out var id) ? id : throw new FormatException(text);

    private Task LookAsync() => _api.Services.GetRequiredService<SignInSessions>().EndedAsync(Cancel);

    private VerifiedApiKeys Verifier(Revocations revocations, TimeProvider time) =>
        new(_api.Store, new ApiKeyTexts(_api.Services.GetRequiredService<MasterKey>()), revocations, time);

    private Task<List<Guid>> RevokedAsync() =>
        RowsAsync("select subject from accounts.revocations", row => row.GetGuid(0));

    private async Task<List<T>> RowsAsync<T>(string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var session = Worker();
        return await session.QueryAsync(sql, read, Cancel);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var session = Worker();
        session.Execute(sql);
        await session.SaveChangesAsync(Cancel);
    }

    private Session Worker() =>
        _api.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.CreateVersion7()));
}
