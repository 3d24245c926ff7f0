using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Billing.Codes;
using Lectern.Host.Settings;
using Lectern.Tests.Accounts;
using Lectern.Tests.Http;

namespace Lectern.Tests.Billing.Codes;

/// <summary>Whoever tries codes out is stopped, and whoever has one is not.</summary>
public sealed class GuessingTests : IAsyncLifetime
{
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync() =>
        _api = await ApiHost.StartAsync(
            [new AccountsModule(), new BillingModule()],
            SignedUp.QuickPasswords,
            limits: new RateLimitSettings { RefusalsPerMinute = 1, RefusalsBurst = 3 }
        );

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Guesses_are_limited_per_person()
    {
        var (guesser, other) = (await TokenAsync(), await TokenAsync());

        for (var i = 0; i < 3; i++)
            (await RefusalAsync(guesser, CodeText.New())).ShouldBe("404 code-not-valid");

        (await RefusalAsync(guesser, CodeText.New())).ShouldBe("429 rate-limited");
        (await RefusalAsync(other, CodeText.New())).ShouldBe("404 code-not-valid");
    }

    [Fact]
    public async Task What_is_no_guess_does_not_count()
    {
        var token = await TokenAsync();
        await using (
            var session = _api.Store.OpenWorkerSession(
                new Lectern.Eventing.SessionContext(Guid.Empty, "system", Guid.NewGuid())
            )
        )
        {
            session.Execute(
                "insert into billing.codes (id, code, normalized, credits, uses) values ($1, 'WELCOME', 'WELCOME', 1, 1)",
                Guid.NewGuid()
            );
            await session.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        using (var redeemed = await _api.PostAsync("/credits/codes", new { code = "welcome" }, token))
            redeemed.IsSuccessStatusCode.ShouldBeTrue();
        for (var i = 0; i < 6; i++)
            (await RefusalAsync(token, "welcome")).ShouldBe("409 code-already-used");
    }

    private async Task<string> TokenAsync() => (string)(await SignedUp.TokensAsync(_api))["accessToken"]!;

    private async Task<string> RefusalAsync(string token, string code)
    {
        using var refused = await _api.PostAsync("/credits/codes", new { code }, token);
        return await refused.RefusalAsync();
    }
}
