using System.Text.Json;
using System.Text.Json.Serialization;
using Lectern.Eventing;

namespace Lectern.SharedKernel.History;

/// <summary>One event of a history.</summary>
/// <param name="Version">Its place in the history, from 1.</param>
/// <param name="Id">Its id.</param>
/// <param name="Type">The stored name.</param>
/// <param name="At">When it happened, by the database's clock.</param>
/// <param name="Actor">Who caused it: <c>person:&lt;id&gt;</c> or <c>system</c>.</param>
/// <param name="Correlation">The request that started it.</param>
/// <param name="Trace">The same as a W3C trace id: what the logs and traces of that request, and of its work, are found by.</param>
/// <param name="Causation">The message whose handling it followed from; null when a request did it at once.</param>
/// <param name="Data">What happened.</param>
public sealed record HistoryEntry(
    int Version,
    Guid Id,
    string Type,
    DateTimeOffset At,
    string Actor,
    Guid Correlation,
    string Trace,
    Guid? Causation,
    JsonElement Data
)
{
    /// <summary>An event as it is stored.</summary>
    public static HistoryEntry Of(RecordedEvent e)
    {
        ArgumentNullException.ThrowIfNull(e);
        return new(e.Version, e.Id, e.Type, e.At, e.Actor, e.Correlation, $"{e.Correlation:n}", e.Causation, e.Data);
    }
}

/// <summary>A page of a history, oldest first.</summary>
/// <param name="Items">The events.</param>
/// <param name="Next">Pass it as <c>after</c> for the next page; null at the end.</param>
public sealed record HistoryPage(IReadOnlyList<HistoryEntry> Items, int? Next);

/// <summary>A state as it was at a version.</summary>
/// <param name="Version">The version.</param>
/// <param name="At">When it was reached.</param>
/// <param name="State">The state that the events up to it fold to.</param>
public sealed record StateAtVersion(int Version, DateTimeOffset At, JsonElement State);

/// <summary>What lies between two versions.</summary>
/// <param name="From">The version before; 0 for before the first event.</param>
/// <param name="To">The version after.</param>
/// <param name="Changes">What became of the state, in an order in which they can be made.</param>
/// <param name="Events">The events in between, oldest first: up to 200.</param>
/// <param name="Next">Pass it to the list of events as <c>after</c> for those behind them; null when all are here.</param>
public sealed record HistoryDifference(
    int From,
    int To,
    IReadOnlyList<StateChange> Changes,
    IReadOnlyList<HistoryEntry> Events,
    int? Next
);

/// <summary>A place at which two states differ.</summary>
/// <param name="Path">JSON pointer (RFC 6901).</param>
/// <param name="Before">What was there; left out when nothing was.</param>
/// <param name="After">What is there; left out when nothing is.</param>
public sealed record StateChange(
    string Path,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Before,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? After
);
