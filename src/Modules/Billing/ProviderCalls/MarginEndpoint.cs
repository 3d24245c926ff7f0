using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Lectern.Billing.ProviderCalls;

/// <summary><c>GET /admin/credits/margin</c>.</summary>
internal static class MarginEndpoint
{
    /// <summary>A month: every call of it is looked at, in one statement.</summary>
    private const int MaxDays = 31;

    private static readonly MarginLine ExampleLine = new(
        null,
        "flite",
        new CallCounts(2_000, 3, 1, 0),
        [new UnitCount("speech", "character", 460_000, 230)],
        "0",
        "0",
        "9.2",
        "0.92",
        "0.92",
        "0.92"
    );

    private static readonly MarginView Example = new(
        new DateOnly(2026, 10, 1),
        new DateOnly(2026, 10, 30),
        "USD",
        "0.1",
        ExampleLine with
        {
            Provider = null,
        },
        [ExampleLine],
        [ExampleLine with { Day = new DateOnly(2026, 10, 7) }]
    );

    private static readonly string[] Columns =
    [
        "day",
        "provider",
        "callsSucceeded",
        "callsFailed",
        "callsUnknown",
        "callsOpen",
        "units",
        "unitsPossiblySpent",
        "currency",
        "cost",
        "possiblySpent",
        "credits",
        "value",
        "margin",
        "marginAtLeast",
    ];

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/admin/credits/margin", HandleAsync)
            .WithName("GetMargin")
            .WithTags("admin")
            .WithSummary("What providers cost, against what was earned with them")
            .WithDescription(
                "Days are UTC and written 2026-10-07; by default the last 30, at most 31. format=csv gives the days as a "
                    + "CSV file, a line for each provider. Costs are configured: Lectern:Billing:ProviderCosts."
            )
            .ForPlatformAdmins()
            .Produces<MarginView>()
            .WithProblems(CommonProblems.InvalidValues)
            .WithExample(response: Example);

    private static async Task<IResult> HandleAsync(
        string? from,
        string? to,
        string? format,
        Caller caller,
        EventStore store,
        IOptions<ProviderCallSettings> settings,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        if (format is not (null or "json" or "csv"))
            return CommonProblems
                .InvalidValues.With("The format doesn't fit.", new FieldError("format", "must be json or csv"))
                .AsResult();
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var (first, last, fault) = DayRange.Read(from, to, today, MaxDays);
        if (fault is not null)
            return CommonProblems.InvalidValues.With("The days don't fit.", fault).AsResult();
        await using var session = store.OpenWorkerSession(caller);
        var view = Margins.Of(
            first,
            last,
            await CallsAsync(session, first, last, cancel),
            await CapturesAsync(session, first, last, cancel),
            settings.Value
        );
        return format == "csv"
            ? new CsvResult(
                $"margin-{first:yyyy-MM-dd}-{last:yyyy-MM-dd}.csv",
                Columns,
                view.Days.Select(line => FieldsOf(view, line)).ToAsyncEnumerable()
            )
            : TypedResults.Ok(view);
    }

    private static Task<List<CallSum>> CallsAsync(
        Session session,
        DateOnly first,
        DateOnly last,
        CancellationToken cancel
    ) =>
        session.QueryAsync(
            $"""
            select (c.started_at at time zone 'utc')::date, c.provider, c.ability, c.unit,
                   coalesce(e.outcome, '{CallSum.Open}'), count(*), sum(case when c.on_own_account then 0 else coalesce(e.units, c.units) end)::bigint
            from billing.provider_calls c
            -- looked up one by one (offset 0), so that it takes as long as the range, and not as all ends there are
            left join lateral (
                select outcome, units from billing.provider_call_ends where call_id = c.id offset 0) e on true
            where c.started_at >= $1::timestamp at time zone 'utc'
              and c.started_at < ($2::date + 1)::timestamp at time zone 'utc'
            group by 1, 2, 3, 4, 5
            """,
            row => new CallSum(
                row.GetFieldValue<DateOnly>(0),
                row.GetString(1),
                row.GetString(2),
                row.GetString(3),
                row.GetString(4),
                row.GetInt64(5),
                row.GetInt64(6)
            ),
            cancel,
            first.ToDateTime(TimeOnly.MinValue),
            last
        );

    private static Task<List<CaptureSum>> CapturesAsync(
        Session session,
        DateOnly first,
        DateOnly last,
        CancellationToken cancel
    ) =>
        session.QueryAsync(
            """
            select day, provider, sum(micro_credits)::bigint from billing.spend_by_day
            where day between $1 and $2 group by day, provider
            """,
            row => new CaptureSum(row.GetFieldValue<DateOnly>(0), row.GetString(1), row.GetInt64(2)),
            cancel,
            first,
            last
        );

    private static string?[] FieldsOf(MarginView view, MarginLine line) =>
        [
            $"{line.Day:yyyy-MM-dd}",
            line.Provider,
            $"{line.Calls.Succeeded}",
            $"{line.Calls.Failed}",
            $"{line.Calls.Unknown}",
            $"{line.Calls.Open}",
            string.Join(' ', line.Units.Select(units => $"{units.Ability}:{units.Unit}={units.Spent}")),
            string.Join(' ', line.Units.Select(units => $"{units.Ability}:{units.Unit}={units.PossiblySpent}")),
            view.Currency,
            line.Cost,
            line.PossiblySpent,
            line.Credits,
            line.Value,
            line.Margin,
            line.MarginAtLeast,
        ];
}
