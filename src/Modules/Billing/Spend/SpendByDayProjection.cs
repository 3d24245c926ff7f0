using System.Runtime.InteropServices;
using Lectern.Billing.Contracts;
using Lectern.Eventing;

namespace Lectern.Billing.Spend;

/// <summary>
/// Credits captured for each workspace, UTC day, kind of job and provider: what margins are reckoned from, for platform
/// administrators. What a workspace is told about its spending is Activity's, which knows the jobs, too.
/// </summary>
internal sealed class SpendByDayProjection : AsyncProjection
{
    public override string Name => "billing.spend_by_day";

    public override int Version => 3;

    public override string Ddl =>
        """
            create table spend_by_day (
                workspace_id   uuid    not null,
                day            date    not null,
                kind           text    not null,
                provider       text    not null, -- empty where the event doesn't say: the older ones
                micro_credits  bigint  not null,
                runs           bigint  not null,
                primary key (workspace_id, day, kind, provider)
            );
            alter table spend_by_day enable row level security, force row level security;
            create policy worker on spend_by_day to lectern_worker using (true);
            grant select, insert, update on spend_by_day to lectern_worker;
            """;

    public override IReadOnlyList<Type> Events => [typeof(CreditsDeducted)];

    // Summed here first: a batch of thousands of events becomes one statement with a row for each day that it touches.
    public override void Apply(IReadOnlyList<StoredEvent> events, SqlStatements sql)
    {
        var days = new Dictionary<Key, (long MicroCredits, long Runs)>();
        foreach (var stored in events)
        {
            var deducted = (CreditsDeducted)stored.Data;
            var day = DateOnly.FromDateTime(stored.At!.Value.UtcDateTime);
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(
                days,
                new Key(stored.Workspace, day, deducted.Kind, deducted.Delivered.Provider ?? ""),
                out _
            );
            sum = (sum.MicroCredits + deducted.Captured, sum.Runs + 1);
        }

        sql.Add(
            """
            insert into spend_by_day as s (workspace_id, day, kind, provider, micro_credits, runs)
            select * from unnest($1::uuid[], $2::date[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
            on conflict (workspace_id, day, kind, provider)
            do update set micro_credits = s.micro_credits + excluded.micro_credits, runs = s.runs + excluded.runs
            """,
            days.Keys.Select(key => key.Workspace).ToArray(),
            days.Keys.Select(key => key.Day).ToArray(),
            days.Keys.Select(key => key.Kind).ToArray(),
            days.Keys.Select(key => key.Provider).ToArray(),
            days.Values.Select(sum => sum.MicroCredits).ToArray(),
            days.Values.Select(sum => sum.Runs).ToArray()
        );
    }

    private readonly record struct Key(Guid Workspace, DateOnly Day, string Kind, string Provider);
}
