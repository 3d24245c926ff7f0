namespace Lectern.Eventing;

/// <summary>A stream that was read for a decision; what is appended expects the version that was read.</summary>
/// <typeparam name="TState">The state that the stream's events fold to.</typeparam>
public sealed class StreamForWriting<TState>
    where TState : notnull
{
    private readonly Session _session;

    internal StreamForWriting(
        Session session,
        Guid id,
        Guid workspace,
        int version,
        int snapshotVersion,
        TState state,
        DateTimeOffset now
    )
    {
        _session = session;
        Id = id;
        Workspace = workspace;
        Version = version;
        SnapshotVersion = snapshotVersion;
        State = state;
        Now = now;
    }

    /// <summary>The stream's id.</summary>
    public Guid Id { get; }

    /// <summary>The workspace that the stream belongs to.</summary>
    public Guid Workspace { get; }

    /// <summary>The version that <see cref="State"/> stands for.</summary>
    public int Version { get; private set; }

    /// <summary>The state at <see cref="Version"/>.</summary>
    public TState State { get; private set; }

    /// <summary>The database's time when the stream was read.</summary>
    public DateTimeOffset Now { get; }

    internal int SnapshotVersion { get; set; }

    /// <summary>Appends events when the session is saved; <see cref="State"/> and <see cref="Version"/> move on at once.</summary>
    public void Append(params object[] events)
    {
        if (events.Length == 0)
            return;
        _session.AppendFetched(this, events);
        State = events.Aggregate(State, _session.Store.StreamTypeOf<TState>().Evolve);
        Version += events.Length;
    }
}
