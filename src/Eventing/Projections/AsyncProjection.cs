namespace Lectern.Eventing;

/// <summary>
/// A view that follows the log, across streams. Its tables are made from <see cref="Ddl"/> and can be made again at any
/// time: raise <see cref="LogFollower.Version"/> when either changes, and the next start rebuilds it.
/// </summary>
public abstract class AsyncProjection : LogFollower
{
    /// <inheritdoc/>
    public override int Version => 1;

    /// <summary>
    /// Makes the tables with their keys, indexes, policies and grants. Names them without a schema: they are made in a
    /// schema of its own while it is rebuilt.
    /// </summary>
    public abstract string Ddl { get; }

    /// <summary>The tables that <see cref="Ddl"/> makes, without a schema; as a rule the one that it is named after.</summary>
    public virtual IReadOnlyList<string> Tables => [Name[(Name.IndexOf('.', StringComparison.Ordinal) + 1)..]];

    /// <summary>
    /// Adds the statements that a run of events means for the tables, named without a schema. The events come in the
    /// log's order and are of the types it follows; statements and position commit together.
    /// </summary>
    public abstract void Apply(IReadOnlyList<StoredEvent> events, SqlStatements sql);

    internal string Schema => Name[..Name.IndexOf('.', StringComparison.Ordinal)];
}
