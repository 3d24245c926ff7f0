namespace Lectern.Eventing;

/// <summary>
/// A view of one kind of stream, written by the transaction that appends the events: for what the caller must read back
/// at once, and for what decides. It turns each event into statements and reads nothing.
/// </summary>
public abstract class InlineProjection
{
    /// <summary>The view's name for operators: <c>module.view</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The state type of the streams that it follows.</summary>
    public abstract Type Stream { get; }

    /// <summary>
    /// Adds the statements that an event means for the view. Live it may be called with neither
    /// <see cref="StoredEvent.At"/> nor, for appends without an expected version, <see cref="StoredEvent.Version"/>.
    /// </summary>
    public abstract void Apply(StoredEvent stored, SqlStatements sql);

    /// <summary>
    /// The tables that it writes, for <see cref="ScratchReplay"/>, which gives it others of the same shape. Without them
    /// its streams can't be replayed.
    /// </summary>
    public virtual IReadOnlyList<ProjectedTable> Tables => [];

    /// <summary>
    /// Adds the statements that remove one stream's rows, before they are written anew from its events: those of
    /// <see cref="Tables"/>, the last first, so that a table may refer to one before it.
    /// </summary>
    public virtual void Clear(Guid stream, SqlStatements sql)
    {
        foreach (var table in Tables.Reverse())
            sql.Add($"delete from {table.Name} where {table.Stream} = $1", stream);
    }
}
