using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Lectern.Eventing;

/// <summary>How the state of a kind of stream is folded from its events and kept as a snapshot.</summary>
internal abstract record StreamType(string Name);

/// <inheritdoc cref="StreamType"/>
/// <param name="Initial">The state before the first event.</param>
/// <param name="Evolve">State and event to the next state. Pure; an event it doesn't care for returns the state.</param>
/// <param name="Json">How the snapshot is stored.</param>
/// <param name="SnapshotSchema">Raised when the state's shape changes: older snapshots are then not used.</param>
internal sealed record StreamType<TState>(
    string Name,
    TState Initial,
    Func<TState, object, TState> Evolve,
    JsonTypeInfo<TState> Json,
    int SnapshotSchema
) : StreamType(Name)
    where TState : notnull
{
    public byte[] Write(TState state) => JsonSerializer.SerializeToUtf8Bytes(state, Json);

    public TState Read(byte[] snapshot) => JsonSerializer.Deserialize(snapshot, Json)!;
}
