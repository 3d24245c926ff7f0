using Lectern.Accounts.Contracts;
using Lectern.Billing.Audit;
using Lectern.Billing.Contracts;
using Lectern.Billing.Ledger;
using Lectern.Billing.Pricing;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lectern.Billing.Watch;

/// <summary>
/// Once a minute: ends holds and takes away credits whose time has come, tells of wallets that ran low, and audits the
/// wallets that moved since the last time. Every host does it; what two of them do at once, a constraint lets happen once.
/// </summary>
internal sealed partial class WalletWatch(
    EventStore store,
    IEnumerable<IWhenHoldExpires> holders,
    IEnumerable<IWalletCheck> checks,
    IOptions<BillingSettings> settings,
    TimeProvider time,
    ILogger<WalletWatch> log
) : PeriodicWork(settings.Value.WatchEvery, time, log)
{
    private const int PageSize = 100;

    /// <summary>A breach must be there twice: two tables of two modules are not read at one moment.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    protected override Task DoAsync(CancellationToken stop) => PassAsync(stop);

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var check in checks.Select(check => check.Name).Append(RowsEqualEvents.CheckName))
            BillingStops.Count(check, 0);
        return base.StartAsync(cancellationToken);
    }

    /// <summary>One round.</summary>
    internal async Task PassAsync(CancellationToken cancel)
    {
        await ExpireHoldsAsync(cancel);
        await ExpireCreditsAsync(cancel);
        await LookAtMovedAsync(cancel);
    }

    private async Task ExpireHoldsAsync(CancellationToken cancel)
    {
        await using var reading = Open(Guid.Empty);
        var last = Guid.Empty;
        while (true)
        {
            var expired = await reading.QueryAsync(
                """
                select hold_id, workspace_id, job_id, run, amount, held_at from billing.open_holds
                where expires_at <= now() and hold_id > $1 order by hold_id limit $2
                """,
                OpenHold.Read,
                cancel,
                last,
                PageSize
            );
            foreach (var hold in expired)
                await TryAsync(hold.Workspace, session => EndAsync(session, hold, cancel), cancel);
            if (expired.Count < PageSize)
                return;
            last = expired[^1].Hold;
        }
    }

    private async Task EndAsync(Session session, OpenHold hold, CancellationToken cancel)
    {
        foreach (var holder in holders)
        {
            if (await holder.EndAsync(session, hold, cancel))
                return;
        }

        Wallets.Release(session, hold.Hold, hold.Job, hold.Amount, "expired");
    }

    /// <summary>
    /// What is held stays until its hold ends: a job that was accepted can be paid, and with what expires first, as if the
    /// hold were captured now.
    /// </summary>
    private async Task ExpireCreditsAsync(CancellationToken cancel)
    {
        await using var reading = Open(Guid.Empty);
        var last = Guid.Empty;
        while (true)
        {
            var expired = await reading.QueryAsync(
                """
                select id, workspace_id from billing.lots
                where expires_at <= now() and remaining > 0 and id > $1 order by id limit $2
                """,
                row => (Id: row.GetGuid(0), Workspace: row.GetGuid(1)),
                cancel,
                last,
                PageSize
            );
            foreach (var lot in expired)
                await TryAsync(lot.Workspace, session => ExpireAsync(session, lot.Id, cancel), cancel);
            if (expired.Count < PageSize)
                return;
            last = expired[^1].Id;
        }
    }

    private static async Task ExpireAsync(Session session, Guid lot, CancellationToken cancel)
    {
        var amounts = await session.QueryAsync(
            """
            select least(l.remaining, l.up_to_here - w.held)
            from (
                select *, sum(remaining) over (partition by wallet_id order by expires_at nulls last, number)::bigint as up_to_here
                from billing.lots where wallet_id = (select wallet_id from billing.lots where id = $1) and remaining > 0) l
            join billing.wallets w on w.id = l.wallet_id
            where l.id = $1
            """,
            row => row.GetInt64(0),
            cancel,
            lot
        );
        if (amounts.SingleOrDefault() is > 0 and var amount)
            session.Append<Wallet>(Wallet.IdOf(session.Context.Workspace), new CreditsExpired(lot, amount));
    }

    private async Task LookAtMovedAsync(CancellationToken cancel)
    {
        while (true)
        {
            await using var session = Open(Guid.Empty);
            var position = (
                await session.QueryAsync("select position from billing.watch", row => row.GetInt64(0), cancel)
            ).Single();
            var moved = await session.QueryAsync(
                "select wallet_id, seq from billing.wallet_activity where seq > $1 order by seq limit $2",
                row => (Wallet: row.GetGuid(0), Seq: row.GetInt64(1)),
                cancel,
                position,
                PageSize
            );
            if (moved.Count == 0)
                return;

            // Up to which event of each wallet the last round has looked.
            var seen = await session.VersionsAtAsync([.. moved.Select(m => m.Wallet)], position, cancel);
            var told = true;
            foreach (var suspect in await FindTwiceAsync(session, seen, cancel))
                told &= await StopAsync(suspect, cancel);
            told &= await TellOfLowBalancesAsync(session, [.. seen.Keys], cancel);
            if (!told)
                return; // the next round looks at the same again

            session.Execute("update billing.watch set position = greatest(position, $1)", moved[^1].Seq);
            await session.SaveChangesAsync(cancel);
        }
    }

    /// <summary>
    /// What two looks find, one for each workspace. The sums of a wallet are of one moment, and their text changes as it
    /// moves; what lies between two modules is read at two moments, so it must be the very same twice.
    /// </summary>
    private async Task<IEnumerable<Suspect>> FindTwiceAsync(
        Session session,
        Dictionary<Guid, int> seen,
        CancellationToken cancel
    )
    {
        var first = await FindAsync(session, seen, cancel);
        if (first.Count == 0)
            return [];
        await Task.Delay(LookAgainAfter, Time, cancel);
        var second = (await FindAsync(session, seen, cancel)).Select(KeyOf).ToHashSet();
        return first.Where(suspect => second.Contains(KeyOf(suspect))).DistinctBy(suspect => suspect.Workspace);

        static (Guid, string, string) KeyOf(Suspect suspect) =>
            (suspect.Workspace, suspect.Check, suspect.Check == RowsEqualEvents.CheckName ? "" : suspect.Breach);
    }

    private async Task<List<Suspect>> FindAsync(Session session, Dictionary<Guid, int> seen, CancellationToken cancel)
    {
        var rows = await WalletBooks.ReadAsync(session, [.. seen.Keys], cancel);
        var suspects = (await WalletBooks.CompareAsync(session, rows, seen, cancel)).ConvertAll(breach => new Suspect(
            breach.Workspace,
            RowsEqualEvents.CheckName,
            breach.Text
        ));
        Guid[] workspaces = [.. rows.Select(row => row.Workspace)];
        foreach (var check in checks)
        {
            foreach (var breach in await check.FindAsync(session, workspaces, cancel))
                suspects.Add(new Suspect(breach.Workspace, check.Name, breach.Text));
        }

        return suspects;
    }

    /// <summary>The alarm: a critical line in the log, a counter, and an entry in the workspace's audit log.</summary>
    private async Task<bool> StopAsync(Suspect suspect, CancellationToken cancel)
    {
        await using var reading = Open(suspect.Workspace);
        var stopped = await reading.QueryAsync(
            "select stopped_at is not null from billing.wallets where id = $1",
            row => row.GetBoolean(0),
            cancel,
            Wallet.IdOf(suspect.Workspace)
        );
        if (stopped is [true])
            return true;
        LogBreach(log, suspect.Workspace, suspect.Check, suspect.Breach);
        BillingStops.Count(suspect.Check, 1);
        return await TryAsync(
            suspect.Workspace,
            session =>
            {
                session.Append<Wallet>(Wallet.IdOf(suspect.Workspace), new BillingStopped(suspect.Check));
                AuditLog.Record(
                    session,
                    suspect.Workspace,
                    "credits.billing_stopped",
                    detail: new() { ["check"] = suspect.Check }
                );
                return Task.CompletedTask;
            },
            cancel
        );
    }

    private async Task<bool> TellOfLowBalancesAsync(Session session, Guid[] wallets, CancellationToken cancel)
    {
        var below = Credits.FromDecimal(settings.Value.LowBalanceCredits);
        var low = await session.QueryAsync(
            """
            select workspace_id, posted - held from billing.wallets w
            where id = any($1) and posted - held < $2 and low_below is null
              and exists (select from billing.lots l where l.wallet_id = w.id) -- an empty wallet didn't run low
            """,
            row => (Workspace: row.GetGuid(0), Available: row.GetInt64(1)),
            cancel,
            wallets,
            below
        );
        var told = true;
        foreach (var (workspace, available) in low)
            told &= await TryAsync(
                workspace,
                writing =>
                {
                    writing.Append<Wallet>(Wallet.IdOf(workspace), new BalanceRanLow(available, below));
                    return Task.CompletedTask;
                },
                cancel
            );
        return told;
    }

    /// <summary>
    /// One unit of work for one workspace; what keeps it from being done keeps nothing else. Answers whether it is done,
    /// here or, as a constraint says, by another host.
    /// </summary>
    private async Task<bool> TryAsync(Guid workspace, Func<Session, Task> work, CancellationToken cancel)
    {
        try
        {
            await using var session = Open(workspace);
            await work(session);
            await session.SaveChangesAsync(cancel);
            return true;
        }
        catch (ConstraintViolatedException)
        {
            return true; // another host or a worker was first, or the credits are held by now
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            LogFailed(log, workspace, e);
            return false;
        }
    }

    private Session Open(Guid workspace) => store.OpenSystemSession(workspace);

    private sealed record Suspect(Guid Workspace, string Check, string Breach);

    [LoggerMessage(LogLevel.Critical, "The books of workspace {Workspace} break {Check}: {Breach}. Its billing stops.")]
    private static partial void LogBreach(ILogger log, Guid workspace, string check, string breach);

    [LoggerMessage(
        LogLevel.Error,
        "The watch over the wallets could not finish with workspace {Workspace}; the next round tries again."
    )]
    private static partial void LogFailed(ILogger log, Guid workspace, Exception error);
}
