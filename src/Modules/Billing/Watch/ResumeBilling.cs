using Lectern.Accounts.Contracts;
using Lectern.Billing.Audit;
using Lectern.Billing.Contracts;
using Lectern.Billing.Ledger;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Watch;

/// <summary>Lets a workspace whose billing was stopped start jobs again, after another audit.</summary>
/// <param name="Workspace">The workspace's id.</param>
internal sealed record ResumeBilling(string Workspace);

/// <summary><c>POST /admin/credits/resume</c>.</summary>
internal static class ResumeBillingEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/admin/credits/resume", HandleAsync)
            .WithName("ResumeBilling")
            .WithTags("admin")
            .WithSummary("Let a workspace whose billing was stopped start jobs again")
            .WithDescription("Audits all of its books first; what doesn't add up is told, and billing stays stopped.")
            .ForPlatformAdmins()
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(BillingProblems.UnknownWorkspace, BillingProblems.StillBroken)
            .WithExample(new ResumeBilling("workspace_01h455vb4pex5vsknk084sn02q"));

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        ResumeBilling command,
        HttpContext http,
        Caller caller,
        EventStore store,
        IEnumerable<IWalletCheck> checks,
        CancellationToken cancel
    )
    {
        await using var reading = store.OpenWorkerSession(caller);
        if (await LivingWorkspaces.FindAsync(reading, command.Workspace, cancel) is not { } workspace)
            return BillingProblems.UnknownWorkspace.With("There is no such workspace.").AsResult();
        await using var session = store.OpenWorkerSession(
            new SessionContext(workspace, CallerSessions.ActorOf(caller.Person), CallerSessions.RequestCorrelation())
        );
        Guid[] wallets = [Wallet.IdOf(workspace)];
        var rows = await WalletBooks.ReadAsync(session, wallets, cancel);
        if (rows.Count == 0)
            return BillingProblems.UnknownWorkspace.With("There is no such workspace.").AsResult();

        var books = await WalletBooks.CompareAsync(session, rows, WalletBooks.FromTheBeginning, cancel);
        var breaches = books.ConvertAll(breach => breach.Text);
        foreach (var (_, sql) in RowsAgree.Queries)
            breaches.AddRange(await session.QueryAsync(sql, found => found.GetString(0), cancel, wallets));
        foreach (var check in checks)
        {
            // What lies between two modules is read at two moments; what both of two looks find is so.
            var first = await check.FindAsync(session, [workspace], cancel);
            if (first.Count > 0)
                breaches.AddRange(
                    first.Intersect(await check.FindAsync(session, [workspace], cancel)).Select(breach => breach.Text)
                );
        }

        if (breaches.Count > 0)
            return (
                BillingProblems.StillBroken.With("An audit still finds that the books don't add up.") with
                {
                    Extensions = new Dictionary<string, object?> { ["breaches"] = breaches.Take(20).ToList() },
                }
            ).AsResult();

        session.Append<Wallet>(wallets[0], new BillingResumed());
        AuditLog.Record(
            session,
            workspace,
            "credits.billing_resumed",
            address: http.Connection.RemoteIpAddress?.ToString()
        );
        await session.SaveChangesAsync(cancel);
        return TypedResults.NoContent();
    }
}
