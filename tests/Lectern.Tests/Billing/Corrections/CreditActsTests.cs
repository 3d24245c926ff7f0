using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Privacy;
using Lectern.Tests.Accounts.Workspaces;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Billing.Corrections;

/// <summary>What administrators of the platform do to wallets: each act once, within its limits, and on record.</summary>
public sealed class CreditActsTests(WorkspacesHost host) : IClassFixture<WorkspacesHost>
{
    private const string Grants = "/admin/credits/grants";
    private const string Refunds = "/admin/credits/refunds";
    private const string Corrections = "/admin/credits/corrections";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_grant_is_in_the_ledger_and_in_both_audit_logs_and_its_note_beside_them()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());

        var moved = await DoAsync(
            admin,
            Grants,
            new
            {
                workspace = jane.Workspace,
                credits = "2.5",
                note = "For Jane's patience.",
            }
        );

        var id = (string)moved["id"]!;
        id.ShouldStartWith("grant_");
        (await jane.GainedAsync()).ShouldBe(2.5m);
        (await jane.LedgerAsync())[0].ShouldBe("granted 2.5 admin");
        (await host.AuditOfAsync(jane.Workspace)).ShouldContain($$"""credits.granted {{id}} {"credits": "2.5"}""");
        (await host.AuditOfPlatformAsync()).ShouldContain(
            $$"""credits.granted {{id}} {"credits": "2.5", "workspace": "{{jane.Workspace}}"}"""
        );
        (await NotesAsync(jane)).ShouldBe(["For Jane's patience."]);
        (
            await host.TextsAsync(
                "select 'here' from eventing.events where data::text like '%patience%' union select 'here' from accounts.audit_log where detail::text like '%patience%'"
            )
        ).ShouldBeEmpty();
        await host.ShouldAddUpAsync();
    }

    [Fact]
    public async Task A_grant_can_expire()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());
        var expiresAt = DateTimeOffset.UtcNow.AddDays(3);

        await DoAsync(
            admin,
            Grants,
            new
            {
                workspace = jane.Workspace,
                credits = "1",
                note = "A trial.",
                expiresAt,
            }
        );

        (
            await host.TextsAsync(
                "select (abs(extract(epoch from expires_at - $2)) < 1)::text from billing.lots where workspace_id = $1 and expires_at is not null",
                WorkspacesHost.IdOf(jane.Workspace),
                expiresAt
            )
        ).ShouldBe(["true"]);
    }

    [Theory]
    [InlineData(Grants, """{"credits":"0","note":"x"}""", "/credits")]
    [InlineData(Grants, """{"credits":"-1","note":"x"}""", "/credits")]
    [InlineData(Grants, """{"credits":"1000000001","note":"x"}""", "/credits")]
    [InlineData(Grants, """{"credits":"1","note":""}""", "/note")]
    [InlineData(Grants, """{"credits":"1","note":"x","expiresAt":"2020-01-01T00:00:00Z"}""", "/expiresAt")]
    [InlineData(Refunds, """{"hold":"hold_01h455vb4pex5vsknk084sn02q","credits":"0","note":"x"}""", "/credits")]
    [InlineData(Refunds, """{"hold":"hold_01h455vb4pex5vsknk084sn02q","credits":"-1","note":"x"}""", "/credits")]
    [InlineData(Refunds, """{"hold":"hold_01h455vb4pex5vsknk084sn02q","note":" "}""", "/note")]
    [InlineData(Corrections, """{"entry":2,"credits":"0","note":"x"}""", "/credits")]
    [InlineData(Corrections, """{"entry":2,"credits":"--1","note":"x"}""", "/credits")]
    [InlineData(Corrections, """{"entry":2,"credits":"+1","note":"x"}""", "/credits")]
    [InlineData(Corrections, """{"entry":2,"credits":"-","note":"x"}""", "/credits")]
    [InlineData(Corrections, """{"entry":2,"credits":"1","note":""}""", "/note")]
    public async Task What_makes_no_sense_is_refused(string path, string body, string pointer)
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());
        var request = JsonNode.Parse(body)!.AsObject();
        request["workspace"] = jane.Workspace;

        using var refused = await SendAsync(admin, path, request);

        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
        (await refused.JsonAsync())["errors"]![0]!["pointer"]!.ToString().ShouldBe(pointer);
        (await jane.GainedAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData(Grants)]
    [InlineData(Refunds)]
    [InlineData(Corrections)]
    public async Task Each_needs_a_key_and_a_workspace_that_is_there(string path)
    {
        var admin = await host.PlatformAdminAsync();
        var gone = await host.AdminOfNewWorkspaceAsync();
        (await gone.SendAsync(HttpMethod.Delete, gone.In(""))).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        using var keyless = await admin.SendAsync(HttpMethod.Post, path, Body(path, admin.Workspace));
        (await keyless.RefusalAsync()).ShouldBe("400 idempotency-key-missing");
        foreach (var workspace in (string[])[gone.Workspace, "workspace_01h455vb4pex5vsknk084sn02r", admin.Id, ""])
            (await RefusalAsync(admin, path, Body(path, workspace))).ShouldBe("404 unknown-workspace");
    }

    [Fact]
    public async Task Twins_of_a_request_are_one_act_with_one_answer()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());
        var hold = await CapturedAsync(jane, 4);
        foreach (
            var (path, body, gain) in (IEnumerable<(string, object, decimal)>)
                [
                    (Grants, Body(Grants, jane.Workspace), 1),
                    (Refunds, Refund(jane, hold), 4),
                    (Corrections, Correction(jane, 2, "-2"), -2),
                ]
        )
        {
            var before = await jane.GainedAsync();
            var key = $"{Guid.NewGuid()}";
            var answers = new ConcurrentBag<string>();

            await Parallel.ForAsync(
                0,
                8,
                Cancel,
                async (_, _) =>
                {
                    using var answer = await SendAsync(admin, path, body, key);
                    answers.Add(
                        answer.StatusCode == HttpStatusCode.Created
                            ? (await answer.JsonAsync()).ToJsonString()
                            : await answer.RefusalAsync()
                    );
                }
            );
            using (var late = await SendAsync(admin, path, body, key))
                answers.Add((await late.JsonAsync()).ToJsonString());

            answers.Where(answer => answer != "409 request-in-flight").Distinct().Count().ShouldBe(1, path);
            (await jane.GainedAsync() - before).ShouldBe(gain, path);
        }

        (await NotesAsync(jane)).Count.ShouldBe(3);
        await host.ShouldAddUpAsync();
    }

    [Fact]
    public async Task A_key_is_good_for_one_act_also_elsewhere_and_when_its_answer_is_forgotten()
    {
        var (admin, jane, john) = (await host.PlatformAdminAsync(), await host.SignUpAsync(), await host.SignUpAsync());
        var key = $"{Guid.NewGuid()}";
        (await SendAsync(admin, Grants, Body(Grants, jane.Workspace), key)).StatusCode.ShouldBe(HttpStatusCode.Created);

        using (var other = await SendAsync(admin, Grants, Body(Grants, jane.Workspace, "9"), key))
            (await other.RefusalAsync()).ShouldBe("422 idempotency-key-reused");
        using (var elsewhere = await SendAsync(admin, Grants, Body(Grants, john.Workspace), key))
            (await elsewhere.RefusalAsync()).ShouldBe("422 idempotency-key-reused");
        await host.ExecuteAsync("delete from eventing.idempotency_keys where key = $1", key);
        using (var late = await SendAsync(admin, Grants, Body(Grants, jane.Workspace), key))
            (await late.RefusalAsync()).ShouldBe("422 idempotency-key-reused");

        (await jane.GainedAsync()).ShouldBe(1);
        (await john.GainedAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_refund_gives_back_what_is_said_and_without_a_number_all_that_is_left()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());
        var hold = await CapturedAsync(jane, 4);

        ((string)(await DoAsync(admin, Refunds, Refund(jane, hold, "1.5")))["credits"]!).ShouldBe("1.5");
        ((string)(await DoAsync(admin, Refunds, Refund(jane, hold)))["credits"]!).ShouldBe("2.5");
        (await RefusalAsync(admin, Refunds, Refund(jane, hold))).ShouldBe("409 refund-exceeds-capture");
        (await RefusalAsync(admin, Refunds, Refund(jane, hold, "0.000001"))).ShouldBe("409 refund-exceeds-capture");

        (await jane.GainedAsync()).ShouldBe(0);
        (await jane.LedgerAsync())[..2].ShouldBe(["refunded 2.5 admin", "refunded 1.5 admin"]);
        await host.ShouldAddUpAsync();
    }

    [Fact]
    public async Task Refunds_that_race_give_back_no_more_than_was_paid()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());
        var hold = await CapturedAsync(jane, 4);
        var outcomes = new ConcurrentBag<string>();

        await Parallel.ForAsync(
            0,
            16,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel },
            async (i, _) =>
                outcomes.Add(await OutcomeAsync(admin, Refunds, Refund(jane, hold, i % 4 == 0 ? null : "1")))
        );

        outcomes.ShouldAllBe(outcome => outcome == "201" || outcome == "409 refund-exceeds-capture");
        (await jane.GainedAsync()).ShouldBeLessThanOrEqualTo(0);
        (await RefusalAsync(admin, Refunds, Refund(jane, hold, "4"))).ShouldBe("409 refund-exceeds-capture");
        await host.ShouldAddUpAsync();
    }

    [Fact]
    public async Task Only_what_the_workspace_paid_for_can_be_refunded()
    {
        var (admin, jane, john) = (await host.PlatformAdminAsync(), await host.SignUpAsync(), await host.SignUpAsync());
        var johns = await CapturedAsync(john, 4);
        var (open, released) = (await HeldAsync(jane, 1), await HeldAsync(jane, 1));
        await SaveAsync(jane, session => Wallets.Release(session, released.Hold, released.Job, Credits.Micro, "test"));

        foreach (
            var hold in (string[])
                [
                    johns,
                    PublicId.Format("hold", open.Hold),
                    PublicId.Format("hold", released.Hold),
                    PublicId.Format("hold", Guid.CreateVersion7()),
                    "1",
                ]
        )
        {
            (await RefusalAsync(admin, Refunds, Refund(jane, hold))).ShouldBe("409 no-such-capture");
            (await RefusalAsync(admin, Refunds, Refund(jane, hold, "1"))).ShouldBe("409 no-such-capture");
        }

        (await jane.GainedAsync()).ShouldBe(-1); // the open hold
    }

    [Fact]
    public async Task A_correction_gives_or_takes_back_and_names_its_entry()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());

        await DoAsync(admin, Corrections, Correction(jane, 2, "5"));
        var taken = await DoAsync(admin, Corrections, Correction(jane, 3, "-2.5"));

        ((string)taken["credits"]!).ShouldBe("-2.5");
        (await jane.GainedAsync()).ShouldBe(2.5m);
        (await jane.LedgerAsync())[..2].ShouldBe(["corrected -2.5 admin", "corrected 5 admin"]);
        (
            await host.TextsAsync(
                "select number || ' corrects ' || corrects from billing.ledger where workspace_id = $1 and corrects is not null order by number",
                WorkspacesHost.IdOf(jane.Workspace)
            )
        ).ShouldBe(["3 corrects 2", "4 corrects 3"]);
        await host.ShouldAddUpAsync();
    }

    [Fact]
    public async Task Only_an_entry_of_the_ledger_can_be_corrected()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());

        // 1 opened the wallet and is no entry; 3 would be the correction itself.
        foreach (var entry in (int[])[-1, 0, 1, 3, int.MaxValue])
            (await RefusalAsync(admin, Corrections, Correction(jane, entry, "1"))).ShouldBe("404 no-such-entry");

        (await jane.GainedAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_spent_or_held_cannot_be_taken_back()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());
        await CapturedAsync(jane, 10);
        await HeldAsync(jane, 4);

        using var refused = await SendAsync(admin, Corrections, Correction(jane, 2, "-6.000001"));
        (await refused.RefusalAsync()).ShouldBe("409 too-few-credits");
        ((string)(await refused.JsonAsync())["available"]!).ShouldBe("6");

        var outcomes = new ConcurrentBag<string>();
        await Parallel.ForAsync(
            0,
            8,
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancel },
            async (_, _) => outcomes.Add(await OutcomeAsync(admin, Corrections, Correction(jane, 2, "-2")))
        );
        outcomes.Count(outcome => outcome == "201").ShouldBe(3);
        outcomes.Count(outcome => outcome == "409 too-few-credits").ShouldBe(5);
        (await jane.GainedAsync()).ShouldBe(-BooksOf.SignUp);
        await host.ShouldAddUpAsync();
    }

    [Fact]
    public async Task A_refused_act_leaves_no_note()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());

        (await RefusalAsync(admin, Corrections, Correction(jane, 2, "-21"))).ShouldBe("409 too-few-credits");

        (await NotesAsync(jane)).ShouldBeEmpty();
        (await host.AuditOfAsync(jane.Workspace)).ShouldNotContain(entry => entry.StartsWith("credits."));
    }

    [Fact]
    public async Task A_workspace_sees_its_own_notes_and_an_erasure_takes_them()
    {
        var (admin, jane, john) = (await host.PlatformAdminAsync(), await host.SignUpAsync(), await host.SignUpAsync());
        await DoAsync(admin, Grants, Body(Grants, jane.Workspace));
        await DoAsync(admin, Grants, Body(Grants, john.Workspace));
        (await NotesAsync(jane)).Count.ShouldBe(1);

        foreach (var part in host.Api.Services.GetServices<IErasePart>())
            if (part.GetType().Namespace!.StartsWith("Lectern.Billing", StringComparison.Ordinal))
                (await part.EraseWorkspaceAsync(WorkspacesHost.IdOf(jane.Workspace), Cancel)).ShouldBeTrue();

        (await NotesAsync(jane)).ShouldBeEmpty();
        (await NotesAsync(john)).Count.ShouldBe(1);
        (await jane.GainedAsync()).ShouldBe(1);
    }

    private static object Body(string path, string workspace, string credits = "1") =>
        path switch
        {
            Grants => new
            {
                workspace,
                credits,
                note = "x",
            },
            Refunds => new
            {
                workspace,
                hold = "hold_01h455vb4pex5vsknk084sn02q",
                note = "x",
            },
            _ => new
            {
                workspace,
                entry = 2,
                credits,
                note = "x",
            },
        };

    private static object Refund(Somebody whose, string hold, string? credits = null) =>
        new
        {
            workspace = whose.Workspace,
            hold,
            credits,
            note = "It was silent.",
        };

    private static object Correction(Somebody whose, int entry, string credits) =>
        new
        {
            workspace = whose.Workspace,
            entry,
            credits,
            note = "It was wrong.",
        };

    private async Task<HttpResponseMessage> SendAsync(Somebody admin, string path, object body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1" + path)
        {
            Content = JsonContent.Create(body, body.GetType()),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", admin.Token);
        request.Headers.Add("Idempotency-Key", key ?? $"{Guid.NewGuid()}");
        return await host.Api.Client.SendAsync(request, Cancel);
    }

    private async Task<JsonNode> DoAsync(Somebody admin, string path, object body)
    {
        using var done = await SendAsync(admin, path, body);
        done.StatusCode.ShouldBe(HttpStatusCode.Created, await done.Content.ReadAsStringAsync(Cancel));
        return await done.JsonAsync();
    }

    private async Task<string> OutcomeAsync(Somebody admin, string path, object body)
    {
        using var answer = await SendAsync(admin, path, body);
        return answer.StatusCode == HttpStatusCode.Created ? "201" : await answer.RefusalAsync();
    }

    private async Task<string> RefusalAsync(Somebody admin, string path, object body)
    {
        using var refused = await SendAsync(admin, path, body);
        return await refused.RefusalAsync();
    }

    /// <summary>As a request of the workspace sees them: without a filter, by row security alone.</summary>
    private async Task<List<string>> NotesAsync(Somebody somebody)
    {
        await using var session = Open(somebody);
        return await session.QueryAsync("select note from billing.notes", row => row.GetString(0), Cancel);
    }

    private async Task<string> CapturedAsync(Somebody somebody, int credits)
    {
        var (hold, job) = await HeldAsync(somebody, credits);
        var amount = credits * Credits.Micro;
        await SaveAsync(
            somebody,
            session => Wallets.Capture(session, hold, job, "audiobook", amount, amount, new Delivery(1000))
        );
        return PublicId.Format("hold", hold);
    }

    private async Task<(Guid Hold, Guid Job)> HeldAsync(Somebody somebody, int credits)
    {
        var (hold, job) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await SaveAsync(somebody, session => Wallets.Hold(session, hold, job, 1, credits * Credits.Micro, "p1"));
        return (hold, job);
    }

    private async Task SaveAsync(Somebody somebody, Action<Session> work)
    {
        await using var session = Open(somebody);
        work(session);
        await session.SaveChangesAsync(Cancel);
    }

    private Session Open(Somebody somebody) =>
        host.Api.Store.OpenSession(
            new SessionContext(WorkspacesHost.IdOf(somebody.Workspace), "system", Guid.CreateVersion7())
        );
}
