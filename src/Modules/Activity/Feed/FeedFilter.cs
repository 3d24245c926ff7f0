using System.Globalization;
using Lectern.Activity.Catalogue;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;

namespace Lectern.Activity.Feed;

/// <summary>Which entries of the feed somebody wants, as the client says it.</summary>
/// <param name="Person">Whose: what a person did, and what became of their jobs; <c>me</c> is the caller.</param>
/// <param name="Project">Those of a project.</param>
/// <param name="Subject">What happened to one thing: its id.</param>
/// <param name="Type">A public type, such as <c>job.completed</c>, or what several begin with: <c>job</c>.</param>
/// <param name="From">The first day, UTC.</param>
/// <param name="To">The last day, UTC.</param>
internal sealed record FeedFilter(
    string? Person,
    string? Project,
    string? Subject,
    string? Type,
    string? From,
    string? To
)
{
    private const string DayRule = "must be a day such as 2026-10-07";

    private static readonly string[] SubjectTypes =
    [
        "job",
        "character",
        "lexicon",
        "project",
        "webhook",
        "workspace",
        "person",
    ];

    private static readonly HashSet<string> Types =
    [
        .. PublicEvents.All.Where(type => type.Told.HasFlag(Told.InFeed)).Select(type => type.Name),
    ];

    private static readonly HashSet<string> Areas = [.. Types.Select(type => type.Split('.')[0])];

    /// <summary>Adds the conditions to a query; null when they fit, else what is wrong with them.</summary>
    public Problem? AddTo(FeedQuery query, Caller caller)
    {
        var faults = new List<FieldError>();
        if (Person is not null)
        {
            if (Person == "me")
                query.Of(caller.Person);
            else if (PublicId.TryParse("person", Person, out var person))
                query.Of(person);
            else
                faults.Add(new FieldError("person", "must be me or the id of a person"));
        }

        if (Project is not null)
        {
            if (PublicId.TryParse("project", Project, out var project))
                query.Where("f.project_id = {0}", project);
            else
                faults.Add(new FieldError("project", "must be the id of a project"));
        }

        if (Subject is not null)
        {
            if (SubjectTypes.Any(type => PublicId.TryParse(type, Subject, out _)))
            {
                var type = Subject[..Subject.IndexOf('_', StringComparison.Ordinal)];
                PublicId.TryParse(type, Subject, out var subject);
                query.Where("f.subject_id = {0}", subject);
                query.Where("f.subject_type = {0}", type);
            }
            else
                faults.Add(new FieldError("subject", $"must be the id of a {string.Join(", ", SubjectTypes)}"));
        }

        if (Type is not null)
        {
            if (Types.Contains(Type))
                query.Told("type", Type);
            else if (Areas.Contains(Type))
                query.Told("area", Type);
            else
                faults.Add(
                    new FieldError(
                        "type",
                        $"must be one of those in docs/activity.md, or what some begin with: {AllAreas}"
                    )
                );
        }

        AddDays(query, faults);
        return faults.Count == 0
            ? null
            : CommonProblems.InvalidValues.With("The entries can't be chosen like this.", [.. faults]);
    }

    /// <summary>The filter as one text, for what cursors are bound to.</summary>
    public string Key => $"{Person}|{Project}|{Subject}|{Type}|{From}|{To}";

    private static string AllAreas { get; } = string.Join(", ", Areas.Order(StringComparer.Ordinal));

    private void AddDays(FeedQuery query, List<FieldError> faults)
    {
        var from = ReadDay(From, "from", faults);
        var to = ReadDay(To, "to", faults);
        if (from > to)
            faults.Add(new FieldError("from", "must not be after to"));
        else
            query.Between(Midnight(from), Midnight(to?.AddDays(1)));
    }

    internal static DateOnly? ReadDay(string? text, string parameter, List<FieldError> faults)
    {
        if (text is null)
            return null;
        if (
            DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is > 1 and < 9999 // the days beside it must be some, too
        )
            return day;
        faults.Add(new FieldError(parameter, DayRule));
        return null;
    }

    private static DateTimeOffset? Midnight(DateOnly? day) =>
        day is { } date ? new DateTimeOffset(date, TimeOnly.MinValue, TimeSpan.Zero) : null;
}
