using System.Net;
using System.Text.Json.Nodes;
using Lectern.Tests.Http;

namespace Lectern.Tests.Accounts.Passwords;

public sealed class ResetPasswordTests : IAsyncLifetime
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
    public async Task A_new_password_ends_every_session_and_the_old_password()
    {
        var token = await ForgetAsync();

        using var reset = await ResetAsync(token, Chosen);

        reset.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await _api.MeAsync(_jane)).RefusalAsync()).ShouldBe("401 unauthenticated");
        var refresh = new { refreshToken = _jane["refreshToken"]!.GetValue<string>() };
        (await (await _api.PostAsync("/auth/refresh", refresh)).RefusalAsync()).ShouldBe("401 invalid-grant");
        (await (await _api.LogInAsync(Jane, SignedUp.Password)).RefusalAsync()).ShouldBe("401 wrong-credentials");
        (await _api.LogInAsync(Jane, Chosen)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _api.Mail.NextAsync(Jane, 3)).Subject.ShouldBe("Your password was changed");
        (
            await _api.CountAsync(
                "select count(*) from accounts.audit_log where action = 'password.changed' and detail ->> 'reason' = 'password_reset'"
            )
        ).ShouldBe(1);
    }

    [Fact]
    public async Task An_unknown_address_gets_the_same_answer_and_no_mail()
    {
        using var known = await _api.PostAsync("/auth/password/forgot", new { email = "JANE@example.com" });
        using var unknown = await _api.PostAsync("/auth/password/forgot", new { email = "john@example.com" });

        known.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await known.ShownAsync()).ShouldBe(await unknown.ShownAsync());
        await _api.QueueIsEmptyAsync();
        _api.Mail.To("JANE@example.com").Count.ShouldBe(1);
        _api.Mail.To("john@example.com").ShouldBeEmpty();
        (await _api.CountAsync("select count(*) from accounts.confirmations")).ShouldBe(1);
    }

    [Fact]
    public async Task Who_was_disabled_gets_no_mail_and_no_new_password()
    {
        var token = await ForgetAsync();
        await _api.ExecuteAsync("update accounts.people set disabled_at = now()");

        (await (await ResetAsync(token, Chosen)).RefusalAsync()).ShouldBe("422 confirmation-invalid");
        await _api.PostAsync("/auth/password/forgot", new { email = Jane });
        await _api.QueueIsEmptyAsync();
        _api.Mail.To(Jane).Count.ShouldBe(2); // the sign-up's and the first of these
    }

    [Fact]
    public async Task A_token_is_good_once_also_when_it_comes_many_times_at_once()
    {
        var (token, other) = (await ForgetAsync(), await ForgetAsync(3));

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => ResetAsync(token, $"{Chosen} number {i}")));

        answers.Count(answer => answer.StatusCode == HttpStatusCode.NoContent).ShouldBe(1);
        foreach (var late in answers.Where(answer => answer.StatusCode != HttpStatusCode.NoContent))
            (await late.RefusalAsync()).ShouldBe("422 confirmation-invalid");
        (await (await ResetAsync(other, Chosen)).RefusalAsync()).ShouldBe("422 confirmation-invalid");
    }

    [Fact]
    public async Task A_password_that_does_not_fit_leaves_the_token_good()
    {
        var token = await ForgetAsync();

        (await (await ResetAsync(token, "short")).RefusalAsync()).ShouldBe("422 invalid-values");
        (await ResetAsync(token, Chosen)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task An_address_change_that_a_thief_asked_for_ends_with_the_old_password()
    {
        var change = new { email = "thief@example.com", password = SignedUp.Password };
        (await _api.PostAsync("/me/email", change, _jane)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var stolen = await _api.Mail.TokenAsync("thief@example.com");
        await _api.QueueIsEmptyAsync(); // the notice to the old address, too
        await _api.PostAsync("/auth/password/forgot", new { email = Jane });
        var token = await _api.Mail.TokenAsync(Jane, 3);

        (await ResetAsync(token, Chosen)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await (await _api.PostAsync("/auth/email/verify", new { token = stolen })).RefusalAsync()).ShouldBe(
            "422 confirmation-invalid"
        );
    }

    private async Task<string> ForgetAsync(int mail = 2)
    {
        await _api.PostAsync("/auth/password/forgot", new { email = Jane });
        return await _api.Mail.TokenAsync(Jane, mail);
    }

    private Task<HttpResponseMessage> ResetAsync(string token, string password) =>
        _api.PostAsync("/auth/password/reset", new { token, password });
}
