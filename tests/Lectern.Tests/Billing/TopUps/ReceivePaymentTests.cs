using System.Collections.Concurrent;
using System.Net;
using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Billing.Pricing;
using Lectern.Eventing;
using Lectern.Tests.Accounts;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using static Lectern.Tests.Billing.TopUps.PaymentsHost;

namespace Lectern.Tests.Billing.TopUps;

/// <summary>Payments come in as the provider tells of them: forged, again, at the same time, in any order.</summary>
public sealed class ReceivePaymentTests(PaymentsHost host) : IClassFixture<PaymentsHost>
{
    private const string Completed = "checkout.session.completed";
    private const string Succeeded = "checkout.session.async_payment_succeeded";
    private const string Failed = "checkout.session.async_payment_failed";

    [Fact]
    public async Task What_was_paid_is_granted_and_recorded()
    {
        var jane = await host.SignUpAsync();
        var admin = await host.PlatformAdminAsync();
        var session = NewSession();

        (await host.OutcomeAsync(Event(session, jane.Workspace, id: "evt_first"))).ShouldBe("granted");

        (await jane.LedgerAsync())[0].ShouldBe("granted 20 top_up");
        (await jane.GainedAsync()).ShouldBe(20);
        var payment = (await host.FindAsync(admin, session))!.AsObject();
        foreach (var differs in (string[])["id", "receivedAt", "changedAt"])
            payment.Remove(differs).ShouldBeTrue(differs);
        payment
            .ToJsonString()
            .ShouldBe(
                $$"""{"outcome":"granted","reason":null,"amount":2000,"currency":"usd","livemode":true,"workspace":"{{jane.Workspace}}","providerSession":"{{session}}","providerEvent":"evt_first","type":"checkout.session.completed"}"""
            );
        await host.ShouldAddUpAsync();
    }

    [Fact]
    public async Task Who_paid_is_not_stored()
    {
        var jane = await host.SignUpAsync();
        var session = NewSession();
        await host.OutcomeAsync(Event(session, jane.Workspace));

        var row = await host.TextsAsync("select p::text from billing.payments p where provider_session = $1", session);

        row.ShouldHaveSingleItem().ShouldNotContain("Payer", Case.Insensitive);
    }

    [Fact]
    public async Task The_workspace_can_stand_in_the_metadata_and_the_currency_has_its_price()
    {
        var jane = await host.SignUpAsync();
        var metadata = $$"""{"workspace":"{{jane.Workspace}}","order":"7"}""";

        (
            await host.OutcomeAsync(
                Event(NewSession(), "customer-17", amount: "3", currency: "jpy", metadata: metadata)
            )
        ).ShouldBe("granted");

        (await jane.GainedAsync()).ShouldBe(3.75m);
    }

    [Fact]
    public async Task What_the_provider_did_not_sign_lately_is_refused_without_a_hint()
    {
        var jane = await host.SignUpAsync();
        var admin = await host.PlatformAdminAsync();
        var session = NewSession();
        var body = Event(session, jane.Workspace);
        var good = Sign(body);
        string?[] bad =
        [
            null,
            "",
            "nonsense",
            Sign(body + " "),
            Sign(body, secret: "whsec_of_somebody_else"),
            Sign(body, TimeSpan.FromSeconds(330)),
            Sign(body, TimeSpan.FromSeconds(-330)),
            good.Replace("v1=", "v0=", StringComparison.Ordinal),
            good.Replace("t=", "t=1", StringComparison.Ordinal),
        ];

        var answers = new HashSet<string>();
        foreach (var signature in bad)
        {
            using var refused = await PostAsync(host.Api, body, signature);
            (await refused.RefusalAsync()).ShouldBe("400 bad-signature", signature);
            var problem = (await refused.JsonAsync()).AsObject();
            problem.Remove("traceId");
            answers.Add(problem.ToJsonString());
        }

        answers.Count.ShouldBe(1);
        (await host.FindAsync(admin, session)).ShouldBeNull();
        (await jane.GainedAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Both_secrets_of_a_rotation_are_good_and_so_are_clocks_that_differ_a_little()
    {
        var jane = await host.SignUpAsync();
        foreach (
            var sign in (Func<string, string>[])
                [
                    body => Sign(body, secret: OldSecret),
                    body => Sign(body, TimeSpan.FromSeconds(270)),
                    body => Sign(body, TimeSpan.FromSeconds(-270)),
                ]
        )
        {
            var body = Event(NewSession(), jane.Workspace, amount: "100");
            using var answer = await PostAsync(host.Api, body, sign(body));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await jane.GainedAsync()).ShouldBe(3);
    }

    [Fact]
    public async Task A_delivery_that_is_replayed_or_comes_again_grants_once()
    {
        var jane = await host.SignUpAsync();
        var body = Event(NewSession(), jane.Workspace);
        var signature = Sign(body);

        for (var i = 0; i < 3; i++)
        {
            using var replayed = await PostAsync(host.Api, body, signature);
            replayed.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await host.OutcomeAsync(body)).ShouldBe("granted"); // signed anew, as the provider does when it delivers again
        (await jane.GainedAsync()).ShouldBe(20);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Deliveries_at_the_same_time_grant_once(bool isOneEvent)
    {
        var jane = await host.SignUpAsync();
        var session = NewSession();
        var one = Event(session, jane.Workspace);
        var outcomes = new ConcurrentBag<string>();

        await Parallel.ForAsync(
            0,
            32,
            new ParallelOptions
            {
                MaxDegreeOfParallelism = 32,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            async (i, _) =>
                outcomes.Add(
                    await host.OutcomeAsync(
                        isOneEvent ? one : Event(session, jane.Workspace, i % 2 == 0 ? Completed : Succeeded)
                    )
                )
        );

        outcomes.ShouldBe(Enumerable.Repeat("granted", 32));
        (await jane.LedgerAsync()).Count(entry => entry.EndsWith("top_up", StringComparison.Ordinal)).ShouldBe(1);
        await host.ShouldAddUpAsync();
    }

    [Fact]
    public async Task A_payment_that_takes_days_is_granted_when_it_arrives_in_whatever_order_its_events_come()
    {
        var jane = await host.SignUpAsync();
        var admin = await host.PlatformAdminAsync();
        var session = NewSession();

        (await host.OutcomeAsync(Event(session, jane.Workspace, Completed, "unpaid"))).ShouldBe("pending");
        (await host.FindAsync(admin, session, "pending")).ShouldNotBeNull();
        (await jane.GainedAsync()).ShouldBe(0);
        (await host.OutcomeAsync(Event(session, jane.Workspace, Succeeded))).ShouldBe("granted");
        await host.OutcomeAsync(Event(session, jane.Workspace, Completed, "unpaid"));
        await host.OutcomeAsync(Event(session, jane.Workspace, Completed));

        (await jane.GainedAsync()).ShouldBe(20);
        ((string)(await host.FindAsync(admin, session))!["outcome"]!).ShouldBe("granted");

        var backwards = NewSession();
        (await host.OutcomeAsync(Event(backwards, jane.Workspace, Succeeded))).ShouldBe("granted");
        await host.OutcomeAsync(Event(backwards, jane.Workspace, Completed, "unpaid"));
        ((string)(await host.FindAsync(admin, backwards))!["outcome"]!).ShouldBe("granted");
        (await jane.GainedAsync()).ShouldBe(40);
    }

    [Fact]
    public async Task A_payment_that_does_not_arrive_is_recorded_as_failed()
    {
        var jane = await host.SignUpAsync();
        var admin = await host.PlatformAdminAsync();
        var session = NewSession();

        await host.OutcomeAsync(Event(session, jane.Workspace, Completed, "unpaid"));
        (await host.OutcomeAsync(Event(session, jane.Workspace, Failed, "unpaid"))).ShouldBe("failed");
        await host.OutcomeAsync(Event(session, jane.Workspace, Completed, "unpaid"));

        ((string)(await host.FindAsync(admin, session))!["outcome"]!).ShouldBe("failed");
        (await jane.GainedAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("2000", "usd", "paid", null, "unknown_workspace")]
    [InlineData("2000", "usd", "paid", "workspace_01h455vb4pex5vsknk084sn02r", "unknown_workspace")]
    [InlineData("2000", "usd", "paid", "' or 1=1 --", "unknown_workspace")]
    [InlineData("2000", "xaf", "paid", "own", "unknown_currency")]
    [InlineData("2000", "dollars\\u0000", "paid", "own", "unknown_currency")]
    [InlineData("-2000", "usd", "paid", "own", "unusable_amount")]
    [InlineData("0", "usd", "paid", "own", "unusable_amount")]
    [InlineData("null", "usd", "paid", "own", "unusable_amount")]
    [InlineData("10.5", "usd", "paid", "own", "unusable_amount")]
    [InlineData("9223372036854775807", "usd", "paid", "own", "unusable_amount")]
    [InlineData("99999999999999999999999", "usd", "paid", "own", "unusable_amount")]
    [InlineData("2000", "usd", "half_paid", "own", "unknown_status")]
    public async Task Money_that_nobody_can_be_given_credits_for_is_kept_for_an_administrator(
        string amount,
        string currency,
        string status,
        string? workspace,
        string reason
    )
    {
        var jane = await host.SignUpAsync();
        var admin = await host.PlatformAdminAsync();
        var session = NewSession();
        var named = workspace == "own" ? jane.Workspace : workspace;

        (await host.OutcomeAsync(Event(session, named, status: status, amount: amount, currency: currency))).ShouldBe(
            "unmatched"
        );

        var payment = (await host.FindAsync(admin, session, "unmatched"))!;
        ((string)payment["reason"]!).ShouldBe(reason);
        host.Logged.ShouldContain(line =>
            line.Contains((string)payment["id"]!, StringComparison.Ordinal)
            && line.Contains((string)payment["providerEvent"]!, StringComparison.Ordinal)
            && line.Contains(reason, StringComparison.Ordinal)
        );
        (await jane.GainedAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_deleted_workspace_gets_nothing()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        (await jane.SendAsync(HttpMethod.Delete, jane.In(""))).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await host.OutcomeAsync(Event(NewSession(), jane.Workspace))).ShouldBe("unmatched");
    }

    [Fact]
    public async Task An_unmatched_payment_is_granted_when_it_is_delivered_again_and_can_be_matched_by_then()
    {
        var jane = await host.SignUpAsync();
        var admin = await host.PlatformAdminAsync();
        var session = NewSession();
        var body = Event(session, jane.Workspace, currency: "eur");
        (await host.OutcomeAsync(body)).ShouldBe("unmatched");
        await using var twin = await ApiHost.StartAsync(
            [new AccountsModule(), new BillingModule()],
            SignedUp.QuickPasswords,
            new Dictionary<string, string?>
            {
                ["Lectern:Billing:Payments:SigningSecrets:0"] = Secret,
                ["Lectern:Billing:Payments:Currencies:eur:CreditsPerUnit"] = "0.02",
            },
            twinOf: host.Api
        );

        using (var again = await PostAsync(twin, body, Sign(body)))
            again.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.OutcomeAsync(body)).ShouldBe("granted"); // as it is known by now, also to a host that could not match it

        (await jane.GainedAsync()).ShouldBe(40);
        ((string)(await host.FindAsync(admin, session))!["outcome"]!).ShouldBe("granted");
    }

    [Fact]
    public async Task Events_that_mean_nothing_here_are_accepted_and_forgotten()
    {
        var admin = await host.PlatformAdminAsync();
        var jane = await host.SignUpAsync();
        var session = NewSession();

        (await host.OutcomeAsync(Event(session, jane.Workspace, type: "checkout.session.expired"))).ShouldBe("ignored");
        (await host.OutcomeAsync(Event(session, jane.Workspace, status: "no_payment_required"))).ShouldBe("ignored");
        (
            await host.OutcomeAsync("""{"id":1,"type":"charge.updated","data":{"object":{"id":[],"metadata":7}}}""")
        ).ShouldBe("ignored");

        (await host.FindAsync(admin, session)).ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"type":null}""")]
    [InlineData("""{"type":7}""")]
    [InlineData("""{"type":"checkout.session.completed"}""")]
    [InlineData("""{"type":"checkout.session.completed","id":"evt_1","data":null}""")]
    [InlineData("""{"type":"checkout.session.completed","id":"evt_1","data":{"object":{}}}""")]
    [InlineData("""{"type":"checkout.session.completed","id":"","data":{"object":{"id":"cs_1"}}}""")]
    [InlineData("""{"type":"checkout.session.completed","id":"evt_1","data":{"object":{"id":"cs_\u0000"}}}""")]
    [InlineData("""{"type":"checkout.session.completed","id":"evt_1","id":"evt_2","data":{"object":{"id":"cs_1"}}}""")]
    [InlineData("""{"type":"checkout.session.completed","id":"evt_1","data":{"object":{"id":"cs_1"}}""")]
    public async Task What_is_no_event_is_refused_though_it_is_signed(string body)
    {
        using var refused = await host.DeliverAsync(body);

        (await refused.RefusalAsync()).ShouldBe("400 malformed-request");
    }

    [Fact]
    public async Task An_event_that_is_nested_without_end_is_refused()
    {
        using var refused = await host.DeliverAsync(
            Event(NewSession(), null).Replace("\"tax_ids\": []", $"\"x\": {Nested(10_000)}", StringComparison.Ordinal)
        );

        (await refused.RefusalAsync()).ShouldBe("400 malformed-request");
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_before_anything_is_looked_at()
    {
        var jane = await host.SignUpAsync();
        var body = Event(NewSession(), jane.Workspace);
        var largest = body + new string(' ', 256 * 1024 - body.Length);

        (await host.OutcomeAsync(largest)).ShouldBe("granted");
        using var refused = await host.DeliverAsync(largest + " ");
        (await refused.RefusalAsync()).ShouldBe("413 too-large");
    }

    [Fact]
    public async Task Without_a_secret_there_is_nothing_at_this_address()
    {
        await using var off = await ApiHost.StartAsync(
            [new AccountsModule(), new BillingModule()],
            SignedUp.QuickPasswords
        );
        var body = Event(NewSession(), null);

        using var answer = await PostAsync(off, body, Sign(body));
        using var unknown = await off.PostAsync("/payments/nowhere", new { });

        (await answer.RefusalAsync()).ShouldBe("404 not-found");
        (await answer.JsonAsync())["detail"]!.ToString().ShouldBe((await unknown.JsonAsync())["detail"]!.ToString());
        answer.StatusCode.ShouldBe(unknown.StatusCode);
    }

    [Fact]
    public async Task A_payment_of_the_providers_test_mode_buys_nothing_unless_it_is_said_to()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());
        var session = NewSession();
        var body = Event(session, jane.Workspace, livemode: false);

        (await host.OutcomeAsync(body)).ShouldBe("unmatched");

        ((string)(await host.FindAsync(admin, session, "unmatched"))!["reason"]!).ShouldBe("test_payment");
        (await jane.GainedAsync()).ShouldBe(0);
        await using var testing = await ApiHost.StartAsync(
            [new AccountsModule(), new BillingModule()],
            settings: new Dictionary<string, string?>
            {
                ["Lectern:Billing:Payments:SigningSecrets:0"] = Secret,
                ["Lectern:Billing:Payments:AcceptTestPayments"] = "true",
                ["Lectern:Billing:Payments:Currencies:usd:CreditsPerUnit"] = "0.01",
            },
            twinOf: host.Api
        );
        (await PostAsync(testing, body, Sign(body))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await jane.GainedAsync()).ShouldBe(20);
    }

    [Fact]
    public async Task While_the_database_is_away_the_provider_is_asked_to_deliver_again()
    {
        var jane = await host.SignUpAsync();
        var body = Event(NewSession(), jane.Workspace);
        await using var nowhere = new EventStore(host.Api.Store.Model, "Host=/nowhere", TimeProvider.System);
        await using var twin = await ApiHost.StartAsync(
            [new BillingModule()],
            services =>
            {
                services.Replace(ServiceDescriptor.Singleton(nowhere));
                // The database goes away after the start, which needs it.
                services.Remove(services.Single(service => service.ImplementationType == typeof(PublishPrices)));
            },
            new Dictionary<string, string?> { ["Lectern:Billing:Payments:SigningSecrets:0"] = Secret },
            twinOf: host.Api
        );

        using (var answer = await PostAsync(twin, body, Sign(body)))
        {
            (await answer.RefusalAsync()).ShouldBe("503 unavailable");
            answer.Headers.RetryAfter.ShouldNotBeNull();
        }

        (await host.OutcomeAsync(body)).ShouldBe("granted");
        (await jane.GainedAsync()).ShouldBe(20);
    }

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);
}
