using System.Net;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Accounts.Sessions;

/// <summary>
/// What becomes of a refresh token that comes once, again, too late, from two at once, or after its family has ended.
/// </summary>
public sealed class RefreshTests : IAsyncLifetime
{
    private ApiHost _api = null!;
    private JsonNode _first = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync([new AccountsModule()], SignedUp.QuickPasswords);
        _first = await SignedUp.TokensAsync(_api);
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_refresh_gives_the_next_pair_in_the_same_session()
    {
        var second = await RefreshAsync(Refresh(_first));

        Refresh(second).ShouldNotBe(Refresh(_first));
        second["expiresIn"]!.GetValue<int>().ShouldBe(900);
        (await _api.GetAsync("/me", Access(second))).StatusCode.ShouldBe(HttpStatusCode.OK);
        var sessions = (await (await _api.GetAsync("/me/sessions", Access(second))).JsonAsync())["items"]!.AsArray();
        sessions.Count.ShouldBe(1);
        sessions[0]!["current"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task Who_lost_the_answer_gets_the_same_successor_again()
    {
        var second = await RefreshAsync(Refresh(_first));
        var again = await RefreshAsync(Refresh(_first));

        Refresh(again).ShouldBe(Refresh(second));
        await RefreshAsync(Refresh(again));
    }

    [Fact]
    public async Task A_token_that_comes_again_later_ends_the_session_for_both()
    {
        var second = await RefreshAsync(Refresh(_first));
        await LetTheGracePassAsync();

        await RefusedAsync(Refresh(_first));

        await RefusedAsync(Refresh(second));
        (await (await _api.GetAsync("/me", Access(second))).RefusalAsync()).ShouldBe("401 unauthenticated");
        (await CountAsync("select count(*) from accounts.sessions where end_reason = 'reuse'")).ShouldBe(1);
        (
            await CountAsync("select count(*) from accounts.audit_log where action = 'sessions.refresh_token_reused'")
        ).ShouldBe(1);
    }

    [Fact]
    public async Task So_does_any_of_its_ancestors()
    {
        var third = await RefreshAsync(Refresh(await RefreshAsync(Refresh(_first))));
        await LetTheGracePassAsync();

        await RefusedAsync(Refresh(_first));

        await RefusedAsync(Refresh(third));
    }

    [Fact]
    public async Task Where_the_successor_was_used_too_a_late_repeat_is_refused_and_nothing_is_revoked()
    {
        var third = await RefreshAsync(Refresh(await RefreshAsync(Refresh(_first))));

        await RefusedAsync(Refresh(_first));

        (await _api.GetAsync("/me", Access(third))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RefreshAsync(Refresh(third));
    }

    [Fact]
    public async Task Reuse_in_one_session_leaves_the_others_alone()
    {
        var other = await SignedUp.LogInAsync(_api, _first);
        await RefreshAsync(Refresh(_first));
        await LetTheGracePassAsync();
        await RefusedAsync(Refresh(_first));

        (await _api.GetAsync("/me", Access(other))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RefreshAsync(Refresh(other));
    }

    [Fact]
    public async Task Of_32_at_once_all_get_the_one_successor()
    {
        for (var round = 0; round < 5; round++)
        {
            var presented = Refresh(_first);
            var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => RefreshAsync(presented)));

            answers.Select(Refresh).Distinct().Count().ShouldBe(1);
            (await CountAsync("select count(*) from accounts.refresh_tokens where used_at is null")).ShouldBe(1);
            _first = answers[0];
        }

        (await CountAsync("select count(*) from accounts.refresh_tokens")).ShouldBe(6);
    }

    [Fact]
    public async Task After_log_out_neither_token_is_good()
    {
        var out_ = await _api.PostAsync("/auth/logout", new { }, Access(_first));
        out_.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        await RefusedAsync(Refresh(_first));
        var refused = await _api.GetAsync("/me", Access(_first));
        (await refused.RefusalAsync()).ShouldBe("401 unauthenticated");
        refused.Headers.WwwAuthenticate.ToString().ShouldContain("The access token was revoked.");
    }

    [Fact]
    public async Task Log_out_everywhere_ends_every_session_and_log_out_only_its_own()
    {
        var second = await SignedUp.LogInAsync(_api, _first);
        var third = await SignedUp.LogInAsync(_api, _first);

        await _api.PostAsync("/auth/logout", new { }, Access(second));
        (await _api.GetAsync("/me", Access(third))).StatusCode.ShouldBe(HttpStatusCode.OK);

        await _api.PostAsync("/auth/logout", new { everywhere = true }, Access(third));
        (await _api.GetAsync("/me", Access(_first))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await RefusedAsync(Refresh(_first));
    }

    [Fact]
    public async Task One_of_my_sessions_can_be_ended_from_another()
    {
        var second = await SignedUp.LogInAsync(_api, _first);
        var items = (await (await _api.GetAsync("/me/sessions", Access(second))).JsonAsync())["items"]!.AsArray();
        items.Count.ShouldBe(2);
        var other = items.Single(item => !item!["current"]!.GetValue<bool>())!["id"]!.GetValue<string>();

        (await _api.DeleteAsync($"/me/sessions/{other}", Access(second))).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await _api.GetAsync("/me", Access(_first))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await (await _api.DeleteAsync($"/me/sessions/{other}", Access(second))).RefusalAsync()).ShouldBe(
            "404 not-found"
        );
    }

    [Fact]
    public async Task Nobody_sees_or_ends_the_sessions_of_another()
    {
        var stranger = await SignedUp.TokensAsync(_api);
        var mine = (await (await _api.GetAsync("/me/sessions", Access(_first))).JsonAsync())["items"]![0]!["id"]!;

        var refused = await _api.DeleteAsync($"/me/sessions/{mine.GetValue<string>()}", Access(stranger));

        (await refused.RefusalAsync()).ShouldBe("404 not-found");
        (await _api.GetAsync("/me", Access(_first))).StatusCode.ShouldBe(HttpStatusCode.OK);
        PublicId.TryParse("person", await PersonAsync(stranger), out var person);
        await using var session = _api.Store.OpenSession(
            new SessionContext(Guid.NewGuid(), CallerSessions.ActorOf(person), Guid.NewGuid())
        );
        (await session.QueryAsync("select person_id from accounts.sessions", row => row.GetGuid(0), Cancel)).ShouldBe([
            person,
        ]);
    }

    [Theory]
    [InlineData("update accounts.refresh_tokens set issued_at = issued_at - interval '15 days'")]
    [InlineData("update accounts.sessions set expires_at = now()")]
    public async Task A_session_ends_when_it_is_not_used_for_long_or_is_old(string passing)
    {
        await ExecuteAsync(passing);

        await RefusedAsync(Refresh(_first));
    }

    [Fact]
    public async Task What_is_no_refresh_token_is_refused()
    {
        foreach (
            var nonsense in (string[])["", "lrt_", "x", Access(_first), Refresh(_first) + "A", new string('x', 10_000)]
        )
            await RefusedAsync(nonsense);
        (await (await _api.GetAsync("/me", Refresh(_first))).RefusalAsync()).ShouldBe("401 unauthenticated");
    }

    [Fact]
    public async Task A_workspace_that_I_am_not_in_does_not_use_the_token_up()
    {
        var stranger = await SignedUp.TokensAsync(_api);
        var theirs = (await (await _api.GetAsync("/me", Access(stranger))).JsonAsync())["workspace"]!;
        var body = new { refreshToken = Refresh(_first), workspace = theirs.GetValue<string>() };

        (await (await _api.PostAsync("/auth/refresh", body)).RefusalAsync()).ShouldBe("404 not-found");
        var nonsense = new { refreshToken = Refresh(_first), workspace = "workspace_x" };
        (await (await _api.PostAsync("/auth/refresh", nonsense)).RefusalAsync()).ShouldBe("422 invalid-values");

        await RefreshAsync(Refresh(_first));
        (await CountAsync("select count(*) from accounts.refresh_tokens")).ShouldBe(3);
    }

    [Fact]
    public async Task A_disabled_account_gets_no_new_tokens()
    {
        await ExecuteAsync("update accounts.people set disabled_at = now()");

        await RefusedAsync(Refresh(_first));
    }

    [Fact]
    public async Task Verify_tells_what_a_token_is_good_for_and_of_a_bad_one_nothing()
    {
        var me = await (await _api.GetAsync("/me", Access(_first))).JsonAsync();
        var good = await (await _api.PostAsync("/auth/verify", new { token = Access(_first) })).JsonAsync();
        good["active"]!.GetValue<bool>().ShouldBeTrue();
        good["person"]!.GetValue<string>().ShouldBe(me["id"]!.GetValue<string>());
        good["workspace"]!.GetValue<string>().ShouldBe(me["workspace"]!.GetValue<string>());
        good["role"]!.GetValue<string>().ShouldBe("admin");

        await _api.PostAsync("/auth/logout", new { }, Access(_first));
        foreach (var bad in (string[])[Access(_first), Refresh(_first), "", "x.y.z"])
        {
            var facts = (await (await _api.PostAsync("/auth/verify", new { token = bad })).JsonAsync()).AsObject();
            facts["active"]!.GetValue<bool>().ShouldBeFalse();
            facts.Where(fact => fact.Key != "active").ShouldAllBe(fact => fact.Value == null);
        }
    }

    [Fact]
    public async Task What_no_decision_needs_any_more_is_swept_and_nothing_else()
    {
        var second = await RefreshAsync(Refresh(_first));
        var ended = await SignedUp.LogInAsync(_api, _first);
        await _api.PostAsync("/auth/logout", new { }, Access(ended));
        var sweep = _api.Services.GetRequiredService<SessionSweep>();
        await sweep.SweepAsync(Cancel);
        (await CountAsync("select count(*) from accounts.sessions")).ShouldBe(2);
        (await CountAsync("select count(*) from accounts.refresh_tokens")).ShouldBe(3);
        (await CountAsync("select count(*) from accounts.revocations")).ShouldBe(1);

        await ExecuteAsync("update accounts.sessions set ended_at = ended_at - interval '31 days'");
        await ExecuteAsync("update accounts.refresh_tokens set used_at = used_at - interval '15 days'");
        await sweep.SweepAsync(Cancel);

        (await CountAsync("select count(*) from accounts.sessions")).ShouldBe(1);
        (await CountAsync("select count(*) from accounts.refresh_tokens")).ShouldBe(1);
        await RefreshAsync(Refresh(second));
    }

    [Fact]
    public async Task Only_hashes_of_refresh_tokens_are_stored()
    {
        var second = await RefreshAsync(Refresh(_first));

        var stored = await QueryAsync("select t::text from accounts.refresh_tokens t");
        stored.Count.ShouldBe(2);
        foreach (var token in (string[])[Refresh(_first), Refresh(second)])
            string.Concat(stored).ShouldNotContain(token["lrt_".Length..]);
    }

    private static string Access(JsonNode tokens) => tokens["accessToken"]!.GetValue<string>();

    private static string Refresh(JsonNode tokens) => tokens["refreshToken"]!.GetValue<string>();

    private async Task<string> PersonAsync(JsonNode tokens) =>
        (await (await _api.GetAsync("/me", Access(tokens))).JsonAsync())["id"]!.GetValue<string>();

    private async Task<JsonNode> RefreshAsync(string token)
    {
        var answer = await _api.PostAsync("/auth/refresh", new { refreshToken = token });
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        return await answer.JsonAsync();
    }

    private async Task RefusedAsync(string token)
    {
        var answer = await _api.PostAsync("/auth/refresh", new { refreshToken = token });
        (await answer.RefusalAsync()).ShouldBe("401 invalid-grant");
        answer.Headers.WwwAuthenticate.ToString().ShouldStartWith("Bearer");
    }

    /// <summary>As if every use so far had been a minute ago.</summary>
    private Task LetTheGracePassAsync() =>
        ExecuteAsync("update accounts.refresh_tokens set used_at = used_at - interval '1 minute'");

    private async Task ExecuteAsync(string sql)
    {
        await using var session = Worker();
        session.Execute(sql);
        await session.SaveChangesAsync(Cancel);
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var session = Worker();
        return (await session.QueryAsync(sql, row => row.GetInt64(0), Cancel)).Single();
    }

    private async Task<List<string>> QueryAsync(string sql)
    {
        await using var session = Worker();
        return await session.QueryAsync(sql, row => row.GetString(0), Cancel);
    }

    private Session Worker() => _api.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.NewGuid()));
}
