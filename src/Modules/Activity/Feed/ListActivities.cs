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
                    + "left out; clears and marks of a person hold for that person's API keys, too. Which key somebody acted "
                    + "with is told to the workspace's admins who logged in, like the list of keys."
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
        var list = $"activities|{caller.Workspace}|{caller.Person}|{filter.Key}";
        var (page, refusal) = ListPage.Of(cursors, list, limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        await using var session = store.OpenSession(caller);
        var state = await FeedState.OfAsync(session, caller, cancel);
        var entries = await query.PageAsync(session, caller, state, page.BeforeNumber, page.Rows, cancel);
        var (total, isExact) = await query.CountAsync(session, state, cancel);
        var (shown, next) = page.Cut([.. entries.Select(entry => new ListRow<FeedEntry>(entry.At, entry.Seq, entry))]);
        var names = await nameReader.ReadAsync(session, shown.SelectMany(entry => entry.Named), cancel);
        return TypedResults.Ok(
            new ActivityPage(
                [.. shown.Select(entry => entry.Show(names, tellsKeys: caller.IsAdminInPerson))],
                next,
                total,
                isExact,
                state.Unread
            )
        );
    }
}
