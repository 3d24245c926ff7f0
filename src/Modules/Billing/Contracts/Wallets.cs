using Lectern.Billing.Caps;
using Lectern.Billing.Ledger;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Npgsql;
using NpgsqlTypes;

namespace Lectern.Billing.Contracts;

/// <summary>
/// What other modules do with the wallet of the session's workspace. The writing calls read nothing: they add blind
/// appends to the caller's unit of work, and the database's constraints decide when it is saved. Call them last, since
/// the wallet is the last lock that a transaction takes.
/// </summary>
public static class Wallets
{
    /// <summary>The constraint that refuses a hold for which the credits don't suffice; answer <see cref="InsufficientCredits"/>.</summary>
    public const string Overdrawn = "wallet_not_overdrawn";

    /// <summary>The constraint that refuses a hold by which an API key would exceed one of its caps.</summary>
    public const string KeyCapReached = "key_cap_not_exceeded";

    /// <summary>The constraint that refuses a hold by which a workspace would exceed one of its caps.</summary>
    public const string WorkspaceCapReached = "workspace_cap_not_exceeded";

    /// <summary>The constraint that refuses a hold while the workspace's billing is stopped.</summary>
    public const string Stopped = "billing_not_stopped";

    /// <summary>The constraint that refuses to end a hold a second time.</summary>
    public const string AlreadyEnded = "hold_ended_once";

    /// <summary>The constraint that refuses to grant for the same cause a second time, in whatever wallet.</summary>
    public const string GrantedOnce = "granted_once";

    /// <summary>The constraint that refuses a refund whose id was used before.</summary>
    public const string RefundedOnce = "refunded_once";

    /// <summary>The constraint that refuses a refund of a hold that the wallet doesn't have, or that is still open.</summary>
    public const string RefundOfACapture = "refund_of_a_capture";

    /// <summary>The constraint that refuses to refund more than was captured.</summary>
    public const string RefundsWithinCapture = "refunds_within_capture";

    /// <summary>The constraint that refuses a correction whose id was used before.</summary>
    public const string CorrectedOnce = "corrected_once";

    /// <summary>The constraint that refuses the correction of an entry that the ledger doesn't have.</summary>
    public const string CorrectionOfAnEntry = "correction_of_an_entry";

    /// <summary>How long a hold lasts at most: a run that takes longer has hung, and its credits are wanted back.</summary>
    public static readonly TimeSpan HoldLife = TimeSpan.FromDays(7);

    /// <summary>Sets credits aside for a run of a job.</summary>
    /// <param name="session">The unit of work; saving it throws a <see cref="ConstraintViolatedException"/> that <see cref="Refuses"/> when the credits or the key's cap don't suffice.</param>
    /// <param name="hold">The new hold's id, made by the caller.</param>
    /// <param name="job">The job.</param>
    /// <param name="run">Which run of the job, from 1; a run has one hold.</param>
    /// <param name="amount">Micro-credits, 0 or more.</param>
    /// <param name="priceVersion">Of the quote: <see cref="Quote.PriceVersion"/>.</param>
    /// <param name="key">The API key that the caller used, if any: the hold counts against its cap until it is released.</param>
    public static void Hold(
        Session session,
        Guid hold,
        Guid job,
        int run,
        long amount,
        string priceVersion,
        CallerKey? key = null
    ) =>
        Append(
            session,
            new CreditsHeld(hold, job, run, amount, priceVersion, key?.Id, key?.CreditCap, (int)HoldLife.TotalSeconds)
        );

    /// <summary>Whether saving failed because a hold was refused; answer <see cref="RefusalAsync"/>.</summary>
    public static bool Refuses(ConstraintViolatedException violated) =>
        violated.Constraint is Overdrawn or KeyCapReached or WorkspaceCapReached or Stopped;

    /// <summary>402 (or 503, while billing is stopped) for a hold that was refused, with what is there and what was needed.</summary>
    /// <param name="session">Sees the workspace's wallet; not the unit of work that failed.</param>
    /// <param name="violated">How it was refused.</param>
    /// <param name="needed">Micro-credits of the hold.</param>
    /// <param name="key">The API key that the caller used, if any.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<Problem> RefusalAsync(
        Session session,
        ConstraintViolatedException violated,
        long needed,
        CallerKey? key,
        CancellationToken cancel
    ) =>
        violated.Constraint switch
        {
            Stopped => BillingProblems.Stopped.With(
                "An audit found that the workspace's books don't add up. Nothing was charged for this request."
            ),
            KeyCapReached => CapProblem(
                BillingProblems.KeyCapReached,
                "the API key",
                needed,
                await SpendingCaps.OfKeyAsync(session, key!.Id, key.CreditCap, cancel)
            ),
            WorkspaceCapReached => CapProblem(
                BillingProblems.WorkspaceCapReached,
                "the workspace",
                needed,
                await SpendingCaps.OfWorkspaceAsync(session, cancel)
            ),
            _ => InsufficientCredits(needed, (await BalanceAsync(session, cancel)).Available),
        };

    /// <summary>Ends a hold with a delivery: spends <paramref name="captured"/> and frees the rest.</summary>
    /// <param name="session">The unit of work.</param>
    /// <param name="hold">The hold.</param>
    /// <param name="job">The job that it was placed for.</param>
    /// <param name="kind">The job's kind, which spending is reported by.</param>
    /// <param name="held">The amount that it was placed with.</param>
    /// <param name="captured">Micro-credits, from 0 to <paramref name="held"/>; see <see cref="Quote.ShareOf"/>.</param>
    /// <param name="delivered">What it is paid for.</param>
    public static void Capture(
        Session session,
        Guid hold,
        Guid job,
        string kind,
        long held,
        long captured,
        Delivery delivered
    ) => Append(session, new CreditsDeducted(hold, job, kind, held, captured, delivered));

    /// <summary>Ends a hold with nothing delivered: frees all of it.</summary>
    /// <param name="session">The unit of work.</param>
    /// <param name="hold">The hold.</param>
    /// <param name="job">The job that it was placed for.</param>
    /// <param name="held">The amount that it was placed with.</param>
    /// <param name="reason">A stable code: <c>cancelled</c>, <c>failed</c>.</param>
    public static void Release(Session session, Guid hold, Guid job, long held, string reason) =>
        Append(session, new HoldReleased(hold, job, held, reason));

    /// <summary>The balance of the session's workspace; zero without a wallet.</summary>
    public static async Task<Balance> BalanceAsync(Session session, CancellationToken cancel)
    {
        var rows = await session.QueryAsync(
            "select posted, held from billing.wallets where id = $1",
            row => new Balance(row.GetInt64(0), row.GetInt64(1)),
            cancel,
            Wallet.IdOf(session.Context.Workspace)
        );
        return rows.FirstOrDefault() ?? new Balance(0, 0);
    }

    /// <summary>The holds that have not ended, in the session's sight: of every workspace for a worker session.</summary>
    /// <param name="session">Who looks.</param>
    /// <param name="workspaces">Only theirs; null for all.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<IReadOnlyList<OpenHold>> OpenHoldsAsync(
        Session session,
        Guid[]? workspaces,
        CancellationToken cancel
    ) =>
        await session.QueryAsync(
            """
            select hold_id, workspace_id, job_id, run, amount, held_at from billing.open_holds
            where $1::uuid[] is null or workspace_id = any($1) order by hold_id
            """,
            OpenHold.Read,
            cancel,
            new Typed(workspaces, NpgsqlDbType.Array | NpgsqlDbType.Uuid)
        );

    /// <summary>How the holds of a job's runs ended, in the session's sight.</summary>
    public static async Task<IReadOnlyList<EndedHold>> EndedHoldsAsync(
        Session session,
        Guid job,
        CancellationToken cancel
    ) =>
        await session.QueryAsync(
            """
            select h.id, h.run, e.captured from billing.holds h join billing.hold_ends e on e.hold_id = h.id
            where h.job_id = $1 order by h.run
            """,
            row => new EndedHold(row.GetGuid(0), row.GetInt32(1), row.GetInt64(2)),
            cancel,
            job
        );

    /// <summary>402: what is needed is more than what is available. Members: <c>needed</c>, <c>available</c>, <c>missing</c>, in credits.</summary>
    /// <param name="needed">Micro-credits.</param>
    /// <param name="available">Micro-credits.</param>
    public static Problem InsufficientCredits(long needed, long available)
    {
        // Credits that were freed between the refusal and the look at the balance don't turn the answer into nonsense.
        var missing = Math.Max(0, needed - available);
        return BillingProblems.InsufficientCredits.With(
            $"This needs {Credits.Format(needed)} credits, and {Credits.Format(available)} are available."
        ) with
        {
            Extensions = new Dictionary<string, object?>
            {
                ["needed"] = Credits.Format(needed),
                ["available"] = Credits.Format(available),
                ["missing"] = Credits.Format(missing),
            },
        };
    }

    /// <summary>
    /// 402: a cap is reached. Members: <c>needed</c>, <c>used</c>, <c>cap</c>, in credits, and the cap's <c>period</c>.
    /// </summary>
    private static Problem CapProblem(ProblemType type, string who, long needed, IReadOnlyList<CapUse> uses)
    {
        // Which cap refused isn't known; if none would any more, a hold was released meanwhile, and the tightest is told.
        if (uses.Where(use => use.Cap is not null).MinBy(use => use.Cap!.Value - use.Used) is not { } cap)
            return type.With($"This needs {Credits.Format(needed)} credits, more than {who} might spend a moment ago.");
        return type.With(
            $"This needs {Credits.Format(needed)} credits; {who} has used {Credits.Format(cap.Used)} of the {Credits.Format(cap.Cap!.Value)} that it may spend {cap.In}."
        ) with
        {
            Extensions = new Dictionary<string, object?>
            {
                ["needed"] = Credits.Format(needed),
                ["used"] = Credits.Format(cap.Used),
                ["cap"] = Credits.Format(cap.Cap.Value),
                ["period"] = cap.Period,
            },
        };
    }

    internal static void Open(Session session) =>
        session.StartStream<Wallet>(Wallet.IdOf(session.Context.Workspace), new WalletOpened());

    internal static void Grant(
        Session session,
        Guid grant,
        long amount,
        string reason,
        DateTimeOffset? expiresAt = null
    ) => Append(session, new CreditsGranted(grant, amount, reason, ToMicroseconds(expiresAt)));

    internal static void Refund(Session session, Guid refund, Guid hold, long amount, string reason) =>
        Append(session, new CreditsRefunded(refund, hold, amount, reason));

    internal static void Correct(Session session, Guid correction, int entry, long amount, string reason) =>
        Append(session, new CreditsCorrected(correction, entry, amount, reason));

    // The database knows no smaller ones, and the event must say what its rows do.
    private static DateTimeOffset? ToMicroseconds(DateTimeOffset? at) =>
        at?.AddTicks(-(at.Value.Ticks % TimeSpan.TicksPerMicrosecond));

    private static void Append(Session session, object e) =>
        session.Append<Wallet>(Wallet.IdOf(session.Context.Workspace), e);
}

/// <summary>What a wallet has, in micro-credits.</summary>
/// <param name="Posted">Granted and not spent.</param>
/// <param name="Held">The part of it that is set aside for running jobs.</param>
public sealed record Balance(long Posted, long Held)
{
    /// <summary>What a new job can use.</summary>
    public long Available => Posted - Held;
}

/// <summary>A hold that has not ended.</summary>
/// <param name="Hold">Its id.</param>
/// <param name="Workspace">Whose credits.</param>
/// <param name="Job">For which job.</param>
/// <param name="Run">For which run of it.</param>
/// <param name="Amount">Micro-credits.</param>
/// <param name="HeldAt">Since when.</param>
public sealed record OpenHold(Guid Hold, Guid Workspace, Guid Job, int Run, long Amount, DateTimeOffset HeldAt)
{
    internal static OpenHold Read(NpgsqlDataReader row) =>
        new(
            row.GetGuid(0),
            row.GetGuid(1),
            row.GetGuid(2),
            row.GetInt32(3),
            row.GetInt64(4),
            row.GetFieldValue<DateTimeOffset>(5)
        );
}

/// <summary>A hold that has ended.</summary>
/// <param name="Hold">Its id.</param>
/// <param name="Run">For which run of the job it was placed.</param>
/// <param name="Captured">Micro-credits that were spent of it.</param>
public sealed record EndedHold(Guid Hold, int Run, long Captured);
