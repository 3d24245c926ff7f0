using System.Globalization;

namespace Lectern.SharedKernel.Http;

/// <summary>How requests write days, which are UTC.</summary>
public static class UtcDay
{
    /// <summary>What is wrong with what isn't one.</summary>
    public const string Rule = "must be a day such as 2026-10-07";

    /// <summary>Reads a day.</summary>
    public static bool TryRead(string text, out DateOnly day) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day);

    /// <summary>Reads a day that a list begins or ends with: the days beside it are some, too.</summary>
    /// <param name="text">As the client said it; null for none.</param>
    /// <param name="parameter">What the client calls it.</param>
    /// <param name="faults">Where what is wrong with it is added.</param>
    public static DateOnly? Read(string? text, string parameter, ICollection<FieldError> faults)
    {
        if (text is null)
            return null;
        if (TryRead(text, out var day) && day.Year is > 1 and < 9999)
            return day;
        faults.Add(new FieldError(parameter, Rule));
        return null;
    }

    /// <summary>When a day begins.</summary>
    public static DateTimeOffset? Midnight(DateOnly? day) =>
        day is { } date ? new DateTimeOffset(date, TimeOnly.MinValue, TimeSpan.Zero) : null;
}

/// <summary>The days that a report is about.</summary>
/// <param name="From">The first, UTC.</param>
/// <param name="To">The last, UTC.</param>
/// <param name="Fault">Why they don't fit, when they don't.</param>
public sealed record DayRange(DateOnly From, DateOnly To, FieldError? Fault)
{
    private const int DefaultDays = 30;

    /// <summary>The days asked for; without an end it is today, without a beginning thirty days in all.</summary>
    public static DayRange Read(string? from, string? to, DateOnly today, int maxDays)
    {
        var last = today;
        if (to is not null && !UtcDay.TryRead(to, out last))
            return Refuse("to", UtcDay.Rule);
        var first = last.DayNumber < DefaultDays ? DateOnly.MinValue : last.AddDays(1 - DefaultDays);
        if (from is not null && !UtcDay.TryRead(from, out first))
            return Refuse("from", UtcDay.Rule);
        if (first > last)
            return Refuse("from", "must not be after to");
        if (last.DayNumber - first.DayNumber >= maxDays)
            return Refuse("from", $"must be at most {maxDays - 1} days before to");
        return new DayRange(first, last, null);
    }

    private static DayRange Refuse(string parameter, string detail) =>
        new(default, default, new FieldError(parameter, detail));
}
