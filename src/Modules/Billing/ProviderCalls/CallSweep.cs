using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lectern.Billing.ProviderCalls;

/// <summary>
/// Makes calls <c>unknown</c> that nobody came to record the outcome of, since their host died: the provider may have
/// done the work and bill for it. By the database's clock; when two hosts sweep at once, the key lets one be first.
/// </summary>
internal sealed partial class CallSweep(
    EventStore store,
    IOptions<ProviderCallSettings> settings,
    TimeProvider time,
    ILogger<CallSweep> log
) : PeriodicWork(Every, time, log, atStart: true)
{
    internal static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>No statement looks at more than a day of calls, however long nobody swept.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromDays(1);

    protected override async Task DoAsync(CancellationToken stop)
    {
        if (await SweepAsync(stop) is > 0 and var calls)
            LogUnknown(log, calls);
    }

    /// <summary>One sweep; answers how many calls became unknown.</summary>
    internal async Task<long> SweepAsync(CancellationToken cancel)
    {
        await using var session = store.OpenSystemSession();
        var range = await session.QueryAsync(
            """
            select greatest(until, coalesce((select min(started_at) from billing.provider_calls), now())), now() - $1
            from billing.provider_calls_swept
            """,
            row => (From: row.GetFieldValue<DateTimeOffset>(0), Until: row.GetFieldValue<DateTimeOffset>(1)),
            cancel,
            settings.Value.UnknownAfter
        );
        var (from, until) = range.Single();
        var unknown = 0L;
        while (from < until)
        {
            var to = until - from < Step ? until : from + Step;
            unknown += await SweepAsync(session, from, to, cancel);
            from = to;
        }

        return unknown;
    }

    private static async Task<long> SweepAsync(
        Session session,
        DateTimeOffset from,
        DateTimeOffset to,
        CancellationToken cancel
    )
    {
        var ended = await session.QueryAsync(
            """
            with swept as (
                update billing.provider_calls_swept set until = greatest(until, $2)),
            ended as (
                insert into billing.provider_call_ends (call_id, outcome, units)
                select id, 'unknown', units from billing.provider_calls c
                where started_at >= $1 and started_at < $2
                  and not exists (select from billing.provider_call_ends e where e.call_id = c.id)
                on conflict do nothing returning 1)
            select count(*) from ended
            """,
            row => row.GetInt64(0),
            cancel,
            from,
            to
        );
        return ended.Single();
    }

    [LoggerMessage(
        LogLevel.Warning,
        "{Calls} provider calls have no outcome; what they cost counts as possibly spent."
    )]
    private static partial void LogUnknown(ILogger log, long calls);
}
