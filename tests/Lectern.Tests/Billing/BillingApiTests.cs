using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Lectern.Tests.Accounts;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Billing;

/// <summary>One host for all of them: everybody has an account of their own.</summary>
public sealed class BillingApi : IAsyncLifetime
{
    internal ApiHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Host = await ApiHost.StartAsync([new AccountsModule(), new BillingModule()], SignedUp.QuickPasswords);

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}

/// <summary>What Billing answers over HTTP, with real accounts.</summary>
public sealed class BillingApiTests(BillingApi billing) : IClassFixture<BillingApi>
{
    private readonly ApiHost _api = billing.Host;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prices_are_public()
    {
        var prices = await (await _api.GetAsync("/prices")).JsonAsync();

        prices["signUpCredits"]!.GetValue<string>().ShouldBe("20");
        prices["version"]!.GetValue<string>().Length.ShouldBe(12);
        prices["since"]!.GetValue<DateTimeOffset>().ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
        prices["prices"]![0]!
            .ToJsonString()
            .ShouldBe(
                """{"item":"audiobook","unit":"character","per":1000,"credits":"0.02","provider":null,"voiceClass":null,"included":0}"""
            );
        prices["minimums"]!.ToJsonString().ShouldBe("""[{"item":"audiobook","credits":"0.001"}]""");
    }

    [Fact]
    public async Task A_new_account_sees_its_credits()
    {
        var account = await SignUpAsync();

        var credits = await (await _api.GetAsync("/credits", account.Token)).JsonAsync();
        var me = await (await _api.GetAsync("/me", account.Token)).JsonAsync();

        credits
            .ToJsonString()
            .ShouldBe("""{"posted":"20","held":"0","available":"20","expiring":[],"stopped":false}""");
        me["credits"]!.ToJsonString().ShouldBe("""{"posted":"20","held":"0","available":"20"}""");
    }

    [Theory]
    [InlineData("/credits")]
    [InlineData("/credits/ledger")]
    public async Task Without_a_token_nothing_is_told(string path) =>
        (await (await _api.GetAsync(path)).RefusalAsync()).ShouldBe("401 unauthenticated");

    [Fact]
    public async Task The_ledger_tells_what_happened_to_a_hold()
    {
        var account = await SignUpAsync();
        var (hold, job) = await HoldAsync(account, 9_400_000);
        await SaveAsync(
            account,
            session => Wallets.Capture(session, hold, job, "audiobook", 9_400_000, 9_200_000, new Delivery(460_000))
        );

        var page = await (await _api.GetAsync("/credits/ledger?limit=2", account.Token)).JsonAsync();

        page["next"].ShouldNotBeNull();
        var captured = page["items"]![0]!.AsObject();
        captured.Remove("at").ShouldBeTrue();
        captured
            .ToJsonString()
            .ShouldBe(
                $$"""{"number":4,"kind":"captured","posted":"-9.2","held":"-9.4","balance":{"posted":"10.8","held":"0","available":"10.8"},"hold":"{{PublicId.Format(
                    "hold",
                    hold
                )}}","job":"{{PublicId.Format("job", job)}}","reason":"audiobook","corrects":null,"note":null}"""
            );
        page["items"]![1]!["kind"]!.GetValue<string>().ShouldBe("held");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task Pages_cover_each_entry_once_while_entries_are_added(int limit)
    {
        var account = await SignUpAsync();
        for (var i = 0; i < 20; i++)
            await HoldAsync(account, 1);
        var seen = new List<int>();
        string? next = null;
        do
        {
            var query = next is null ? $"?limit={limit}" : $"?limit={limit}&cursor={next}";
            var page = await (await _api.GetAsync("/credits/ledger" + query, account.Token)).JsonAsync();
            seen.AddRange(page["items"]!.AsArray().Select(entry => entry!["number"]!.GetValue<int>()));
            next = page["next"]?.GetValue<string>();
            await HoldAsync(account, 1);
        } while (next is not null);

        seen.ShouldBe(Enumerable.Range(2, 21).Reverse()); // the grant is entry 2
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("limit=-1")]
    [InlineData("cursor=x")]
    [InlineData("cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_page_that_cannot_be_is_refused(string query)
    {
        var account = await SignUpAsync();

        (await (await _api.GetAsync("/credits/ledger?" + query, account.Token)).RefusalAsync()).ShouldBe(
            "422 invalid-values"
        );
    }

    [Fact]
    public async Task Another_callers_cursor_is_refused()
    {
        var account = await SignUpAsync();
        await HoldAsync(account, 1);
        var page = await (await _api.GetAsync("/credits/ledger?limit=1", account.Token)).JsonAsync();
        var stranger = await SignUpAsync();

        var answer = await _api.GetAsync($"/credits/ledger?cursor={page["next"]}", stranger.Token);

        (await answer.RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Fact]
    public void The_audit_has_every_check_of_billing() =>
        _api
            .Services.GetServices<IAuditCheck>()
            .Select(check => check.Name)
            .Where(name => name.StartsWith("billing.", StringComparison.Ordinal))
            .Distinct()
            .Count()
            .ShouldBe(16);

    private async Task<Account> SignUpAsync()
    {
        var answer = await _api.PostAsync(
            "/auth/signup",
            new { email = $"{Guid.NewGuid():n}@example.com", password = "three tall ships sailed" }
        );
        var json = await answer.JsonAsync();
        var id = json["workspace"]!["id"]!.GetValue<string>();
        PublicId.TryParse("workspace", id, out var workspace).ShouldBeTrue(json.ToJsonString());
        return new Account(workspace, TokenOf(json));
    }

    private static string TokenOf(JsonNode signedUp) => signedUp["tokens"]!["accessToken"]!.GetValue<string>();

    private async Task<(Guid Hold, Guid Job)> HoldAsync(Account account, long amount)
    {
        var (hold, job) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await SaveAsync(account, session => Wallets.Hold(session, hold, job, 1, amount, "p1"));
        return (hold, job);
    }

    private async Task SaveAsync(Account account, Action<Session> work)
    {
        await using var session = _api.Store.OpenSession(
            new SessionContext(account.Workspace, "system", Guid.CreateVersion7())
        );
        work(session);
        await session.SaveChangesAsync(Cancel);
    }

    private sealed record Account(Guid Workspace, string Token);
}
