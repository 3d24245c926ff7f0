using Lectern.Billing.Contracts;
using Lectern.Eventing;
using NpgsqlTypes;

namespace Lectern.Billing.Ledger;

/// <summary>
/// Writes what a wallet's stream means: balance, holds and their ends, ledger, lots, caps and what was spent of them. One
/// view in several tables, because the ledger's running balance and the lots are taken from the rows at that point of the
/// stream: they can only be rebuilt together.
/// </summary>
internal sealed class WalletProjection : InlineProjection
{
    public override string Name => "billing.wallets";

    public override Type Stream => typeof(Wallet);

    public override IReadOnlyList<ProjectedTable> Tables =>
        [
            new("billing.wallets", "id", ["id"]),
            new("billing.ledger", "wallet_id", ["number"]),
            new("billing.lots", "wallet_id", ["id"]),
            new("billing.holds", "wallet_id", ["id"]),
            new("billing.hold_ends", "wallet_id", ["hold_id"]),
            new("billing.open_holds", "wallet_id", ["hold_id"]),
            new("billing.refunds", "wallet_id", ["id"]),
            new("billing.caps", "wallet_id", ["api_key"]),
            new("billing.spending", "wallet_id", ["api_key", "period", "starts"]),
        ];

    public override void Apply(StoredEvent stored, SqlStatements sql)
    {
        switch (stored.Data)
        {
            case WalletOpened:
                sql.Add(
                    """
                    insert into billing.wallets (id, workspace_id, posted, held, version, opened_at)
                    values ($1, $2, 0, 0, 1, coalesce($3, now()))
                    """,
                    stored.Stream,
                    stored.Workspace,
                    stored.At
                );
                break;
            case CreditsGranted granted:
                Move(stored, sql, "granted", granted.Amount, 0, cause: granted.Grant, reason: granted.Reason);
                AddLot(stored, sql, granted.Grant, granted.Amount, granted.ExpiresAt);
                break;
            case CreditsHeld held:
                Place(stored, sql, held);
                Use(stored, sql, held);
                Move(stored, sql, "held", 0, held.Amount, hold: held.Hold, job: held.Job);
                break;
            case CreditsDeducted deducted:
                End(
                    stored,
                    sql,
                    "captured",
                    deducted.Hold,
                    deducted.Job,
                    deducted.Held,
                    deducted.Captured,
                    deducted.Kind
                );
                Spend(stored, sql, deducted.Captured);
                break;
            case HoldReleased released:
                End(stored, sql, "released", released.Hold, released.Job, released.Amount, 0, released.Reason);
                break;
            case CreditsExpired expired:
                Move(stored, sql, "expired", -expired.Amount, 0, cause: expired.Lot);
                sql.Add(
                    "update billing.lots set remaining = remaining - $2 where id = $1",
                    expired.Lot,
                    expired.Amount
                );
                break;
            case CreditsRefunded refunded:
                Refund(stored, sql, refunded);
                AddLot(stored, sql, refunded.Refund, refunded.Amount, expiresAt: null);
                break;
            case CreditsCorrected corrected:
                Move(
                    stored,
                    sql,
                    "corrected",
                    corrected.Amount,
                    0,
                    cause: corrected.Correction,
                    reason: corrected.Reason,
                    corrects: corrected.Entry
                );
                if (corrected.Amount > 0)
                    AddLot(stored, sql, corrected.Correction, corrected.Amount, expiresAt: null, like: corrected.Entry);
                else
                    Spend(stored, sql, -corrected.Amount, first: corrected.Entry);
                break;
            case SpendingCapsSet caps:
                sql.Add(
                    """
                    insert into billing.caps (wallet_id, workspace_id, api_key, daily, monthly) values ($1, $2, $3, $4, $5)
                    on conflict (wallet_id, api_key) do update set daily = excluded.daily, monthly = excluded.monthly
                    """,
                    stored.Stream,
                    stored.Workspace,
                    caps.ApiKey ?? Guid.Empty,
                    new Typed(caps.Daily, NpgsqlDbType.Bigint),
                    new Typed(caps.Monthly, NpgsqlDbType.Bigint)
                );
                Note(stored, sql, "");
                break;
            case BalanceRanLow low:
                Note(stored, sql, ", low_below = case when low_below is null then $2 else -1 end", low.Below);
                break;
            case BillingStopped:
                Note(
                    stored,
                    sql,
                    ", stopped_at = coalesce(stopped_at, $2, now())",
                    new Typed(stored.At, NpgsqlDbType.TimestampTz)
                );
                break;
            case BillingResumed:
                Note(stored, sql, ", stopped_at = null");
                break;
        }
    }

    private static void Place(StoredEvent stored, SqlStatements sql, CreditsHeld held) =>
        sql.Add(
            """
            with hold as (
                insert into billing.holds
                    (id, wallet_id, workspace_id, job_id, run, amount, price_version, held_at, api_key, expires_at, billing_stopped)
                values ($1, $2, $10, $3, $4, $5, $6, coalesce($7, now()), $8, coalesce($7, now()) + make_interval(secs => $9),
                    (select count(stopped_at) > 0 from billing.wallets where id = $2))
                returning *)
            insert into billing.open_holds (hold_id, wallet_id, workspace_id, job_id, run, amount, held_at, expires_at)
            select id, wallet_id, workspace_id, job_id, run, amount, held_at, expires_at from hold
            """,
            held.Hold,
            stored.Stream,
            held.Job,
            held.Run,
            held.Amount,
            held.PriceVersion,
            new Typed(stored.At, NpgsqlDbType.TimestampTz),
            Typed.Uuid(held.ApiKey),
            new Typed((double?)held.LifeSeconds, NpgsqlDbType.Double),
            stored.Workspace
        );

    /// <summary>
    /// Counts a hold against the caps of its day and month, the workspace's and its API key's, and against what the key
    /// may spend in all. A hold of nothing is always within them, even when a cap was lowered. These rows are locked only under the wallet's stream, so they add nothing to the order of locks.
    /// </summary>
    private static void Use(StoredEvent stored, SqlStatements sql, CreditsHeld held) =>
        sql.Add(
            """
            insert into billing.spending as s (wallet_id, workspace_id, api_key, period, starts, used, room)
            select $1, $2, k.key, p.period, p.starts, $3,
                case when $3 > 0 then case p.period when 'day' then c.daily when 'month' then c.monthly else k.cap end - $3 end
            from (values ('00000000-0000-0000-0000-000000000000'::uuid, null::bigint), ($4, $5)) k (key, cap)
            cross join (select (coalesce($6, now()) at time zone 'utc')::date as day) d
            cross join lateral (values ('day', d.day), ('month', date_trunc('month', d.day)::date), ('ever', date '1970-01-01')) p (period, starts)
            left join billing.caps c on c.wallet_id = $1 and c.api_key = k.key
            where k.key is not null and (p.period <> 'ever' or k.key = $4) -- only a key has a cap for ever
            on conflict (wallet_id, api_key, period, starts)
            do update set used = s.used + excluded.used, room = case when $3 > 0 then excluded.room - s.used else s.room end
            """,
            stored.Stream,
            stored.Workspace,
            held.Amount,
            Typed.Uuid(held.ApiKey),
            new Typed(held.KeyCap, NpgsqlDbType.Bigint),
            new Typed(stored.At, NpgsqlDbType.TimestampTz)
        );

    // The end comes before the move, so that a second end is refused as what it is and not as a negative balance. What
    // was not captured no longer counts as spent on the day on which it was held.
    private static void End(
        StoredEvent stored,
        SqlStatements sql,
        string kind,
        Guid hold,
        Guid job,
        long amount,
        long captured,
        string reason
    )
    {
        sql.Add(
            """
            with ended as (
                insert into billing.hold_ends
                    (hold_id, wallet_id, workspace_id, job_id, amount, kind, captured, ended_at)
                values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, now()))
                returning hold_id, wallet_id, amount - captured as freed),
            closed as (
                delete from billing.open_holds where hold_id = $1)
            update billing.spending s set used = s.used - e.freed
            from ended e join billing.holds h on h.id = e.hold_id
            cross join lateral (select (h.held_at at time zone 'utc')::date as day) d
            cross join lateral (values ('day', d.day), ('month', date_trunc('month', d.day)::date), ('ever', date '1970-01-01')) p (period, starts)
            where e.freed > 0 and s.wallet_id = e.wallet_id and s.period = p.period and s.starts = p.starts
              and s.api_key in ('00000000-0000-0000-0000-000000000000', h.api_key)
            """,
            hold,
            stored.Stream,
            stored.Workspace,
            job,
            amount,
            kind,
            captured,
            stored.At
        );
        Move(stored, sql, kind, -captured, -amount, hold: hold, job: job, reason: reason);
    }

    private static void Refund(StoredEvent stored, SqlStatements sql, CreditsRefunded refunded)
    {
        sql.Add(
            "insert into billing.refunds (id, hold_id, wallet_id, workspace_id, amount) values ($1, $2, $3, $4, $5)",
            refunded.Refund,
            refunded.Hold,
            stored.Stream,
            stored.Workspace,
            refunded.Amount
        );
        sql.Add(
            "update billing.hold_ends set refunded = refunded + $2 where hold_id = $1",
            refunded.Hold,
            refunded.Amount
        );
        Move(
            stored,
            sql,
            "refunded",
            refunded.Amount,
            0,
            cause: refunded.Refund,
            hold: refunded.Hold,
            reason: refunded.Reason
        );
    }

    /// <summary>Adds a lot; one that corrects another lives as long as that.</summary>
    private static void AddLot(
        StoredEvent stored,
        SqlStatements sql,
        Guid lot,
        long amount,
        DateTimeOffset? expiresAt,
        int? like = null
    ) =>
        sql.Add(
            """
            insert into billing.lots (id, wallet_id, workspace_id, number, amount, remaining, expires_at)
            select $2, id, workspace_id, version, $3, $3,
                coalesce($4, (select expires_at from billing.lots where wallet_id = $1 and number = $5))
            from billing.wallets where id = $1
            """,
            stored.Stream,
            lot,
            amount,
            new Typed(expiresAt, NpgsqlDbType.TimestampTz),
            Typed.Int(like)
        );

    /// <summary>Takes an amount from the lots: from the one that a correction is about, then from what expires first.</summary>
    private static void Spend(StoredEvent stored, SqlStatements sql, long amount, int? first = null) =>
        sql.Add(
            """
            update billing.lots l set remaining = l.remaining - least(l.remaining, $2 - u.before)
            from (
                select id, sum(remaining) over (
                    order by number is distinct from $3, expires_at nulls last, number) - remaining as before
                from billing.lots where wallet_id = $1 and remaining > 0) u
            where l.id = u.id and u.before < $2
            """,
            stored.Stream,
            amount,
            Typed.Int(first)
        );

    /// <summary>An event that moves no money: the wallet's version counts it, the ledger has no entry for it.</summary>
    private static void Note(StoredEvent stored, SqlStatements sql, string change, params object?[] values) =>
        sql.Add($"update billing.wallets set version = version + 1{change} where id = $1", [stored.Stream, .. values]);

    private static void Move(
        StoredEvent stored,
        SqlStatements sql,
        string kind,
        long posted,
        long held,
        Guid? cause = null,
        Guid? hold = null,
        Guid? job = null,
        string? reason = null,
        int? corrects = null
    ) =>
        sql.Add(
            """
            with wallet as (
                update billing.wallets
                set posted = posted + $2, held = held + $3, version = version + 1,
                    low_below = case when posted + $2 - held - $3 < low_below then low_below end
                where id = $1 returning *)
            insert into billing.ledger
                (wallet_id, number, workspace_id, kind, posted_change, held_change, posted, held, cause_id, hold_id, job_id, reason, corrects, at)
            select id, version, workspace_id, $4, $2, $3, posted, held, $5::uuid, $6::uuid,
                coalesce($7::uuid, (select job_id from billing.holds where id = $6)), $8::text, $9::int, coalesce($10, now())
            from wallet
            """,
            stored.Stream,
            posted,
            held,
            kind,
            cause,
            hold,
            job,
            reason,
            corrects,
            stored.At
        );
}
