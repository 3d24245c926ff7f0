using Lectern.Activity.Catalogue;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Activity.Feed;

/// <summary>Marks entries of the feed as read by the caller; one of the three is given.</summary>
/// <param name="UpTo">This entry and all before it.</param>
/// <param name="Ids">These entries, at most 200.</param>
/// <param name="All">True: everything that is in the feed now.</param>
internal sealed record MarkActivities(string? UpTo = null, IReadOnlyList<string>? Ids = null, bool All = false)
{
    public const int MostIds = 200;
}

/// <summary>What is left.</summary>
/// <param name="Total">Entries that are not cleared.</param>
/// <param name="Unread">Those of them that the caller has not read.</param>
internal sealed record FeedCounts(long Total, long Unread);

/// <summary>
/// <c>POST /activities/read</c> and <c>DELETE /activities</c>. Marks are a person's own: there is no clearing for others,
/// or an admin could hide from them what was done.
/// </summary>
internal static class MarkActivitiesEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/activities/read", MarkAsync)
            .WithName("MarkActivities")
            .WithTags("activities")
            .WithSummary("Mark entries of the feed as read")
            .WithDescription(
                "Give upTo (an entry and all before it), ids (single ones) or all. It is for the caller alone."
            )
            .ForThePerson()
            .WithProblems(CommonProblems.InvalidValues)
            .WithExample(new MarkActivities(ActivityView.Example.Id), new FeedCounts(12, 0));
        api.MapDelete("/activities", ClearAsync)
            .WithName("ClearActivities")
            .WithTags("activities")
            .WithSummary("Clear my feed")
            .WithDescription(
                "Hides everything up to now from the caller's feed. Others still see it, the statistics still count it, and "
                    + "it stays in the history of jobs and in the audit log."
            )
            .ForThePerson()
            .WithExample(response: new FeedCounts(0, 0));
    }

    private static async Task<Results<Ok<FeedCounts>, ProblemResult>> MarkAsync(
        MarkActivities command,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (Fault(command) is { } fault)
            return CommonProblems.InvalidValues.With("It isn't clear what was read.", fault).AsResult();
        await using var session = store.OpenSession(caller);
        if (command.All)
        {
            ReadUpTo(session, caller, null);
        }
        else if (command.UpTo is { } upTo)
        {
            if (await PlacesAsync(session, caller, [upTo], cancel) is not [var place])
                return NoEntry("/upTo").AsResult();
            ReadUpTo(session, caller, place);
        }
        else
        {
            var places = await PlacesAsync(session, caller, command.Ids!, cancel);
            if (places.Count < command.Ids!.Distinct(StringComparer.Ordinal).Count())
                return NoEntry("/ids").AsResult();
            session.Execute(
                """
                insert into activity.read_entries (workspace_id, person_id, seq)
                select $1, $2, seq from unnest($3::bigint[]) seq
                where seq > coalesce((
                    select read_seq from activity.reading where workspace_id = $1 and person_id = $2), 0)
                on conflict do nothing
                """,
                caller.Workspace,
                caller.Person,
                places.ToArray()
            );
        }

        await session.SaveChangesAsync(cancel);
        return TypedResults.Ok(await CountsAsync(store, caller, cancel));
    }

    private static async Task<Ok<FeedCounts>> ClearAsync(Caller caller, EventStore store, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        session.Execute(
            """
            insert into activity.reading as r (workspace_id, person_id, cleared_seq)
            select $1, $2, coalesce(max(seq), 0) from activity.feed where workspace_id = $1
            on conflict (workspace_id, person_id) do update
            set cleared_seq = greatest(r.cleared_seq, excluded.cleared_seq)
            """,
            caller.Workspace,
            caller.Person
        );
        ForgetPassed(session, caller);
        await session.SaveChangesAsync(cancel);
        return TypedResults.Ok(await CountsAsync(store, caller, cancel));
    }

    private static void ReadUpTo(Session session, Caller caller, long? place)
    {
        session.Execute(
            """
            insert into activity.reading as r (workspace_id, person_id, read_seq)
            select $1, $2, coalesce($3, (select max(seq) from activity.feed where workspace_id = $1), 0)
            on conflict (workspace_id, person_id) do update set read_seq = greatest(r.read_seq, excluded.read_seq)
            """,
            caller.Workspace,
            caller.Person,
            new Typed(place, NpgsqlTypes.NpgsqlDbType.Bigint)
        );
        ForgetPassed(session, caller);
    }

    private static void ForgetPassed(Session session, Caller caller) =>
        session.Execute(
            """
            delete from activity.read_entries e using activity.reading r
            where e.workspace_id = $1 and e.person_id = $2 and r.workspace_id = $1 and r.person_id = $2
              and e.seq <= greatest(r.read_seq, r.cleared_seq)
            """,
            caller.Workspace,
            caller.Person
        );

    private static async Task<List<long>> PlacesAsync(
        Session session,
        Caller caller,
        IReadOnlyList<string> entries,
        CancellationToken cancel
    )
    {
        var ids = new List<Guid>();
        foreach (var entry in entries)
            if (PublicId.TryParse(PublicEvents.Prefix, entry, out var id))
                ids.Add(id);
        return await session.QueryAsync(
            "select seq from activity.feed where workspace_id = $1 and id = any($2)",
            row => row.GetInt64(0),
            cancel,
            caller.Workspace,
            ids.ToArray()
        );
    }

    private static async Task<FeedCounts> CountsAsync(EventStore store, Caller caller, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        var state = await FeedState.OfAsync(session, caller, cancel);
        return new FeedCounts(state.Total, state.Unread);
    }

    private static FieldError? Fault(MarkActivities command) =>
        (command.UpTo is null ? 0 : 1) + (command.Ids is null ? 0 : 1) + (command.All ? 1 : 0) != 1
            ? new FieldError("/upTo", "give exactly one of upTo, ids and all")
        : command.Ids is { Count: 0 or > MarkActivities.MostIds }
            ? new FieldError("/ids", $"must have from 1 to {MarkActivities.MostIds} entries")
        : null;

    private static Problem NoEntry(string pointer) =>
        CommonProblems.InvalidValues.With(
            "There is no such entry in the workspace's feed.",
            new FieldError(pointer, "must be from the feed of this workspace")
        );
}
