using System.Globalization;
using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Activity.Feed;

/// <summary>Reads entries of a workspace's feed, newest first. Each filter has an index that ends in the feed's order.</summary>
internal sealed class FeedQuery
{
    /// <summary>Entries are counted up to here; behind it, the answer is "at least".</summary>
    public const int MostCounted = 1000;

    /// <summary>
    /// Events stand in the log in the order of their commits but have the times of their beginnings. A unit of work is
    /// written in one go, and the database ends each of its statements, and each pause between them, after ten seconds; so
    /// none comes near to this, and entries that are this much older stand before those of a time. Behind one that took
    /// longer, a filter by days would leave out entries of the first or last moments of its days, and nothing else would.
    /// </summary>
    private const string LongestTransaction = "interval '1 minute'";

    private readonly List<object> _values;
    private readonly List<string> _conditions = ["f.workspace_id = $1"];
    private string? _person;
    private bool _isFiltered;

    public FeedQuery(Guid workspace) => _values = [workspace];

    /// <summary>Only what the person did, and what happened to their jobs.</summary>
    public void Of(Guid person)
    {
        _isFiltered = true;
        _person = Add(person);
    }

    /// <summary>Adds a condition; <c>{0}</c> stands for the value.</summary>
    public void Where(string condition, object value)
    {
        _isFiltered = true;
        _conditions.Add(string.Format(CultureInfo.InvariantCulture, condition, Add(value)));
    }

    /// <summary>
    /// Only entries of a type or area of the catalogue. It stands in the statement and is no parameter, since how frequent
    /// it is decides which index is the best one: nearly all entries are about jobs, and few jobs fail.
    /// </summary>
    public void Told(string column, string name)
    {
        _isFiltered = true;
        _conditions.Add($"f.{column} = '{name}'");
    }

    /// <summary>
    /// Entries of a time, the end not included. Where they stand in the log bounds the search, and <c>is true</c> keeps the
    /// planner from searching by time, after which it would have to sort. The bounds are bare subqueries: under row security
    /// a condition with more in it than operators that leak nothing is not looked up in an index.
    /// </summary>
    public void Between(DateTimeOffset? from, DateTimeOffset? to)
    {
        if (from is { } first)
            Where(
                $$"""
                (f.at >= {0}) is true and f.seq > (
                    select coalesce(max(seq), 0) from (
                        select b.seq from activity.feed b
                        where b.workspace_id = $1 and b.at < {0} - {{LongestTransaction}} order by b.at desc limit 1) b)
                """,
                first
            );
        if (to is { } end)
            Where(
                $$"""
                (f.at < {0}) is true and f.seq < (
                    select coalesce(min(seq), 9223372036854775807) from (
                        select b.seq from activity.feed b
                        where b.workspace_id = $1 and b.at >= {0} + {{LongestTransaction}} order by b.at limit 1) b)
                """,
                end
            );
    }

    /// <summary>A page of those that fit, from behind a place in the log, without what the reader has cleared.</summary>
    public Task<List<FeedEntry>> PageAsync(
        Session session,
        Caller reader,
        FeedState state,
        long before,
        int rows,
        CancellationToken cancel
    )
    {
        var values = new List<object>(_values) { state.Cleared, before, rows, reader.Person, state.Read };
        string At(int place) => $"${_values.Count + place}";
        return session.QueryAsync(
            $"""
            select {FeedEntry.Columns}, f.seq > {At(5)} and not exists (
                select from activity.read_entries e
                where e.workspace_id = $1 and e.person_id = {At(4)} and e.seq = f.seq)
            from (
                {Union("*", $"and f.seq > {At(1)} and f.seq < {At(2)} order by f.seq desc limit {At(3)}")}
            ) f order by f.seq desc limit {At(3)}
            """,
            FeedEntry.Read,
            cancel,
            [.. values]
        );
    }

    /// <summary>How many fit, and whether that is all of them.</summary>
    public async Task<(long Count, bool IsExact)> CountAsync(Session session, FeedState state, CancellationToken cancel)
    {
        if (!_isFiltered)
            return (state.Total, true);
        // In the feed's order: else the planner may read the table as if what fits were spread evenly over it.
        var (most, cleared) = (MostCounted + 1, $"${_values.Count + 1}");
        var newest = Union("f.seq", $"and f.seq > {cleared} order by f.seq desc limit {most}");
        var count = (
            await session.QueryAsync(
                $"select count(*) from (select 1 from ({newest}) f limit {most}) counted",
                row => row.GetInt64(0),
                cancel,
                [.. _values, state.Cleared]
            )
        ).Single();
        return (Math.Min(count, MostCounted), count <= MostCounted);
    }

    /// <summary>What a person did and what happened to their jobs have an index each; no entry is in both.</summary>
    private string Union(string columns, string rest)
    {
        var select = $"(select {columns} from activity.feed f where {string.Join(" and ", _conditions)}";
        return _person is null
            ? $"{select} {rest})"
            : $"{select} and f.actor_id = {_person} {rest}) union all {select} and f.owner_id = {_person} {rest})";
    }

    private string Add(object value)
    {
        _values.Add(value);
        return $"${_values.Count}";
    }
}
