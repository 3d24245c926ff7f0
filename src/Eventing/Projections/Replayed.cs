using System.Text.Json;

namespace Lectern.Eventing;

/// <summary>What a replay came to.</summary>
/// <param name="State">The state at the end, as snapshots are stored.</param>
/// <param name="Tables">What the stream's inline projections made of it.</param>
/// <param name="Live">The stream of the same id that the caller sees; null when there is none.</param>
public sealed record Replayed(JsonElement State, IReadOnlyList<ReplayedTable> Tables, LiveStream? Live);

/// <summary>A stream of the log.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Events">Its events up to the version that was replayed.</param>
/// <param name="State">The state that they fold to.</param>
public sealed record LiveStream(int Version, IReadOnlyList<RecordedEvent> Events, JsonElement State);

/// <summary>The rows that a replay made in one table.</summary>
/// <param name="Name">The live table's name.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Rows">The first of them, in order of their keys.</param>
/// <param name="DifferenceCount">How many are not as the live ones are now.</param>
/// <param name="Differences">The first of those.</param>
public sealed record ReplayedTable(
    string Name,
    long Count,
    IReadOnlyList<JsonElement> Rows,
    long DifferenceCount,
    IReadOnlyList<DifferentRow> Differences
);

/// <summary>A row that is not the same live and replayed.</summary>
/// <param name="Key">What tells it from the stream's other rows.</param>
/// <param name="Live">As it is live; null when it isn't there.</param>
/// <param name="Made">As the replay made it; null when it made none.</param>
public sealed record DifferentRow(JsonElement Key, JsonElement? Live, JsonElement? Made);

/// <summary>An event can't have happened to its stream as the events before it left it.</summary>
/// <param name="stored">The event.</param>
/// <param name="constraint">The constraint that refused it, if one did.</param>
/// <param name="inner">What was thrown.</param>
public sealed class EventNotAppliedException(StoredEvent stored, string? constraint, Exception inner)
    : Exception($"The event {stored.Version} can't be applied.", inner)
{
    /// <summary>Its place in the stream, from 1.</summary>
    public int Version { get; } = stored.Version!.Value;

    /// <summary>The constraint of a view that refused it; null when the code did.</summary>
    public string? Constraint { get; } = constraint;
}

/// <summary>A replay was given up, since it takes longer than is allowed. It would again: fewer events may fit.</summary>
public sealed class ReplayTooLongException(Exception inner) : Exception("The events take too long to replay.", inner);
