using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Activity.Feed;

/// <summary>A page of the feed.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">Pass it as <c>cursor</c> for the next page; null at the end.</param>
/// <param name="Total">How many entries fit, over all pages.</param>
/// <param name="TotalIsExact">False when there are more: those that a filter finds are counted up to 1,000.</param>
/// <param name="Unread">How many entries of the whole feed the caller has not read, whatever the filter.</param>
internal sealed record ActivityPage(
    IReadOnlyList<ActivityView> Items,
    string? Next,
    long Total,
    bool TotalIsExact,
    long Unread
);

/// <summary><c>GET /activities</c>.</summary>
internal static class ListActivitiesEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/activities", HandleAsync)
            .WithName("ListActivities")
            .WithTags("activities")
            .WithSummary("What happened in the workspace, newest first")
            .WithDescription(
                "Every member sees the workspace's feed. Filter by person (an id, or me: what a person did, and what became "
                    + "of their jobs), project, subject (the id of a job, a character, ...), type (job.completed, or job "
                    + "for all that begin with it) and days (from, to: UTC, both included). What the caller has cleared is "
                    + "left out; clears and marks of a person hold for that person's API keys, too."
            )
            .WithProblems(CommonProblems.InvalidValues)
            .WithExample(response: new ActivityPage([ActivityView.Example], null, 1, true, 1));

    private static async Task<Results<Ok<ActivityPage>, ProblemResult>> HandleAsync(
        [AsParameters] FeedFilter filter,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        NameReader nameReader,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        var query = new FeedQuery(caller.Workspace);
        if (filter.AddTo(query, caller) is { } misfit)
            return misfit.AsResult();
        if (Paging.CheckLimit(limit) is { } badLimit)
            return badLimit.AsResult();
        var list = $"activities|{caller.Workspace}|{caller.Person}|{filter.Key}";
        var before = long.MaxValue;
        if (cursor is not null)
        {
            if (!cursors.TryRead(list, cursor, out _, out var position))
                return Paging.BadCursor().AsResult();
            before = BitConverter.ToInt64(position.ToByteArray());
        }

        var size = limit ?? Paging.DefaultLimit;
        await using var session = store.OpenSession(caller);
        var state = await FeedState.OfAsync(session, caller, cancel);
        var rows = await query.PageAsync(session, caller, state, before, size + 1, cancel);
        var (total, isExact) = await query.CountAsync(session, state, cancel);
        var page = rows.Take(size).ToList();
        var names = await nameReader.ReadAsync(session, page.SelectMany(entry => entry.Named), cancel);
        return TypedResults.Ok(
            new ActivityPage(
                [.. page.Select(entry => entry.Show(names))],
                rows.Count > size ? cursors.Write(list, page[^1].At, PositionOf(page[^1].Seq)) : null,
                total,
                isExact,
                state.Unread
            )
        );
    }

    // A cursor carries an id; an entry's place in the log stands in its first eight bytes.
    private static Guid PositionOf(long seq)
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, seq);
        return new Guid(bytes);
    }
}
