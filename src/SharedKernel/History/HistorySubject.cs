using System.Text.Json;
using Lectern.Eventing;

namespace Lectern.SharedKernel.History;

/// <summary>What the API calls a kind of stream, and where it finds one: all that a module says about its histories.</summary>
/// <param name="Kind">The stream's stored name, such as <c>job</c>; also what exports are marked with.</param>
/// <param name="Name">As it stands in operation names: <c>Job</c> makes GetJobEvents.</param>
/// <param name="Called">As it stands in sentences: <c>a job</c>.</param>
/// <param name="Tag">The area of the API.</param>
/// <param name="Prefix">How public ids of these streams begin.</param>
/// <param name="Types">How the stored names of its events begin; no others are taken from a document.</param>
/// <param name="NotThere">The one answer for a stream that isn't there, is somebody else's, or has no id at all.</param>
/// <param name="FindAsync">
/// The stream, if the session may see its history. The id is null where the route has none, since a workspace has one such
/// stream.
/// </param>
/// <param name="Example">An event and a state, for the description of the API.</param>
public sealed record HistorySubject(
    string Kind,
    string Name,
    string Called,
    string Tag,
    string Prefix,
    string[] Types,
    Problem NotThere,
    Func<Session, Guid?, CancellationToken, Task<Guid?>> FindAsync,
    HistoryExample Example
)
{
    /// <summary>Whether a stored name is one of this stream's events.</summary>
    internal bool Has(string type) => Types.Any(start => type.StartsWith(start, StringComparison.Ordinal));
}

/// <summary>What an operation of a history shows as its example.</summary>
/// <param name="Type">The stored name of an event.</param>
/// <param name="Data">The event as JSON.</param>
/// <param name="State">A state as JSON.</param>
public sealed record HistoryExample(string Type, JsonElement Data, JsonElement State);
