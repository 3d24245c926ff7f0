using Lectern.Eventing;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Http;

namespace Lectern.SharedKernel.History;

/// <summary>What the routes of a history do. The stream is looked for first: who may not see it learns nothing else.</summary>
internal sealed class HistoryEndpoints<TState, TAddress>(HistorySubject subject)
    where TState : notnull
    where TAddress : IStreamAddress
{
    private const int PageSize = 200;

    public async Task<IResult> ListAsync(
        [AsParameters] TAddress address,
        int? after,
        string? type,
        int? limit,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await FindAsync(session, address, cancel) is not { } stream)
            return subject.NotThere.AsResult();
        if (Faults(after, type, limit) is { Count: > 0 } faults)
            return CommonProblems.InvalidValues.With("The events can't be chosen like this.", [.. faults]).AsResult();
        return TypedResults.Ok(
            await PageAsync(session, stream, after ?? 0, int.MaxValue, type, limit ?? PageSize, cancel)
        );
    }

    public async Task<IResult> AtVersionAsync(
        [AsParameters] TAddress address,
        int version,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        return await FindAsync(session, address, cancel) is { } stream
            ? await StateAsync(session, stream, version, cancel)
                ?? CommonProblems.NotFound.With($"The history has no version {version}.").AsResult()
            : subject.NotThere.AsResult();
    }

    public async Task<IResult> AtTimeAsync(
        [AsParameters] TAddress address,
        string? time,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await FindAsync(session, address, cancel) is not { } stream)
            return subject.NotThere.AsResult();
        if (Moment.ReadTime(time) is not { } at)
            return Moment.None("time", "a time").AsResult();
        var version = await session.VersionAtAsync(stream, at, cancel);
        if (await StateAsync(session, stream, version, cancel) is { } state)
            return state;
        var first = await session.ReadRecordedAsync(stream, 0, 1, null, 1, cancel);
        return CommonProblems
            .NotFound.With($"The history begins later, at {DocumentEvent.Text(first[0].At)}.")
            .AsResult();
    }

    public async Task<IResult> DifferenceAsync(
        [AsParameters] TAddress address,
        string? from,
        string? to,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await FindAsync(session, address, cancel) is not { } stream)
            return subject.NotThere.AsResult();
        var last = (await session.VersionsAsync([stream], cancel))[stream];
        if (Moment.Read(from ?? "0") is not { } begin)
            return Moment.None("from", "a version, or a time").AsResult();
        if ((to is null ? new Moment(last, null) : Moment.Read(to)) is not { } end)
            return Moment.None("to", "a version, or a time").AsResult();
        var first = await begin.VersionAsync(session, stream, cancel);
        var second = await end.VersionAsync(session, stream, cancel);
        if (Math.Max(first, second) > last)
            return CommonProblems.NotFound.With($"The history ends with version {last}.").AsResult();
        if (first > second)
            return CommonProblems
                .InvalidValues.With("The difference goes forward.", new FieldError("from", "must not be after to"))
                .AsResult();
        var events = await PageAsync(session, stream, first, second, null, PageSize, cancel);
        var before = await session.StateAtAsync<TState>(stream, first, cancel);
        var was = session.JsonOf(before); // now, since going on from a state may change it
        var after = await session.FoldAsync(before, stream, first, second, cancel);
        var changes = StateDifference.Between(was, session.JsonOf(after));
        return TypedResults.Ok(new HistoryDifference(first, second, changes, events.Items, events.Next));
    }

    public async Task<IResult> ExportAsync(
        [AsParameters] TAddress address,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        var session = store.OpenSession(caller);
        http.Response.RegisterForDisposeAsync(session);
        return await FindAsync(session, address, cancel) is { } stream
            ? new ExportResult(session, subject, stream)
            : subject.NotThere.AsResult();
    }

    public async Task<IResult> ReplayAsync(
        StreamDocument document,
        int? version,
        Caller caller,
        EventStore store,
        ScratchReplay scratch,
        CancellationToken cancel
    )
    {
        var (events, refusal) = new DocumentCheck(subject, scratch).Read(document);
        if (refusal is not null)
            return refusal.AsResult();
        if (version < 1 || version > events.Count)
            return CommonProblems
                .InvalidValues.With(
                    "The document has no such version.",
                    new FieldError("version", $"must be from 1 to {events.Count}")
                )
                .AsResult();
        var taken = events.Take(version ?? events.Count).ToList();
        await using var session = store.OpenSession(caller);
        try
        {
            var replayed = await scratch.RunAsync<TState>(session.Context, taken, cancel);
            var isThere = await subject.FindAsync(session, taken[0].Stream, cancel) == taken[0].Stream;
            return TypedResults.Ok(
                new ReplayView(
                    subject.Kind,
                    document.Stream,
                    taken.Count,
                    taken[^1].At!.Value,
                    replayed.State,
                    [.. replayed.Tables.Select(table => new ReplayedRows(table.Name, table.Count, table.Rows))],
                    isThere && replayed.Live is { } live
                        ? ReplayAudit.Of(replayed, live, [.. document.Events.Take(taken.Count)])
                        : null
                )
            );
        }
        catch (ReplayTooLongException)
        {
            return CommonProblems
                .InvalidValues.With(
                    "The document takes too long to replay.",
                    new FieldError("version", "must be smaller, so that fewer events are replayed")
                )
                .AsResult();
        }
        catch (EventNotAppliedException wrong)
        {
            return CommonProblems
                .InvalidValues.With(
                    "The document tells what can't have happened.",
                    new FieldError(
                        $"/events/{wrong.Version - 1}",
                        wrong.Constraint is { } constraint
                            ? $"can't happen after the events before it: {constraint}"
                            : "can't happen after the events before it"
                    )
                )
                .AsResult();
        }
    }

    private async Task<Guid?> FindAsync(Session session, TAddress address, CancellationToken cancel) =>
        address.Id is null ? await subject.FindAsync(session, null, cancel)
        : PublicId.TryParse(subject.Prefix, address.Id, out var stream)
            ? await subject.FindAsync(session, stream, cancel)
        : null;

    private static async Task<IResult?> StateAsync(Session session, Guid stream, int version, CancellationToken cancel)
    {
        if (
            version < 1
            || await session.ReadRecordedAsync(stream, version - 1, version, null, 1, cancel) is not [var last]
        )
            return null;
        var state = await session.StateAtAsync<TState>(stream, version, cancel);
        return TypedResults.Ok(new StateAtVersion(version, last.At, session.JsonOf(state)));
    }

    private static async Task<HistoryPage> PageAsync(
        Session session,
        Guid stream,
        int after,
        int upTo,
        string? type,
        int size,
        CancellationToken cancel
    )
    {
        var events = await session.ReadRecordedAsync(stream, after, upTo, type, size + 1, cancel);
        var page = events.Take(size).Select(HistoryEntry.Of).ToList();
        return new HistoryPage(page, events.Count > size ? page[^1].Version : null);
    }

    private List<FieldError> Faults(int? after, string? type, int? limit)
    {
        var faults = new List<FieldError>();
        if (after < 0)
            faults.Add(new FieldError("after", "must be 0 or more"));
        if (type is not null && (!subject.Has(type) || type.Contains('\0', StringComparison.Ordinal)))
            faults.Add(new FieldError("type", $"must be the stored name of an event of {subject.Called}"));
        if (limit is < 1 or > PageSize)
            faults.Add(new FieldError("limit", $"must be from 1 to {PageSize}"));
        return faults;
    }
}
