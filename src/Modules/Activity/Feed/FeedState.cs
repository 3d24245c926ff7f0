using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Activity.Feed;

/// <summary>Where a person stands in a workspace's feed.</summary>
/// <param name="Read">The place in the log up to which all is read.</param>
/// <param name="Cleared">The place in the log up to which all is hidden.</param>
/// <param name="Total">Entries that are not hidden.</param>
/// <param name="Unread">Those of them that are not read.</param>
internal sealed record FeedState(long Read, long Cleared, long Total, long Unread)
{
    /// <summary>
    /// As of now. An entry has its number in the workspace's feed, so three looks at an index count them, however many
    /// there are; only entries that were read singly are counted one by one.
    /// </summary>
    public static async Task<FeedState> OfAsync(Session session, Caller caller, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                $"""
                select s.read, s.cleared, {NumberAt("9223372036854775807")} - {NumberAt("s.cleared")},
                       {NumberAt("9223372036854775807")} - {NumberAt("s.read")} - (
                           select count(*) from activity.read_entries e
                           join activity.feed f on f.workspace_id = e.workspace_id and f.seq = e.seq
                           where e.workspace_id = $1 and e.person_id = $2 and e.seq > s.read)
                from (
                    select coalesce(max(greatest(read_seq, cleared_seq)), 0) as read,
                           coalesce(max(cleared_seq), 0) as cleared
                    from activity.reading where workspace_id = $1 and person_id = $2
                ) s
                """,
                row => new FeedState(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)),
                cancel,
                caller.Workspace,
                caller.Person
            )
        ).Single();

    /// <summary>How many entries there are up to a place in the log.</summary>
    private static string NumberAt(string seq) =>
        $"""
            coalesce((
                select number from activity.feed
                where workspace_id = $1 and seq <= {seq} order by seq desc limit 1), 0)
            """;
}
