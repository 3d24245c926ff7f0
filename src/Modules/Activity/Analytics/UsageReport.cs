using Lectern.Eventing;

namespace Lectern.Activity.Analytics;

/// <summary>Sums for periods and values: one of each pair, also where nothing happened.</summary>
/// <param name="Total">Of all days, undivided.</param>
/// <param name="Undivided">Of each period, in order.</param>
/// <param name="Lines">In the periods' order, and in a period by the value, those with most first and the others last.</param>
internal sealed record UsageReport(UsageSums Total, IReadOnlyList<UsageLine> Undivided, IReadOnlyList<UsageLine> Lines)
{
    private static readonly string Sums = string.Join(
        ", ",
        UsageSums.Columns.Select(column => $"sum(u.{column})::bigint")
    );

    /// <summary>Reads it, all of one moment.</summary>
    /// <param name="session">Who reads; a worker's session for the platform.</param>
    /// <param name="workspace">Whose figures; nil for the platform's.</param>
    /// <param name="request">What is wanted.</param>
    /// <param name="rank">Of which measures those values have most that are told each.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<UsageReport> ReadAsync(
        Session session,
        Guid workspace,
        AnalyticsRequest request,
        Measure[] rank,
        CancellationToken cancel
    )
    {
        object[] all = [workspace, request.From, request.To];
        var rows = await session.QueryAsync(
            Sql(request, rank),
            row => new Row(
                row.GetFieldValue<DateOnly>(0),
                row.GetInt64(1),
                row.GetString(2),
                UsageSums.Read(row, from: 3)
            ),
            cancel,
            request.By == Dimension.All
                ? all
                : [.. all, request.By.Name, request.Value is null ? request.Top : request.Value]
        );
        var periods = Period.Of(request.Every, request.From, request.To);
        var byPeriod = rows.Where(row => row.Place == 0).ToDictionary(row => row.From, row => row.Sums);
        var undivided = periods.ConvertAll(period => new UsageLine(period, null, SumsOf(byPeriod, period.From)));
        var total = new UsageSums();
        foreach (var line in undivided)
            total.Add(line.Sums);
        return new UsageReport(
            total,
            undivided,
            request.By == Dimension.All ? undivided : [.. Divide(request, periods, undivided, rows)]
        );
    }

    /// <summary>The others are what is left of all; nothing is said of them when that is nothing.</summary>
    private static List<UsageLine> Divide(
        AnalyticsRequest request,
        List<Period> periods,
        List<UsageLine> undivided,
        List<Row> rows
    )
    {
        var values = rows.Where(row => row.Place > 0)
            .GroupBy(row => (row.Place, row.Value))
            .OrderBy(value => value.Key.Place)
            .Select(value => (value.Key.Value, ByPeriod: value.ToDictionary(row => row.From, row => row.Sums)))
            .ToList();
        if (request.Value is not null && values.Count == 0)
            values.Add((request.Value, []));
        var others = periods.ConvertAll(_ => new UsageSums());
        if (request.Value is null)
            for (var i = 0; i < periods.Count; i++)
            {
                others[i].Add(request.By == Dimension.Failure ? undivided[i].Sums.OfFailures : undivided[i].Sums);
                foreach (var (_, sums) in values)
                    others[i].Add(SumsOf(sums, periods[i].From), -1);
            }

        var hasOthers = others.Exists(sums => !sums.IsZero);
        var lines = new List<UsageLine>(periods.Count * (values.Count + 1));
        for (var i = 0; i < periods.Count; i++)
        {
            foreach (var (value, sums) in values)
                lines.Add(new UsageLine(periods[i], request.By.Tell(value), SumsOf(sums, periods[i].From)));
            if (hasOthers)
                lines.Add(new UsageLine(periods[i], Dimension.Others, others[i]));
        }

        return lines;
    }

    private static UsageSums SumsOf(Dictionary<DateOnly, UsageSums> sums, DateOnly from) =>
        sums.GetValueOrDefault(from) ?? new UsageSums();

    /// <summary>
    /// First which values have most, by a glance at the rows; then the sums of those, looked up day by day, so that it takes
    /// no longer the more values there are.
    /// </summary>
    private static string Sql(AnalyticsRequest request, Measure[] rank)
    {
        var start = Period.StartSql(request.Every);
        var all = $"""
            select {start}, 0::bigint, '', {Sums}
            from activity.usage_by_day u
            where u.workspace_id = $1 and u.dimension = 'all' and u.day between $2 and $3
            group by 1
            """;
        if (request.By == Dimension.All)
            return all;
        var shown = request.Value is not null
            ? "select $5::text as value, 1::bigint as place"
            : $"""
                select u.value, row_number() over (
                    order by sum({string.Join(
                    " + ",
                    rank.Select(measure => UsageSums.Columns[(int)measure])
                )}) desc, u.value) as place
                from activity.usage_by_day u
                where u.workspace_id = $1 and u.dimension = $4 and u.day between $2 and $3
                group by u.value order by place limit $5
                """;
        return $"""
            with shown as materialized ({shown})
            {all}
            union all
            select {start}, s.place, s.value, {Sums}
            from shown s cross join generate_series(0, $3::date - $2::date) days
            -- each by the key (offset 0), and not all rows of the days once for each value
            cross join lateral (
                select * from activity.usage_by_day
                where workspace_id = $1 and dimension = $4 and day = $2::date + days and value = s.value offset 0) u
            group by 1, 2, 3
            """;
    }

    private sealed record Row(DateOnly From, long Place, string Value, UsageSums Sums);
}

/// <summary>The sums of a period, and of a value as it is told.</summary>
internal sealed record UsageLine(Period Period, string? Value, UsageSums Sums);
