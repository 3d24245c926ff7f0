namespace Lectern.Eventing;

/// <summary>
/// A view that follows the log, across streams. Its table is made from <see cref="Ddl"/> and can be made again at any
/// time: raise <see cref="Version"/> when either changes, and the next start rebuilds it.
/// </summary>
public abstract class AsyncProjection
{
    /// <summary>The table, with its schema: <c>billing.spend_by_day</c>. Also the name for operators.</summary>
    public abstract string Name { get; }

    /// <summary>Raised when table or rules change.</summary>
    public abstract int Version { get; }

    /// <summary>
    /// Makes the table with its keys, indexes, policies and grants. Names the table without a schema: it is made in a
    /// schema of its own while it is rebuilt.
    /// </summary>
    public abstract string Ddl { get; }

    /// <summary>The types of event that it follows.</summary>
    public abstract IReadOnlyList<Type> Events { get; }

    /// <summary>
    /// Adds the statements that a run of events means for the table, named without a schema. The events come in the
    /// log's order and are of the types it follows; statements and position commit together.
    /// </summary>
    public abstract void Apply(IReadOnlyList<StoredEvent> events, SqlStatements sql);

    internal string Schema => Name[..Name.IndexOf('.', StringComparison.Ordinal)];

    internal string Table => Name[(Name.IndexOf('.', StringComparison.Ordinal) + 1)..];
}
