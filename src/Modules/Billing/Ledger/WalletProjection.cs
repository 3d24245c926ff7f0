using Lectern.Billing.Contracts;
using Lectern.Eventing;
using NpgsqlTypes;

namespace Lectern.Billing.Ledger;

/// <summary>
/// Writes a wallet's balance, holds, ledger, and what its API keys have used. One view in five tables, because the ledger's
/// running balance is taken from the wallet's row at that point of the stream: they can only be rebuilt together.
/// </summary>
internal sealed class WalletProjection : InlineProjection
{
    public override string Name => "billing.wallets";

    public override Type Stream => typeof(Wallet);

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
                Move(stored, sql, "granted", granted.Amount, 0, granted.Grant, null, null, granted.Reason);
                break;
            case CreditsHeld held:
                if (held.ApiKey is { } key)
                    Use(stored, sql, key, held.KeyCap, held.Amount);
                sql.Add(
                    """
                    insert into billing.holds
                        (id, wallet_id, workspace_id, job_id, run, amount, price_version, held_at, api_key)
                    values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, now()), $9)
                    """,
                    held.Hold,
                    stored.Stream,
                    stored.Workspace,
                    held.Job,
                    held.Run,
                    held.Amount,
                    held.PriceVersion,
                    stored.At,
                    Typed.Uuid(held.ApiKey)
                );
                Move(stored, sql, "held", 0, held.Amount, null, held.Hold, held.Job, null);
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
                break;
            case HoldReleased released:
                End(stored, sql, "released", released.Hold, released.Job, released.Amount, 0, released.Reason);
                break;
        }
    }

    public override void Clear(Guid stream, SqlStatements sql)
    {
        sql.Add("delete from billing.hold_ends where wallet_id = $1", stream);
        sql.Add("delete from billing.holds where wallet_id = $1", stream);
        sql.Add("delete from billing.ledger where wallet_id = $1", stream);
        sql.Add("delete from billing.key_spending where wallet_id = $1", stream);
        sql.Add("delete from billing.wallets where id = $1", stream);
    }

    // The key's row is locked only under the wallet's stream, so it adds nothing to the order of locks.
    private static void Use(StoredEvent stored, SqlStatements sql, Guid key, long? cap, long amount) =>
        sql.Add(
            """
            insert into billing.key_spending as k (key_id, wallet_id, workspace_id, cap, used)
            values ($1, $2, $3, $4, $5) on conflict (key_id) do update set used = k.used + excluded.used
            """,
            key,
            stored.Stream,
            stored.Workspace,
            new Typed(cap, NpgsqlDbType.Bigint),
            amount
        );

    // The end comes before the move, so that a second end is refused as what it is and not as a negative balance. What
    // was not captured is the key's again that placed the hold, if one did.
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
                returning hold_id, amount - captured as freed)
            update billing.key_spending k set used = k.used - e.freed
            from ended e join billing.holds h on h.id = e.hold_id
            where k.key_id = h.api_key and e.freed > 0
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
        Move(stored, sql, kind, -captured, -amount, null, hold, job, reason);
    }

    private static void Move(
        StoredEvent stored,
        SqlStatements sql,
        string kind,
        long posted,
        long held,
        Guid? grant,
        Guid? hold,
        Guid? job,
        string? reason
    ) =>
        sql.Add(
            """
            with wallet as (
                update billing.wallets set posted = posted + $2, held = held + $3, version = version + 1
                where id = $1 returning *)
            insert into billing.ledger
                (wallet_id, number, workspace_id, kind, posted_change, held_change, posted, held, grant_id, hold_id, job_id, reason, at)
            select id, version, workspace_id, $4, $2, $3, posted, held, $5::uuid, $6::uuid, $7::uuid, $8::text, coalesce($9, now())
            from wallet
            """,
            stored.Stream,
            posted,
            held,
            kind,
            grant,
            hold,
            job,
            reason,
            stored.At
        );
}
