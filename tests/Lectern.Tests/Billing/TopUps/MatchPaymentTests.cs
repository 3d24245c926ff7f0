using System.Collections.Concurrent;
using System.Net;
using Lectern.Tests.Accounts.Workspaces;
using Lectern.Tests.Http;
using static Lectern.Tests.Billing.TopUps.PaymentsHost;

namespace Lectern.Tests.Billing.TopUps;

/// <summary>Money that came in for nobody is given to somebody, once; and administrators see all payments.</summary>
public sealed class MatchPaymentTests(PaymentsHost host) : IClassFixture<PaymentsHost>
{
    [Fact]
    public async Task An_unmatched_payment_is_granted_to_whom_an_administrator_says()
    {
        var jane = await host.SignUpAsync();
        var admin = await host.PlatformAdminAsync();
        var (id, session) = await UnmatchedAsync(admin);

        using var matched = await MatchAsync(admin, id, new { workspace = jane.Workspace });

        matched.StatusCode.ShouldBe(HttpStatusCode.OK);
        var payment = await matched.JsonAsync();
        $"{payment["outcome"]} {payment["reason"]} {payment["workspace"]}".ShouldBe($"granted  {jane.Workspace}");
        (await jane.GainedAsync()).ShouldBe(20);
        (await jane.LedgerAsync())[0].ShouldBe("granted 20 top_up");
        (await host.FindAsync(admin, session, "unmatched")).ShouldBeNull();
        (await host.AuditOfAsync(jane.Workspace)).ShouldContain($$"""payments.matched {{id}} {"credits": "20"}""");
        (await host.AuditOfPlatformAsync()).ShouldContain(
            $$"""payments.matched {{id}} {"credits": "20", "workspace": "{{jane.Workspace}}"}"""
        );
        await host.ShouldAddUpAsync();
    }

    [Fact]
    public async Task It_is_granted_once_whoever_races()
    {
        var (jane, john) = (await host.SignUpAsync(), await host.SignUpAsync());
        var admin = await host.PlatformAdminAsync();
        var (id, session) = await UnmatchedAsync(admin);
        var body = Event(session, jane.Workspace); // the provider's customer service puts it right at the same time
        var outcomes = new ConcurrentBag<string>();

        await Parallel.ForAsync(
            0,
            24,
            new ParallelOptions
            {
                MaxDegreeOfParallelism = 24,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            async (i, _) =>
            {
                if (i % 3 == 0)
                {
                    await host.OutcomeAsync(body);
                    return;
                }

                using var answer = await MatchAsync(
                    admin,
                    id,
                    new { workspace = i % 2 == 0 ? jane.Workspace : john.Workspace }
                );
                outcomes.Add(answer.StatusCode == HttpStatusCode.OK ? "matched" : await answer.RefusalAsync());
            }
        );

        outcomes.Count(outcome => outcome == "matched").ShouldBeLessThanOrEqualTo(1);
        outcomes.ShouldAllBe(outcome => outcome == "matched" || outcome == "409 payment-not-unmatched");
        (await jane.GainedAsync() + await john.GainedAsync()).ShouldBe(20);
        var winner = await jane.GainedAsync() > 0 ? jane : john;
        ((string)(await host.FindAsync(admin, session))!["workspace"]!).ShouldBe(winner.Workspace);
        await host.ShouldAddUpAsync();
    }

    [Fact]
    public async Task Where_the_amount_has_no_price_the_administrator_says_how_many_credits_it_is()
    {
        var jane = await host.SignUpAsync();
        var admin = await host.PlatformAdminAsync();
        var (id, _) = await UnmatchedAsync(admin, currency: "xaf");

        foreach (var credits in (string?[])[null, "0", "-1", "1e3", "0.0000001", "many"])
        {
            using var refused = await MatchAsync(admin, id, new { workspace = jane.Workspace, credits });
            (await refused.RefusalAsync()).ShouldBe("422 invalid-values", credits);
        }

        using var matched = await MatchAsync(admin, id, new { workspace = jane.Workspace, credits = "7.5" });
        matched.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await jane.GainedAsync()).ShouldBe(7.5m);
    }

    [Fact]
    public async Task Only_an_unmatched_payment_and_a_workspace_that_is_there_can_be_matched()
    {
        var jane = await host.SignUpAsync();
        var admin = await host.PlatformAdminAsync();
        var (id, _) = await UnmatchedAsync(admin);
        var granted = NewSession();
        await host.OutcomeAsync(Event(granted, jane.Workspace));
        var grantedId = (string)(await host.FindAsync(admin, granted))!["id"]!;

        (await RefusalAsync(admin, id, "workspace_01h455vb4pex5vsknk084sn02r")).ShouldBe("404 unknown-workspace");
        (await RefusalAsync(admin, id, "nobody")).ShouldBe("404 unknown-workspace");
        (await RefusalAsync(admin, grantedId, jane.Workspace)).ShouldBe("409 payment-not-unmatched");
        (await RefusalAsync(admin, "payment_01h455vb4pex5vsknk084sn02r", jane.Workspace)).ShouldBe("404 not-found");
        (await jane.GainedAsync()).ShouldBe(20);
    }

    [Fact]
    public async Task Pages_show_each_payment_once_newest_first()
    {
        var admin = await host.PlatformAdminAsync();
        var sessions = new List<string>();
        for (var i = 0; i < 5; i++)
            sessions.Add((await UnmatchedAsync(admin)).Session);
        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = await admin.JsonAsync(
                $"/admin/payments?outcome=unmatched&limit=2{(next is null ? "" : $"&cursor={next}")}"
            );
            seen.AddRange(page["items"]!.AsArray().Select(item => (string)item!["providerSession"]!));
            next = (string?)page["next"];
        } while (next is not null);

        seen.ShouldBeUnique();
        seen.Where(sessions.Contains).ShouldBe(Enumerable.Reverse(sessions));
        (await (await admin.GetAsync("/admin/payments?outcome=lost")).RefusalAsync()).ShouldBe("422 invalid-values");
    }

    private async Task<(string Id, string Session)> UnmatchedAsync(Somebody admin, string currency = "usd")
    {
        var session = NewSession();
        (await host.OutcomeAsync(Event(session, null, currency: currency))).ShouldBe("unmatched");
        return ((string)(await host.FindAsync(admin, session))!["id"]!, session);
    }

    private static Task<HttpResponseMessage> MatchAsync(Somebody admin, string id, object body) =>
        admin.SendAsync(HttpMethod.Post, $"/admin/payments/{id}/match", body);

    private static async Task<string> RefusalAsync(Somebody admin, string id, string workspace)
    {
        using var refused = await MatchAsync(admin, id, new { workspace });
        return await refused.RefusalAsync();
    }
}
