using System.Diagnostics;
using System.Security.Claims;
using Lectern.Eventing;
using Microsoft.AspNetCore.Http;

namespace Lectern.SharedKernel.Http;

/// <summary>The caller of a request, and sessions on the caller's behalf.</summary>
public static class CallerAccess
{
    /// <summary>The claim with the person's id.</summary>
    public const string PersonClaim = "sub";

    /// <summary>The claim with the id of the workspace that the credential is for.</summary>
    public const string WorkspaceClaim = "ws";

    /// <summary>Who makes this request. Endpoints that allow anonymous requests must not ask.</summary>
    /// <exception cref="InvalidOperationException">The endpoint let an unauthenticated request through.</exception>
    public static Caller GetCaller(this HttpContext http) =>
        http.User.FindFirstValue(PersonClaim) is { } person && http.User.FindFirstValue(WorkspaceClaim) is { } workspace
            ? new Caller(Guid.Parse(person), Guid.Parse(workspace))
            : throw new InvalidOperationException("This endpoint needs an authenticated caller.");

    /// <summary>A session that sees and writes the caller's workspace.</summary>
    public static Session OpenSession(this EventStore store, HttpContext http)
    {
        var caller = http.GetCaller();
        return store.OpenSession(new SessionContext(caller.Workspace, $"person:{caller.Person}", CorrelationOf(http)));
    }

    /// <summary>The request's trace id as a UUID, so that its logs, events and messages carry the same.</summary>
    public static Guid CorrelationOf(HttpContext http) =>
        Activity.Current is { } activity ? Guid.Parse(activity.TraceId.ToHexString())
        : Guid.TryParse(http.TraceIdentifier, out var id) ? id
        : Guid.CreateVersion7();
}
