using System.Diagnostics;
using Lectern.Eventing;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Privacy;
using Microsoft.AspNetCore.Http;

namespace Lectern.SharedKernel;

/// <summary>Who makes the current request, as the verified credential says it; never taken from a body or a header.</summary>
/// <param name="Person">The person's id; for an API key, of who made the key.</param>
/// <param name="Workspace">The workspace that the credential is for; every row read or written belongs to it.</param>
/// <param name="Role">What the person may do in that workspace.</param>
public sealed record Caller(Guid Person, Guid Workspace, Role Role)
{
    /// <summary>The session that the access token belongs to; null for an API key.</summary>
    public Guid? Session { get; init; }

    /// <summary>The API key that was used instead of an access token.</summary>
    public CallerKey? ApiKey { get; init; }

    /// <summary>Whether the person administers the whole platform.</summary>
    public bool IsPlatformAdmin { get; init; }

    /// <summary>
    /// Whether they administer the workspace and are logged in: sessions and keys are listed to nobody else, so nobody else
    /// is told who acted with which.
    /// </summary>
    public bool IsAdminInPerson => Role == Role.Admin && ApiKey is null;

    /// <summary>Whether a platform administrator is in a workspace without being its member; all of it is audited.</summary>
    public bool IsVisiting { get; init; }

    /// <summary>
    /// Binds an endpoint's parameter of this type to whom authentication found. Where no one need be found, make the
    /// parameter nullable; elsewhere the request never reaches the endpoint without one.
    /// </summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context) => new(context.Features.Get<Caller>());
}

/// <summary>An API key, as far as a request needs to know it.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="Scopes">What it is good for, such as <c>jobs:read</c>; see <see cref="ApiScopes"/>.</param>
/// <param name="CreditCap">Micro-credits that it may spend in all; null for no cap of its own.</param>
public sealed record CallerKey(Guid Id, IReadOnlySet<string> Scopes, long? CreditCap);

/// <summary>Opens sessions on behalf of a caller.</summary>
public static class CallerSessions
{
    private const string PersonPrefix = "person:";
    private const string KeyPrefix = "key:";
    private const string SessionPrefix = "session:";

    /// <summary>A session that sees and writes the caller's workspace; its events carry the request's trace.</summary>
    public static Session OpenSession(this EventStore store, Caller caller) => store.OpenSession(ContextOf(caller));

    /// <summary>
    /// A session past row security on behalf of a caller, for what lies outside of one workspace: log-out, administration.
    /// </summary>
    public static Session OpenWorkerSession(this EventStore store, Caller caller) =>
        store.OpenWorkerSession(ContextOf(caller));

    /// <summary>A session past row security on behalf of nobody: sweeps, checks, erasures, and what comes before a log-in.</summary>
    /// <param name="store">The store.</param>
    /// <param name="workspace">Whose data it writes; empty for none in particular.</param>
    public static Session OpenSystemSession(this EventStore store, Guid workspace = default) =>
        store.OpenWorkerSession(new SessionContext(workspace, "system", RequestCorrelation()));

    /// <summary>A session that sees what a person's export may: their personal workspace.</summary>
    public static Session OpenSession(this EventStore store, DataSubject subject) =>
        store.OpenSession(new SessionContext(subject.Workspace, ActorOf(subject.Person), RequestCorrelation()));

    private static SessionContext ContextOf(Caller caller) =>
        new(
            caller.Workspace,
            ActorOf(caller.Person),
            RequestCorrelation(),
            Credential: caller is { ApiKey: { } key } ? $"{KeyPrefix}{key.Id}"
                : caller is { Session: { } session } ? $"{SessionPrefix}{session}"
                : null
        );

    /// <summary>How a person is named as an actor in events.</summary>
    public static string ActorOf(Guid person) => $"{PersonPrefix}{person}";

    /// <summary>The person that an actor is; null for the system.</summary>
    public static Guid? PersonOf(string actor) => IdIn(actor, PersonPrefix);

    /// <summary>The API key that a credential is; null when it is none.</summary>
    public static Guid? KeyOf(string? credential) => IdIn(credential, KeyPrefix);

    /// <summary>The session that a credential is; null when it is none.</summary>
    public static Guid? SessionOf(string? credential) => IdIn(credential, SessionPrefix);

    /// <summary>The current trace id, whose 16 bytes make a UUID; a new one where nothing is traced.</summary>
    public static Guid RequestCorrelation() =>
        Activity.Current is { } activity && Guid.TryParseExact(activity.TraceId.ToHexString(), "N", out var trace)
            ? trace
            : Guid.CreateVersion7();

    private static Guid? IdIn(string? text, string prefix) =>
        text?.StartsWith(prefix, StringComparison.Ordinal) == true
        && Guid.TryParse(text.AsSpan(prefix.Length), out var id)
            ? id
            : null;
}
