using System.Text.Json;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Lectern.SharedKernel.History;

/// <summary>
/// The history of a kind of stream over HTTP: its events, its state at a version or a time, the difference of two, its
/// export, and the replay of an export. A module says what the streams are called and how one is found.
/// </summary>
public static class HistoryRoutes
{
    private const string Id = "/{id}";

    /// <summary>Maps the routes of streams that have ids under <c>/jobs/{id}</c>, or of a workspace's only one under <c>/credits</c>.</summary>
    /// <param name="api">Where.</param>
    /// <param name="path">The stream's address, with or without <c>{id}</c> at its end.</param>
    /// <param name="subject">What the module says.</param>
    public static void MapHistory<TState>(this IEndpointRouteBuilder api, string path, HistorySubject subject)
        where TState : notnull
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.EndsWith(Id, StringComparison.Ordinal))
            Map(api, path, path[..^Id.Length], new HistoryEndpoints<TState, StreamById>(subject), subject);
        else
            Map(api, path, path, new HistoryEndpoints<TState, TheOneStream>(subject), subject);
    }

    private static void Map<TState, TAddress>(
        IEndpointRouteBuilder api,
        string path,
        string all,
        HistoryEndpoints<TState, TAddress> endpoints,
        HistorySubject subject
    )
        where TState : notnull
        where TAddress : IStreamAddress
    {
        var example = new HistoryExamples(subject);
        api.MapGet($"{path}/events", endpoints.ListAsync)
            .WithName($"Get{subject.Name}Events")
            .WithTags(subject.Tag)
            .WithSummary($"What happened to {subject.Called}, in order")
            .WithDescription(
                "Events behind the version given as after, up to limit (1 to 200, and 200 without); with type, only those of that stored name."
            )
            .Produces<HistoryPage>()
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues)
            .WithExample(response: new HistoryPage([example.Entry], null));
        api.MapGet($"{path}/at/{{version:int}}", endpoints.AtVersionAsync)
            .WithName($"Get{subject.Name}AtVersion")
            .WithTags(subject.Tag)
            .WithSummary($"The state of {subject.Called} at a version of its history")
            .Produces<StateAtVersion>()
            .WithProblems(CommonProblems.NotFound)
            .WithExample(response: example.State);
        api.MapGet($"{path}/at", endpoints.AtTimeAsync)
            .WithName($"Get{subject.Name}AtTime")
            .WithTags(subject.Tag)
            .WithSummary($"The state of {subject.Called} at a time")
            .WithDescription(
                "The time is by the database's clock, and events that bear it are in. The state is that of the last version before the first event with a later time."
            )
            .Produces<StateAtVersion>()
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues)
            .WithExample(response: example.State);
        api.MapGet($"{path}/diff", endpoints.DifferenceAsync)
            .WithName($"Get{subject.Name}Difference")
            .WithTags(subject.Tag)
            .WithSummary($"What lies between two versions or times of {subject.Called}")
            .WithDescription(
                "from and to are versions or times; without them, it is all of the history. The changes of the state are JSON pointers with what was there before and after."
            )
            .Produces<HistoryDifference>()
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues)
            .WithExample(response: example.Difference);
        api.MapGet($"{path}/events/export", endpoints.ExportAsync)
            .WithName($"Export{subject.Name}Events")
            .WithTags(subject.Tag)
            .WithSummary($"The history of {subject.Called} as one document")
            .WithDescription(
                "Every event as it is stored, with what tells whether some are missing; it can be replayed."
            )
            .Produces<StreamDocument>()
            .WithProblems(CommonProblems.NotFound)
            .WithExample(response: example.Document);
        api.MapPost($"{all}/replay", endpoints.ReplayAsync)
            .WithName($"Replay{subject.Name}Events")
            .WithTags(subject.Tag)
            .WithSummary($"Replay the exported history of {subject.Called}, and compare it with the live one")
            .WithDescription(
                $"Nothing is stored. Up to {DocumentCheck.MaxEvents} events and {DocumentCheck.MaxBytes / 1024 / 1024} MB; with version, only the events up to it are replayed."
            )
            .ForViewers()
            .LimitedAs(RateLimit.Replay)
            .WithMetadata(new RequestSizeLimitAttribute(DocumentCheck.MaxBytes))
            .Produces<ReplayView>()
            .WithProblems(CommonProblems.InvalidValues, CommonProblems.TooLarge, CommonProblems.Unavailable)
            .WithExample(request: example.Document, response: example.Replay);
    }
}

/// <summary>Which stream a request is about.</summary>
internal interface IStreamAddress
{
    /// <summary>The public id; null for the only one.</summary>
    string? Id { get; }
}

/// <summary>One of many.</summary>
internal sealed record StreamById([FromRoute(Name = "id")] string Id) : IStreamAddress;

/// <summary>The workspace's only one.</summary>
internal sealed record TheOneStream : IStreamAddress
{
    public string? Id => null;
}

/// <summary>Examples for the description of the API.</summary>
internal sealed class HistoryExamples(HistorySubject subject)
{
    private static readonly Guid Request = Guid.Parse("0192f0c1-2a3b-7c4d-8e5f-60718293a4b6");
    private static readonly DateTimeOffset At = new(2026, 1, 5, 9, 30, 0, TimeSpan.Zero);
    private static readonly JsonElement Word = JsonSerializer.SerializeToElement("Pending", StrictJson.Options);
    private static readonly JsonElement Other = JsonSerializer.SerializeToElement("Running", StrictJson.Options);

    private DocumentEvent Event { get; } =
        new(
            Guid.Parse("0192f0c1-2a3b-7c4d-8e5f-60718293a4b7"),
            1,
            subject.Example.Type,
            subject.Example.Data,
            "person:0192f0c1-2a3b-7c4d-8e5f-60718293a4b5",
            Request,
            null,
            $"00-{Request:n}-00f067aa0ba902b7-01",
            At
        );

    public HistoryEntry Entry =>
        new(1, Event.Id, Event.Type, At, Event.Actor, Request, $"{Request:n}", null, Event.Data);

    public StateAtVersion State => new(1, At, subject.Example.State);

    public HistoryDifference Difference => new(0, 1, [new StateChange("/status", Word, Other)], [Entry], null);

    public StreamDocument Document =>
        new(
            StreamDocument.FormatName,
            StreamDocument.FormatNumber,
            subject.Kind,
            PublicId.Format(subject.Prefix, Request),
            PublicId.Format("workspace", Request),
            1,
            At,
            [Event],
            1,
            DocumentCheck.HashOf([Event])
        );

    public ReplayView Replay =>
        new(
            subject.Kind,
            Document.Stream,
            1,
            At,
            subject.Example.State,
            [],
            new ReplayAudit(true, 1, null, [], true, 0, [])
        );
}
