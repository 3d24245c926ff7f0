namespace Lectern.Eventing;

/// <summary>A table that a projection writes.</summary>
/// <param name="Name">With its schema.</param>
/// <param name="Stream">The column that has the stream's id.</param>
/// <param name="Key">What tells the rows of one stream apart.</param>
/// <param name="Columns">The columns that are the projection's, if the table has others.</param>
public sealed record ProjectedTable(string Name, string Stream, string[] Key, string[]? Columns = null)
{
    /// <summary>The temporary table that a replay writes instead.</summary>
    internal string Scratch => $"pg_temp.{Name[(Name.IndexOf('.', StringComparison.Ordinal) + 1)..]}";
}
