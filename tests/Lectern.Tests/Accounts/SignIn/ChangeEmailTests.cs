using System.Net;
using System.Text.Json.Nodes;
using Lectern.Tests.Http;

namespace Lectern.Tests.Accounts.SignIn;

public sealed class ChangeEmailTests : IAsyncLifetime
{
    private const string Jane = "jane@example.com";
    private const string NewJane = "jane@example.org";
    private ApiHost _api = null!;
    private JsonNode _jane = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await MailedHost.StartAsync();
        _jane = (await _api.RegisterAsync(Jane))["tokens"]!;
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task The_address_changes_when_the_new_one_is_confirmed_and_the_old_one_is_told()
    {
        (await ChangeAsync(NewJane)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await _api.Mail.NextAsync(Jane, 2)).Subject.ShouldBe("Your e-mail address is to be changed");
        var token = await _api.Mail.TokenAsync(NewJane);
        (await AddressAsync()).ShouldBe(Jane);

        (await VerifyAsync(token)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await AddressAsync()).ShouldBe(NewJane);
        (await _api.LogInAsync(NewJane, SignedUp.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await _api.LogInAsync(Jane, SignedUp.Password)).RefusalAsync()).ShouldBe("401 wrong-credentials");
        (await (await VerifyAsync(token)).RefusalAsync()).ShouldBe("422 confirmation-invalid");
        (await _api.CountAsync("select count(*) from accounts.audit_log where action = 'email.changed'")).ShouldBe(1);
    }

    [Fact]
    public async Task Whether_another_account_has_the_address_is_told_to_its_owner_only()
    {
        await _api.RegisterAsync("john@example.com");

        using var taken = await ChangeAsync("John@example.com");
        using var free = await ChangeAsync(NewJane);

        (await taken.ShownAsync()).ShouldBe(await free.ShownAsync());
        var told = await _api.Mail.NextAsync("John@example.com");
        told.Subject.ShouldBe("You have an account already");
        Mailbox.TokenOf(told).ShouldBeNull();
        await _api.QueueIsEmptyAsync();
        (await _api.CountAsync("select count(*) from accounts.confirmations")).ShouldBe(1);
    }

    [Fact]
    public async Task An_address_that_got_an_account_in_between_is_refused()
    {
        await ChangeAsync(NewJane);
        var token = await _api.Mail.TokenAsync(NewJane);
        await _api.RegisterAsync(NewJane);

        (await (await VerifyAsync(token)).RefusalAsync()).ShouldBe("409 email-taken");

        (await AddressAsync()).ShouldBe(Jane);
    }

    [Fact]
    public async Task Ones_own_address_can_be_confirmed_later()
    {
        await _api.ExecuteAsync("update accounts.people set email_verified_at = null");

        await ChangeAsync(Jane);
        await _api.QueueIsEmptyAsync();
        var mail = _api.Mail.To(Jane).Single(sent => sent.Subject == "Confirm your new e-mail address");
        (await VerifyAsync(Mailbox.TokenOf(mail)!)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await _api.CountAsync("select count(*) from accounts.people where email_verified_at is not null")).ShouldBe(1);
    }

    [Fact]
    public async Task The_password_is_asked_for_and_the_address_must_be_one()
    {
        (await (await ChangeAsync(NewJane, "not the password")).RefusalAsync()).ShouldBe("403 wrong-password");
        (await (await ChangeAsync("nonsense")).RefusalAsync()).ShouldBe("422 invalid-values");
        await _api.QueueIsEmptyAsync();
        _api.Mail.All.Count.ShouldBe(1);
    }

    private Task<HttpResponseMessage> ChangeAsync(string email, string password = SignedUp.Password) =>
        _api.PostAsync("/me/email", new { email, password }, _jane);

    private Task<HttpResponseMessage> VerifyAsync(string token) => _api.PostAsync("/auth/email/verify", new { token });

    private async Task<string> AddressAsync() =>
        (await (await _api.MeAsync(_jane)).JsonAsync())["email"]!.GetValue<string>();
}
