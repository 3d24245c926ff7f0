using Lectern.Eventing;

namespace Lectern.SharedKernel;

/// <summary>
/// What things of one kind are called now. Names stand in no event, since events stay and names can be erased; so
/// whoever tells about events asks the modules that own the names, which register one of these for each kind.
/// </summary>
/// <param name="kind">The kind of thing, as its ids begin: <c>job</c>.</param>
/// <param name="query">Id and name of those whose ids are in <c>$1</c>, from the module's own tables.</param>
/// <param name="unnamed">What one is called that is there without a name of its own, in the middle of a sentence.</param>
public sealed class NameSource(string kind, string query, string? unnamed = null)
{
    /// <summary>The kind of thing.</summary>
    public string Kind => kind;

    /// <summary>The names of those that are there and that the session may see; of the others there is none.</summary>
    /// <param name="session">Of whoever reads: row security decides what it sees.</param>
    /// <param name="ids">Of all things at once.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<IReadOnlyDictionary<Guid, ThingName>> ReadAsync(
        Session session,
        Guid[] ids,
        CancellationToken cancel
    ) =>
        new Dictionary<Guid, ThingName>(
            await session.QueryAsync(
                query,
                row =>
                    KeyValuePair.Create(
                        row.GetGuid(0),
                        unnamed is not null && row.IsDBNull(1)
                            ? new ThingName(unnamed, IsGiven: false)
                            : new ThingName(row.GetString(1))
                    ),
                cancel,
                ids
            )
        );
}

/// <summary>What something is called.</summary>
/// <param name="Text">A name, or what stands for one in the middle of a sentence.</param>
/// <param name="IsGiven">Whether somebody named it so; then it is written as it is, wherever it stands.</param>
public sealed record ThingName(string Text, bool IsGiven = true);
