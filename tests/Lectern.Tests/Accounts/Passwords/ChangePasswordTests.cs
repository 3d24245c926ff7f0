using System.Net;
using System.Text.Json.Nodes;
using Lectern.Tests.Http;

namespace Lectern.Tests.Accounts.Passwords;

public sealed class ChangePasswordTests : IAsyncLifetime
{
    private const string Jane = "jane@example.com";
    private const string Chosen = "three taller ships";
    private ApiHost _api = null!;
    private JsonNode _jane = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await MailedHost.StartAsync();
        _jane = (await _api.RegisterAsync(Jane))["tokens"]!;
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_change_ends_every_other_session_and_leaves_this_one()
    {
        var elsewhere = await (await _api.LogInAsync(Jane, SignedUp.Password)).JsonAsync();

        using var changed = await ChangeAsync(SignedUp.Password, Chosen);

        changed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await _api.MeAsync(_jane)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await _api.MeAsync(elsewhere)).RefusalAsync()).ShouldBe("401 unauthenticated");
        (await (await _api.LogInAsync(Jane, SignedUp.Password)).RefusalAsync()).ShouldBe("401 wrong-credentials");
        (await _api.LogInAsync(Jane, Chosen)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _api.Mail.NextAsync(Jane, 2)).Subject.ShouldBe("Your password was changed");
        (await _api.CountAsync("select count(*) from accounts.audit_log where action = 'password.changed'")).ShouldBe(
            1
        );
    }

    [Fact]
    public async Task The_current_password_is_asked_for_and_a_wrong_one_is_recorded()
    {
        (await (await ChangeAsync("not the password", Chosen)).RefusalAsync()).ShouldBe("403 wrong-password");

        (await _api.LogInAsync(Jane, SignedUp.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _api.CountAsync("select count(*) from accounts.audit_log where action = 'password.refused'")).ShouldBe(
            1
        );
    }

    [Theory]
    [InlineData("short")]
    [InlineData("password1")]
    public async Task The_new_password_is_one_that_sign_up_would_take(string password)
    {
        using var refused = await ChangeAsync(SignedUp.Password, password);

        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
        (await refused.JsonAsync())["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe("/new");
    }

    [Fact]
    public async Task A_token_that_was_mailed_before_is_good_no_more()
    {
        await _api.PostAsync("/auth/password/forgot", new { email = Jane });
        var token = await _api.Mail.TokenAsync(Jane, 2);

        await ChangeAsync(SignedUp.Password, Chosen);

        var reset = new { token, password = "three tallest ships" };
        (await (await _api.PostAsync("/auth/password/reset", reset)).RefusalAsync()).ShouldBe(
            "422 confirmation-invalid"
        );
    }

    private Task<HttpResponseMessage> ChangeAsync(string current, string @new) =>
        _api.PostAsync("/me/password", new { current, @new }, _jane);
}
