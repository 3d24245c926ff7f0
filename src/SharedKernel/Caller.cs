using System.Diagnostics;
using Lectern.Eventing;
using Microsoft.AspNetCore.Http;

namespace Lectern.SharedKernel;

/// <summary>Who makes the current request, as the verified credential says it; never taken from a body or a header.</summary>
/// <param name="Person">The person's id.</param>
/// <param name="Workspace">The workspace that the credential is for; every row read or written belongs to it.</param>
public sealed record Caller(Guid Person, Guid Workspace)
{
    /// <summary>
    /// Binds an endpoint's parameter of this type to whom authentication found. Where no one need be found, make the
    /// parameter nullable; elsewhere the request never reaches the endpoint without one.
    /// </summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context) => new(context.Features.Get<Caller>());
}

/// <summary>Opens sessions on behalf of a caller.</summary>
public static class CallerSessions
{
    /// <summary>A session that sees and writes the caller's workspace; its events carry the request's trace.</summary>
    public static Session OpenSession(this EventStore store, Caller caller) =>
        store.OpenSession(new SessionContext(caller.Workspace, ActorOf(caller.Person), RequestCorrelation()));

    /// <summary>How a person is named as an actor in events.</summary>
    public static string ActorOf(Guid person) => $"person:{person}";

    /// <summary>The current trace id, whose 16 bytes make a UUID; a new one where nothing is traced.</summary>
    public static Guid RequestCorrelation() =>
        Activity.Current is { } activity && Guid.TryParseExact(activity.TraceId.ToHexString(), "N", out var trace)
            ? trace
            : Guid.CreateVersion7();
}
