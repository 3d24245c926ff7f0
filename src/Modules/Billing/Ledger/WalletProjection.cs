using Lectern.Billing.Contracts;
using Lectern.Eventing;

namespace Lectern.Billing.Ledger;

/// <summary>
/// Writes a wallet's balance, holds and ledger. One view in four tables, because the ledger's running balance is taken
/// from the wallet's row at that point of the stream: they can only be rebuilt together.
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
                sql.Add(
                    """
                    insert into billing.holds (id, wallet_id, workspace_id, job_id, run, amount, price_version, held_at)
                    values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, now()))
                    """,
                    held.Hold,
                    stored.Stream,
                    stored.Workspace,
                    held.Job,
                    held.Run,
                    held.Amount,
                    held.PriceVersion,
                    stored.At
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
        sql.Add("delete from billing.wallets where id = $1", stream);
    }

    // The end comes before the move, so that a second end is refused as what it is and not as a negative balance.
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
            insert into billing.hold_ends (hold_id, wallet_id, workspace_id, job_id, amount, kind, captured, ended_at)
            values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, now()))
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
