using System.Net;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;

namespace Lectern.Tests.Billing.Ledger;

/// <summary>The ledger, statements, caps and expiring credits, as a workspace sees them over HTTP.</summary>
[Collection(JobsHostCollection.Name)]
public sealed class LedgerApiTests(JobsHost host)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_entry_comes_as_a_line_of_CSV_oldest_first()
    {
        var person = await host.SignUpAsync();
        var (hold, job) = await HoldAsync(person, 9_400_000);
        await SaveAsync(person, s => Wallets.Capture(s, hold, job, "audiobook", 9_400_000, 9_200_000, new Delivery(1)));
        await SaveAsync(person, s => Wallets.Refund(s, Guid.CreateVersion7(), hold, 200_000, "=HYPERLINK(0)"));

        using var answer = await person.GetAsync("/credits/ledger?format=csv");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/csv; charset=utf-8; header=present");
        var lines = (await answer.Content.ReadAsStringAsync(Cancel)).Split("\r\n");
        lines[0]
            .ShouldBe(
                "number,at,kind,posted,held,balancePosted,balanceHeld,balanceAvailable,job,hold,reason,corrects,note"
            );
        WithoutTime(lines[1]).ShouldBe("2,granted,20,0,20,0,20,,,sign_up,,");
        var ids = $"{PublicId.Format("job", job)},{PublicId.Format("hold", hold)}";
        WithoutTime(lines[2]).ShouldBe($"3,held,0,9.4,20,9.4,10.6,{ids},,,");
        WithoutTime(lines[3]).ShouldBe($"4,captured,-9.2,-9.4,10.8,0,10.8,{ids},audiobook,,");
        WithoutTime(lines[4])
            .ShouldBe($"5,refunded,0.2,0,11,0,11,{ids},\"'=HYPERLINK(0)\",,", "a spreadsheet would run it");
        lines[5].ShouldBeEmpty();
    }

    [Fact]
    public async Task The_ledger_can_be_filtered()
    {
        var person = await host.SignUpAsync();
        var (first, job) = await HoldAsync(person, 5);
        await SaveAsync(person, s => Wallets.Release(s, first, job, 5, "cancelled"));
        var (second, another) = await HoldAsync(person, 7);
        await SaveAsync(person, s => Wallets.Release(s, second, another, 7, "cancelled"));

        (await NumbersAsync(person, "kind=held")).ShouldBe([5, 3]);
        (await NumbersAsync(person, $"job={PublicId.Format("job", job)}")).ShouldBe([4, 3]);
        (await NumbersAsync(person, "from=2020-01-01&to=2020-12-31")).ShouldBeEmpty();
        (await NumbersAsync(person, "from=2020-01-01")).ShouldBe([6, 5, 4, 3, 2]);
        (await (await person.GetAsync("/credits/ledger?kind=stolen")).RefusalAsync()).ShouldBe("422 invalid-values");
        (await (await person.GetAsync("/credits/ledger?from=9999-12-31")).RefusalAsync()).ShouldBe(
            "422 invalid-values"
        );
    }

    [Fact]
    public async Task A_statement_is_what_there_was_what_changed_it_and_what_there_is()
    {
        var person = await host.SignUpAsync();
        var (hold, job) = await HoldAsync(person, 9_400_000);
        await SaveAsync(person, s => Wallets.Capture(s, hold, job, "audiobook", 9_400_000, 9_200_000, new Delivery(1)));
        await SaveAsync(person, s => Wallets.Grant(s, Guid.CreateVersion7(), 1_000_000, "promo_code"));
        // As if the sign-up had been a month ago.
        await host.ExecuteAsync(
            "update billing.ledger set at = at - interval '32 days' where workspace_id = $1 and number = 2",
            person.Workspace
        );
        var month = DateTime.UtcNow.ToString("yyyy-MM", null);

        var now = await person.JsonAsync($"/credits/statements/{month}");
        var lastMonth = await person.JsonAsync($"/credits/statements/{DateTime.UtcNow.AddDays(-32):yyyy-MM}");

        now.ToJsonString()
            .ShouldBe(
                $$"""{"month":"{{month}}","opening":"20","lines":[{"kind":"captured","reason":"audiobook","entries":1,"credits":"-9.2"},{"kind":"granted","reason":"promo_code","entries":1,"credits":"1"}],"closing":"11.8","isFinal":false}"""
            );
        ((string)lastMonth["opening"]!, (string)lastMonth["closing"]!, (bool)lastMonth["isFinal"]!).ShouldBe(
            ("0", "20", true)
        );
        (await person.JsonAsync("/credits/statements/2020-01"))
            .ToJsonString()
            .ShouldBe("""{"month":"2020-01","opening":"0","lines":[],"closing":"0","isFinal":true}""");
        foreach (var none in (string[])["2026-13", "2026-1", "now", "9999-12"])
            (await (await person.GetAsync($"/credits/statements/{none}")).RefusalAsync()).ShouldBe("404 not-found");
    }

    [Fact]
    public async Task The_balance_tells_what_expires_and_when()
    {
        var person = await host.SignUpAsync();
        var later = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await SaveAsync(person, s => Wallets.Grant(s, Guid.CreateVersion7(), 3_000_000, "promo_code", later));
        await SaveAsync(
            person,
            s => Wallets.Grant(s, Guid.CreateVersion7(), 1_000_000, "promo_code", later.AddYears(-1))
        );

        var credits = await person.JsonAsync("/credits");

        ((string)credits["available"]!).ShouldBe("24");
        credits["expiring"]!
            .AsArray()
            .Select(lot => ((string)lot!["credits"]!, (DateTimeOffset)lot["at"]!))
            .ShouldBe([("1", later.AddYears(-1)), ("3", later)]);
    }

    [Fact]
    public async Task Caps_are_set_shown_and_kept()
    {
        var person = await host.SignUpAsync();
        var set = await person.SendAsync(
            HttpMethod.Put,
            "/credits/caps",
            System.Net.Http.Json.JsonContent.Create(new { daily = "0.05", monthly = "100" })
        );
        (await set.JsonAsync())
            .ToJsonString()
            .ShouldBe("""{"day":{"cap":"0.05","used":"0"},"month":{"cap":"100","used":"0"}}""");

        var text = new string('a', 2000) + "."; // 0.04002 credits
        (await person.PostJobAsync(new { text })).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var refused = await person.PostJobAsync(new { text });

        (await refused.RefusalAsync()).ShouldBe("402 workspace-cap-reached");
        var problem = await refused.JsonAsync();
        ((string)problem["cap"]!, (string)problem["period"]!).ShouldBe(("0.05", "day"));
        foreach (var bad in (string[])["-1", "1e3", "0.0000001", "much"])
            (
                await (
                    await person.SendAsync(
                        HttpMethod.Put,
                        "/credits/caps",
                        System.Net.Http.Json.JsonContent.Create(new { daily = bad })
                    )
                ).RefusalAsync()
            ).ShouldBe("422 invalid-values");
    }

    [Fact]
    public async Task A_workspace_whose_billing_is_stopped_gets_no_new_job_and_its_balance_says_so()
    {
        var person = await host.SignUpAsync();
        await SaveAsync(
            person,
            s =>
                s.Append<Lectern.Billing.Ledger.Wallet>(
                    Lectern.Billing.Ledger.Wallet.IdOf(person.Workspace),
                    new BillingStopped("test")
                )
        );

        (await (await person.PostJobAsync(new { text = "Nothing doing." })).RefusalAsync()).ShouldBe(
            "503 billing-stopped"
        );
        ((bool)(await person.JsonAsync("/credits"))["stopped"]!).ShouldBeTrue();
    }

    private static string WithoutTime(string line)
    {
        var fields = line.Split(',').ToList();
        DateTimeOffset.Parse(fields[1], null).ShouldBeGreaterThan(DateTimeOffset.UnixEpoch);
        fields.RemoveAt(1);
        return string.Join(',', fields);
    }

    private static async Task<List<int>> NumbersAsync(Person person, string filter) =>
        [
            .. (await person.JsonAsync($"/credits/ledger?{filter}"))["items"]!
                .AsArray()
                .Select(item => (int)item!["number"]!),
        ];

    private async Task<(Guid Hold, Guid Job)> HoldAsync(Person person, long amount)
    {
        var (hold, job) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await SaveAsync(person, session => Wallets.Hold(session, hold, job, 1, amount, "p1"));
        return (hold, job);
    }

    private async Task SaveAsync(Person person, Action<Session> work)
    {
        var store = (EventStore)host.Services.GetService(typeof(EventStore))!;
        await using var session = store.OpenSession(
            new SessionContext(person.Workspace, "system", Guid.CreateVersion7())
        );
        work(session);
        await session.SaveChangesAsync(Cancel);
    }
}
