using Lectern.Activity.Catalogue;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Mvc;

namespace Lectern.Activity.Feed;

/// <summary>Which entries of the feed somebody wants, as the client says it.</summary>
internal sealed record FeedFilter
{
    /// <summary>Whose: what a person did, and what became of their jobs; <c>me</c> is the caller.</summary>
    [FromQuery(Name = "person")]
    public string? Person { get; init; }

    /// <summary>Those of a project.</summary>
    [FromQuery(Name = "project")]
    public string? Project { get; init; }

    /// <summary>What happened to one thing: its id.</summary>
    [FromQuery(Name = "subject")]
    public string? Subject { get; init; }

    /// <summary>A public type, such as <c>job.completed</c>, or what several begin with: <c>job</c>.</summary>
    [FromQuery(Name = "type")]
    public string? Type { get; init; }

    /// <summary>The first day, UTC.</summary>
    [FromQuery(Name = "from")]
    public string? From { get; init; }

    /// <summary>The last day, UTC.</summary>
    [FromQuery(Name = "to")]
    public string? To { get; init; }

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
            var type = Subject.Split('_')[0];
            if (SubjectTypes.Contains(type) && PublicId.TryParse(type, Subject, out var subject))
            {
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
        var from = UtcDay.Read(From, "from", faults);
        var to = UtcDay.Read(To, "to", faults);
        if (from > to)
            faults.Add(new FieldError("from", "must not be after to"));
        else
            query.Between(UtcDay.Midnight(from), UtcDay.Midnight(to?.AddDays(1)));
    }
}
