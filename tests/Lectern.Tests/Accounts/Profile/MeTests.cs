using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Eventing;
using Lectern.Tests.Http;

namespace Lectern.Tests.Accounts.Profile;

public sealed class MeTests : IAsyncLifetime
{
    private ApiHost _api = null!;
    private string _jane = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync([new AccountsModule()], SignedUp.QuickPasswords);
        _jane = Text(await SignedUp.TokensAsync(_api, "Jane@example.com"), "accessToken");
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_person_sees_their_plan_role_and_address()
    {
        var me = await MeAsync(_jane);

        Text(me, "email").ShouldBe("Jane@example.com");
        me["emailVerified"]!.GetValue<bool>().ShouldBeFalse();
        Text(me, "plan").ShouldBe("free");
        Text(me, "role").ShouldBe("admin");
        me["visiting"]!.GetValue<bool>().ShouldBeFalse();
        me["platformAdmin"]!.GetValue<bool>().ShouldBeFalse();
        me["avatar"].ShouldBeNull();
    }

    [Fact]
    public async Task The_name_can_be_changed_and_taken_away()
    {
        var changed = await PatchAsync(_jane, """{"name":"Jane Ausťen"}""");

        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
        Text(await changed.JsonAsync(), "name").ShouldBe("Jane Ausťen");
        Text(await MeAsync(_jane), "name").ShouldBe("Jane Ausťen");
        (await PatchAsync(_jane, """{"name":null}""")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await MeAsync(_jane))["name"].ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"name":" "}""", "/name")]
    [InlineData("""{"name":"a\nb"}""", "/name")]
    [InlineData("""{"name":7}""", "/name")]
    [InlineData("""{}""", "/name")]
    [InlineData("""{"name":"Jane","role":"admin"}""", "/role")]
    [InlineData("""{"name":"Jane","platformAdmin":true}""", "/platformAdmin")]
    [InlineData("""{"name":"Jane","plan":"studio"}""", "/plan")]
    [InlineData("""{"name":"Jane","emailVerified":true}""", "/emailVerified")]
    [InlineData("""{"name":"Jane","workspace":"workspace_01h455vb4pex5vsknk084sn02r"}""", "/workspace")]
    public async Task Nobody_makes_themselves_more_than_they_are(string json, string pointer)
    {
        var before = (await MeAsync(_jane)).ToJsonString();

        var refused = await PatchAsync(_jane, json);

        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
        Text((await refused.JsonAsync())["errors"]!.AsArray().Single()!, "pointer").ShouldBe(pointer);
        (await MeAsync(_jane)).ToJsonString().ShouldBe(before);
    }

    [Fact]
    public async Task A_name_of_101_characters_is_too_long_and_one_of_100_is_not()
    {
        (await PatchAsync(_jane, $$"""{"name":"{{new string('x', 100)}}"}""")).StatusCode.ShouldBe(HttpStatusCode.OK);

        var refused = await PatchAsync(_jane, $$"""{"name":"{{new string('x', 101)}}"}""");

        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Fact]
    public async Task One_who_changes_their_name_changes_nobody_elses()
    {
        var john = Text(await SignedUp.TokensAsync(_api), "accessToken");

        await PatchAsync(_jane, """{"name":"Only Jane"}""");

        (await MeAsync(john))["name"].ShouldBeNull();
    }

    [Fact]
    public async Task An_administrator_of_the_platform_who_visits_a_workspace_is_still_somebody()
    {
        var tokens = await SignedUp.TokensAsync(_api, "admin@example.com");
        await ExecuteAsync("update accounts.people set platform_admin = true where email = 'admin@example.com'");
        var workspace = Text(await MeAsync(_jane), "workspace");
        var visit = await _api.PostAsync(
            "/auth/refresh",
            new { refreshToken = Text(tokens, "refreshToken"), workspace }
        );
        var token = Text(await visit.JsonAsync(), "accessToken");

        var me = await MeAsync(token);

        Text(me, "email").ShouldBe("admin@example.com");
        Text(me, "workspace").ShouldBe(workspace);
        Text(me, "role").ShouldBe("admin");
        me["visiting"]!.GetValue<bool>().ShouldBeTrue();
        me["platformAdmin"]!.GetValue<bool>().ShouldBeTrue();
        Text(await (await PatchAsync(token, """{"name":"The Admin"}""")).JsonAsync(), "name").ShouldBe("The Admin");
        (await MeAsync(_jane))["name"].ShouldBeNull();
    }

    [Fact]
    public async Task Whoever_was_a_member_is_not_found_there_any_more()
    {
        await ExecuteAsync("update accounts.workspaces set deleted_at = now()"); // else it would have to keep an admin
        await ExecuteAsync("delete from accounts.members");

        (await (await _api.GetAsync("/me", _jane)).RefusalAsync()).ShouldBe("404 not-found");
    }

    private async Task<JsonNode> MeAsync(string token)
    {
        var answer = await _api.GetAsync("/me", token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.JsonAsync();
    }

    private async Task<HttpResponseMessage> PatchAsync(string token, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/api/v1/me")
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _api.Client.SendAsync(request, Cancel);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var session = _api.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.Empty));
        session.Execute(sql);
        await session.SaveChangesAsync(Cancel);
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
