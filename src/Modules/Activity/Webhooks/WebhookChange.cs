using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Lectern.Activity.Webhooks;

/// <summary>
/// What every change of a webhook does: it expects the version that the client read (If-Match), or the one that is there,
/// and makes the next one. The stream's version decides between two who change it at the same time.
/// </summary>
internal static class WebhookChange
{
    private const int Tries = 5;

    public static readonly ProblemType[] Problems =
    [
        CommonProblems.NotFound,
        CommonProblems.InvalidValues,
        CommonProblems.PreconditionFailed,
        CommonProblems.Conflict,
    ];

    /// <summary>Changes a webhook of the caller's workspace; answers with what it is then, or why not.</summary>
    /// <param name="request">Who wants it, and where.</param>
    /// <param name="id">Which, as the client names it.</param>
    /// <param name="change">Gathers the change; a refusal, or null.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<(WebhookView? After, Problem? Refusal)> DoAsync(
        WebhookRequest request,
        string id,
        Func<Session, StreamForWriting<Webhook>, WebhookView, Task<Problem?>> change,
        CancellationToken cancel
    )
    {
        var (http, caller, store) = (request.Http, request.Caller, request.Store);
        for (var tries = 1; ; tries++)
        {
            if (await WebhookView.FindAsync(store, caller, id, cancel) is not var (known, before))
                return (null, WebhookProblems.NotFound);
            await using var session = store.OpenWorkerSession(caller);
            var stream = await session.FetchForWriting<Webhook>(known, cancel);
            if (stream is null or { State.IsDeleted: true })
                return (null, WebhookProblems.NotFound);
            var tag = VersionTag.Of(stream.Version);
            if (VersionTag.Stale(http.Request, tag, $"The webhook is in version {stream.Version}.") is { } stale)
                return (null, stale);
            if (before.Version != stream.Version) // changed between the two looks: what it was is not known
            {
                if (tries < Tries)
                    continue;
                return (null, Outrun(http));
            }

            var version = stream.Version;
            if (await change(session, stream, before) is { } refusal)
                return (null, refusal);
            if (stream.Version == version)
                return (before, null);
            session.Execute(
                "update activity.webhooks set version = $2, changed_at = now() where id = $1",
                known,
                stream.Version
            );
            try
            {
                await session.SaveChangesAsync(cancel);
            }
            catch (ConcurrencyException)
            {
                return (null, Outrun(http));
            }
            catch (ConstraintViolatedException lost) when (tries < Tries && WorkspaceSecrets.IsLostRace(lost))
            {
                continue;
            }

            return (await WebhookView.FindAsync(store, caller, known, cancel), null);
        }
    }

    public static IResult Answer(HttpContext http, (WebhookView? After, Problem? Refusal) outcome)
    {
        if (outcome.Refusal is { } refusal)
            return refusal.AsResult();
        if (outcome.After is not { } after)
            return WebhookProblems.NotFound.AsResult(); // deleted meanwhile
        VersionTag.Tell(http.Response, VersionTag.Of(after.Version));
        return TypedResults.Ok(after); // since when it fails is no new version, so it is never unchanged
    }

    private static Problem Outrun(HttpContext http) =>
        http.Request.Headers.IfMatch.Count > 0
            ? CommonProblems.PreconditionFailed.With("Somebody else changed the webhook at the same time.")
            : CommonProblems.Conflict.With("Somebody else changed the webhook at the same time.");
}

/// <summary>A request about webhooks.</summary>
/// <param name="Http">The request itself.</param>
/// <param name="Caller">Who makes it.</param>
/// <param name="Store">The store.</param>
internal readonly record struct WebhookRequest(
    HttpContext Http,
    Caller Caller,
    [property: FromServices] EventStore Store
);
