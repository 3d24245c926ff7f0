using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace Lectern.Activity.Analytics;

/// <summary>The parameters of a report, as they come.</summary>
internal sealed record AnalyticsParameters
{
    /// <summary>The first day, UTC, such as 2026-10-07; without it, thirty days in all.</summary>
    [FromQuery(Name = "from")]
    public string? From { get; init; }

    /// <summary>The last day, UTC; without it, today.</summary>
    [FromQuery(Name = "to")]
    public string? To { get; init; }

    /// <summary><c>day</c> (without it), <c>week</c>, <c>month</c> or <c>total</c>.</summary>
    [FromQuery(Name = "every")]
    public string? Every { get; init; }

    /// <summary>What to divide by; without it, nothing.</summary>
    [FromQuery(Name = "by")]
    public string? By { get; init; }

    /// <summary>One value of it only.</summary>
    [FromQuery(Name = "value")]
    public string? Value { get; init; }

    /// <summary>How many of its values, those with most first; the others come together.</summary>
    [FromQuery(Name = "top")]
    public int? Top { get; init; }

    /// <summary><c>json</c> or <c>csv</c>; without it, what the Accept header wants.</summary>
    [FromQuery(Name = "format")]
    public string? Format { get; init; }
}

/// <summary>A report that can be made.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <param name="Every">What is summed.</param>
/// <param name="By">What is divided by.</param>
/// <param name="Value">The one value that is wanted, as it is stored; null for the top ones.</param>
/// <param name="Top">How many values.</param>
/// <param name="AsCsv">Whether it is to be a file.</param>
internal sealed record AnalyticsRequest(
    DateOnly From,
    DateOnly To,
    Every Every,
    Dimension By,
    string? Value,
    int Top,
    bool AsCsv
)
{
    private const int MaxDays = 366;
    private const int DefaultTop = 10;
    private const int MaxTop = 100;

    /// <summary>A year of days by the ten values with most, or a month by a hundred, and some more.</summary>
    private const int MaxRows = 5_000;

    /// <summary>Reads it, or says why it can't be made.</summary>
    /// <param name="parameters">What is asked for.</param>
    /// <param name="dimensions">What can be divided by.</param>
    /// <param name="http">Whose Accept header counts.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="today">The day, UTC.</param>
    public static (AnalyticsRequest? Request, Problem? Refusal) Read(
        AnalyticsParameters parameters,
        IReadOnlyList<Dimension> dimensions,
        HttpContext http,
        Caller caller,
        DateOnly today
    )
    {
        var faults = new List<FieldError>();
        var range = DayRange.Read(parameters.From, parameters.To, today, MaxDays);
        if (range.Fault is not null)
            faults.Add(range.Fault);
        var every = parameters.Every switch
        {
            null or "day" => Every.Day,
            "week" => Every.Week,
            "month" => Every.Month,
            "total" => Every.Total,
            _ => (Every?)null,
        };
        if (every is null)
            faults.Add(new FieldError("every", "must be one of day, week, month, total"));
        var by = parameters.By is null ? Dimension.All : dimensions.FirstOrDefault(each => each.Name == parameters.By);
        if (by is null)
            faults.Add(
                new FieldError("by", $"must be one of {string.Join(", ", dimensions.Select(each => each.Name))}")
            );
        var value = parameters.Value is null ? null : by?.Read(parameters.Value);
        if (parameters is { Value: not null, By: null })
            faults.Add(new FieldError("value", "needs by, whose value it is"));
        else if (parameters.Value is not null && by is not null && value is null)
            faults.Add(new FieldError("value", $"must be an id of what {by.Name} names, or {Dimension.None}"));
        var top = parameters.Top ?? DefaultTop;
        if (top is < 1 or > MaxTop)
            faults.Add(new FieldError("top", $"must be from 1 to {MaxTop}"));
        if (parameters.Format is not (null or "json" or "csv"))
            faults.Add(new FieldError("format", "must be json or csv"));
        if (faults.Count == 0 && Period.Of(every!.Value, range.From, range.To).Count * (top + 1) > MaxRows)
            faults.Add(new FieldError("top", $"must be less for so many days: at most {MaxRows} rows are given"));
        if (faults.Count > 0)
            return (null, CommonProblems.InvalidValues.With("The report can't be made like this.", [.. faults]));
        if (by!.ForAdmins && !caller.IsAdminInPerson)
            return (
                null,
                CommonProblems.Forbidden.With(
                    $"Figures by {by.Name} are for admins of the workspace who logged in, like the list of what they name."
                )
            );
        return (
            new AnalyticsRequest(
                range.From,
                range.To,
                every!.Value,
                by,
                value,
                top,
                parameters.Format is null ? PrefersCsv(http.Request) : parameters.Format == "csv"
            ),
            null
        );
    }

    /// <summary>What is asked for as strongly as JSON is not asked for enough: a browser takes everything.</summary>
    private static bool PrefersCsv(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
            return false;
        return Quality("text/csv") > Quality("application/json");

        double Quality(string type) =>
            accepted.Where(each => each.MediaType == type).Select(each => each.Quality ?? 1).DefaultIfEmpty(0).Max();
    }
}
