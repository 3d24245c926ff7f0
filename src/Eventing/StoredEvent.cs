namespace Lectern.Eventing;

/// <summary>An event with its envelope, as it stands in the log or is about to.</summary>
/// <param name="Seq">Position in the log; 0 while the event is being appended.</param>
/// <param name="Id">Made by the writer (UUIDv7); tells a retry that its first attempt had committed.</param>
/// <param name="Stream">The stream that it belongs to.</param>
/// <param name="Version">
/// Its place in the stream, from 1; null while it is appended without an expected version (see
/// <see cref="Session"/>), when only the database knows it.
/// </param>
/// <param name="Data">The event itself, in its newest version.</param>
/// <param name="Type">The stored name, for example <c>jobs.job_submitted.v1</c>.</param>
/// <param name="Workspace">The workspace that it belongs to.</param>
/// <param name="Actor">Who caused it: <c>person:&lt;id&gt;</c> or <c>system</c>.</param>
/// <param name="Correlation">The request that started it all.</param>
/// <param name="Causation">The message whose handling appended it, if any.</param>
/// <param name="At">
/// When it was appended, by the database's clock; null while it is being appended. A view's statement writes
/// <c>coalesce($n, now())</c>, which is the same instant live and replayed.
/// </param>
/// <param name="Credential">With what the person acted: <c>session:&lt;id&gt;</c> or <c>key:&lt;id&gt;</c>; null for the system.</param>
public sealed record StoredEvent(
    long Seq,
    Guid Id,
    Guid Stream,
    int? Version,
    object Data,
    string Type,
    Guid Workspace,
    string Actor,
    Guid Correlation,
    Guid? Causation,
    DateTimeOffset? At,
    string? Credential = null
);
