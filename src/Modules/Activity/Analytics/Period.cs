namespace Lectern.Activity.Analytics;

/// <summary>How long the times are that figures are summed for. Weeks are those of ISO 8601: they begin on Monday.</summary>
internal enum Every
{
    /// <summary>A day, UTC.</summary>
    Day,

    /// <summary>From Monday to Sunday.</summary>
    Week,

    /// <summary>A month of the calendar.</summary>
    Month,

    /// <summary>All days that were asked for.</summary>
    Total,
}

/// <summary>Some days in a row, both included: as much of a day, week or month as was asked for.</summary>
internal readonly record struct Period(DateOnly From, DateOnly To)
{
    /// <summary>All of some days, in order, and none left out.</summary>
    public static List<Period> Of(Every every, DateOnly from, DateOnly to)
    {
        var periods = new List<Period>();
        for (var start = from; start <= to; )
        {
            var end = EndOf(every, start, to);
            if (end > to)
                end = to;
            periods.Add(new Period(start, end));
            if (end == to)
                break;
            start = end.AddDays(1);
        }

        return periods;
    }

    /// <summary>SQL for the first day of a day's period, of the days from <c>$2</c> on.</summary>
    public static string StartSql(Every every) =>
        every switch
        {
            Every.Day => "u.day",
            Every.Week => "greatest(date_trunc('week', u.day::timestamp)::date, $2)",
            Every.Month => "greatest(date_trunc('month', u.day::timestamp)::date, $2)",
            _ => "$2",
        };

    private static DateOnly EndOf(Every every, DateOnly start, DateOnly to) =>
        every switch
        {
            Every.Day => start,
            Every.Week => Later(start, (7 - (int)start.DayOfWeek) % 7, to),
            Every.Month => new DateOnly(start.Year, start.Month, DateTime.DaysInMonth(start.Year, start.Month)),
            _ => to,
        };

    /// <summary>So many days later, and no later than the end: the calendar has one, too.</summary>
    private static DateOnly Later(DateOnly start, int days, DateOnly to) =>
        to.DayNumber - start.DayNumber <= days ? to : start.AddDays(days);
}
