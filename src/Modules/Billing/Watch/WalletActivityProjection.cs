using Lectern.Billing.Contracts;
using Lectern.Eventing;

namespace Lectern.Billing.Watch;

/// <summary>Up to where in the log each wallet has moved, so that the watch finds those that moved since its last look.</summary>
internal sealed class WalletActivityProjection : AsyncProjection
{
    public override string Name => "billing.wallet_activity";

    public override string Ddl =>
        """
            create table wallet_activity (
                wallet_id  uuid   primary key,
                seq        bigint not null
            );
            create index on wallet_activity (seq);
            alter table wallet_activity enable row level security, force row level security;
            create policy worker on wallet_activity to lectern_worker using (true);
            grant select, insert, update on wallet_activity to lectern_worker;
            """;

    public override IReadOnlyList<Type> Events =>
        [
            typeof(WalletOpened),
            typeof(CreditsGranted),
            typeof(CreditsHeld),
            typeof(CreditsDeducted),
            typeof(HoldReleased),
            typeof(CreditsExpired),
            typeof(CreditsRefunded),
            typeof(CreditsCorrected),
            typeof(BillingResumed),
        ];

    public override void Apply(IReadOnlyList<StoredEvent> events, SqlStatements sql)
    {
        var last = events
            .GroupBy(stored => stored.Stream)
            .Select(wallet => (wallet.Key, wallet.Max(e => e.Seq)))
            .ToList();
        sql.Add(
            """
            insert into wallet_activity as a (wallet_id, seq) select * from unnest($1::uuid[], $2::bigint[])
            on conflict (wallet_id) do update set seq = greatest(a.seq, excluded.seq)
            """,
            last.Select(wallet => wallet.Key).ToArray(),
            last.Select(wallet => wallet.Item2).ToArray()
        );
    }
}
