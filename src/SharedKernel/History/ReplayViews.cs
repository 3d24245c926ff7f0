using System.Text.Json;
using Lectern.Eventing;

namespace Lectern.SharedKernel.History;

/// <summary>What a document comes to when its events are folded and projected. Nothing of it is stored.</summary>
/// <param name="Kind">The kind of stream.</param>
/// <param name="Stream">The stream's id.</param>
/// <param name="Version">The version that it was replayed to.</param>
/// <param name="At">When that was reached.</param>
/// <param name="State">The state then.</param>
/// <param name="Views">The rows that the views' projections made.</param>
/// <param name="Audit">How it compares with the live stream; null when the workspace has no such stream.</param>
public sealed record ReplayView(
    string Kind,
    string Stream,
    int Version,
    DateTimeOffset At,
    JsonElement State,
    IReadOnlyList<ReplayedRows> Views,
    ReplayAudit? Audit
);

/// <summary>Rows of a view.</summary>
/// <param name="Table">The table.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Rows">The first 100 of them.</param>
public sealed record ReplayedRows(string Table, long Count, IReadOnlyList<JsonElement> Rows);

/// <summary>A replay beside the live stream. In each change, before is live and after is replayed.</summary>
/// <param name="Equal">Whether nothing differs.</param>
/// <param name="LiveVersion">The live stream's version.</param>
/// <param name="FirstDifferentEvent">The version of the first event that is not the same in every field.</param>
/// <param name="State">Where the states at the replayed version differ.</param>
/// <param name="RowsCompared">Whether the views could be compared, too: they are as of the live stream's last version.</param>
/// <param name="DifferentRows">How many rows of the views differ.</param>
/// <param name="Rows">Where they do; of each view, up to 100 rows.</param>
public sealed record ReplayAudit(
    bool Equal,
    int LiveVersion,
    int? FirstDifferentEvent,
    IReadOnlyList<StateChange> State,
    bool RowsCompared,
    long DifferentRows,
    IReadOnlyList<RowDifference> Rows
)
{
    internal static ReplayAudit Of(Replayed replayed, LiveStream live, IReadOnlyList<DocumentEvent> events)
    {
        var different = FirstDifferent(live.Events, events);
        var state = StateDifference.Between(live.State, replayed.State);
        var compared = live.Version == events.Count;
        var rows = compared ? replayed.Tables.Sum(table => table.DifferenceCount) : 0;
        return new ReplayAudit(
            different is null && state.Count == 0 && rows == 0,
            live.Version,
            different,
            state,
            compared,
            rows,
            compared ? [.. replayed.Tables.SelectMany(RowDifference.Of)] : []
        );
    }

    private static int? FirstDifferent(IReadOnlyList<RecordedEvent> live, IReadOnlyList<DocumentEvent> events)
    {
        for (var i = 0; i < events.Count; i++)
            if (i >= live.Count || !DocumentEvent.Of(live[i]).Line().AsSpan().SequenceEqual(events[i].Line()))
                return i + 1;
        return null;
    }
}

/// <summary>A row that differs.</summary>
/// <param name="Table">The table.</param>
/// <param name="Key">What tells the row from the stream's others.</param>
/// <param name="Changes">Where it differs; with an empty path, the row is on one side only.</param>
public sealed record RowDifference(string Table, JsonElement Key, IReadOnlyList<StateChange> Changes)
{
    internal static IEnumerable<RowDifference> Of(ReplayedTable table) =>
        table.Differences.Select(row => new RowDifference(
            table.Name,
            row.Key,
            row is { Live: { } live, Made: { } made }
                ? StateDifference.Between(live, made)
                : [new StateChange("", row.Live, row.Made)]
        ));
}
