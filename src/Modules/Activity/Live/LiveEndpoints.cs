using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Lectern.Activity.Live;

/// <summary>Where one is told what happens, as it happens: by server-sent events and by WebSockets.</summary>
internal sealed class LiveEndpoints(
    EventStore store,
    LiveConnections connections,
    LiveFollowing following,
    ICorsPolicyProvider origins,
    PublicAddress address,
    IOptions<LiveSettings> settings,
    TimeProvider time
)
{
    private const string Ids =
        "Each event's id can be sent as Last-Event-ID or ?after= to go on behind it without a gap; one that is unknown here "
        + "is refused. Without a header to authenticate with, pass a ticket from POST /live/tickets as ?ticket=. "
        + "The last message, closed, says why it ends. See docs/live.md.";

    public static void Map(IEndpointRouteBuilder api)
    {
        AsLive(
                api.MapGet(
                    "/jobs/{id}/events/live",
                    (string id, Caller caller, HttpContext http, LiveEndpoints live) =>
                        live.FollowJobAsync(id, caller, http)
                ),
                new LiveCredentials()
            )
            .WithName("FollowJob")
            .WithTags("jobs")
            .WithSummary("What happens to a job, as it happens")
            .WithDescription(
                "Server-sent events from the job's beginning on; the id of each is its version. Beside them come progress "
                    + "messages without an id, two a second at most. The stream ends when the job has ended. "
                    + Ids
            )
            .Produces<string>(contentType: "text/event-stream")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(CommonProblems.MalformedRequest, CommonProblems.NotFound, ActivityProblems.TooManyConnections)
            .WithExample();
        AsLive(
                api.MapGet(
                    "/events/live",
                    (Caller caller, HttpContext http, LiveEndpoints live, [FromQuery] string[]? type = null) =>
                        live.FollowWorkspaceAsync(type ?? [], caller, http)
                ),
                new LiveCredentials()
            )
            .WithName("FollowWorkspace")
            .WithTags("activity")
            .WithSummary("What happens in the workspace, as it happens")
            .WithDescription(
                "Server-sent events from now on. type, which may come several times, asks for types such as job.completed, "
                    + "for their beginnings such as job, and for progress; job.chunk_done and job.voice_fell_back come only "
                    + "when they are asked for by name. "
                    + Ids
            )
            .Produces<string>(contentType: "text/event-stream")
            .WithProblems(
                CommonProblems.MalformedRequest,
                CommonProblems.InvalidValues,
                ActivityProblems.TooManyConnections
            )
            .WithExample();
        MapProject(api);
    }

    private static void MapProject(IEndpointRouteBuilder api) =>
        AsLive(
                api.MapGet(
                    "/projects/{id}/events/live",
                    (string id, Caller caller, HttpContext http, LiveEndpoints live) =>
                        live.FollowProjectAsync(id, caller, http)
                ),
                new LiveCredentials()
            )
            .WithName("FollowProject")
            .WithTags("projects")
            .WithSummary("What happens in a project, as it happens")
            .WithDescription(
                "Server-sent events about the project and the jobs that are in it, from now on, without their passages. "
                    + Ids
            )
            .Produces<string>(contentType: "text/event-stream")
            .WithProblems(CommonProblems.MalformedRequest, CommonProblems.NotFound, ActivityProblems.TooManyConnections)
            .WithExample();

    public static void MapSockets(IEndpointRouteBuilder root)
    {
        var credentials = new LiveCredentials(TokenInQuery: true);
        AsLive(
                root.MapGet(
                    "/ws/jobs/{id}",
                    (string id, Caller caller, HttpContext http, LiveEndpoints live) =>
                        live.SocketOfJobAsync(id, caller, http)
                ),
                credentials
            )
            .WithTags("jobs")
            .ExcludeFromDescription(); // OpenAPI has no WebSockets; docs/live.md describes them
        AsLive(
                root.MapGet(
                    "/ws/jobs",
                    (Caller caller, HttpContext http, LiveEndpoints live, [FromQuery] string[]? type = null) =>
                        live.SocketOfJobsAsync(type ?? [], caller, http)
                ),
                credentials
            )
            .WithTags("jobs")
            .ExcludeFromDescription();
    }

    // A connection of an hour is neither a slow request nor one to give up.
    private static RouteHandlerBuilder AsLive(RouteHandlerBuilder endpoint, LiveCredentials credentials)
    {
        endpoint.DisableRequestTimeout();
        endpoint.DisableHttpMetrics();
        return endpoint.WithMetadata(credentials);
    }

    private async Task<IResult> FollowJobAsync(string id, Caller caller, HttpContext http)
    {
        var cancel = http.RequestAborted;
        await using var session = store.OpenSession(caller);
        if (await FindJobAsync(session, id, cancel) is not { } job)
            return NoSuchJob;
        var last = LivePlace.LastIdOf(http);
        if (await PlaceAsync(session, job, last, cancel) is not { } place)
            return LivePlace.Unknown.AsResult();
        // A browser's EventSource comes again after every end, and stays away after this answer only.
        var scope = LiveScope.OfJob(caller.Workspace, job);
        if (last is not null && await LiveFollowing.HasEndedAsync(session, scope, place.Seq, cancel))
            return TypedResults.NoContent();
        return await StreamAsync(scope, place, caller, http);
    }

    private async Task<IResult> FollowProjectAsync(string id, Caller caller, HttpContext http)
    {
        await using var session = store.OpenSession(caller);
        if (
            !PublicId.TryParse(ProjectDirectory.Prefix, id, out var project)
            || !await ProjectDirectory.IsThereAsync(session, project, http.RequestAborted)
        )
            return ProjectDirectory.NotThere.AsResult();
        return await FollowAsync(LiveScope.OfProject(caller.Workspace, project), StreamAsync, caller, http);
    }

    private async Task<IResult> FollowWorkspaceAsync(string[] types, Caller caller, HttpContext http) =>
        LiveScope.OfWorkspace(caller.Workspace, types, out var fault) is { } scope
            ? await FollowAsync(scope, StreamAsync, caller, http)
            : fault!.AsResult();

    private async Task<IResult> FollowAsync(
        LiveScope scope,
        Func<LiveScope, LivePlace?, Caller, HttpContext, Task<IResult>> open,
        Caller caller,
        HttpContext http
    )
    {
        var last = LivePlace.LastIdOf(http);
        var place = last is null ? null : await FindAsync(last, caller, http.RequestAborted);
        if (last is not null && place is null)
            return LivePlace.Unknown.AsResult();
        return await open(scope, place, caller, http);
    }

    private async Task<IResult> SocketOfJobAsync(string id, Caller caller, HttpContext http)
    {
        await using var session = store.OpenSession(caller);
        if (await FindJobAsync(session, id, http.RequestAborted) is not { } job)
            return NoSuchJob;
        return await PlaceAsync(session, job, LivePlace.LastIdOf(http), http.RequestAborted) is { } place
            ? await SocketAsync(LiveScope.OfJob(caller.Workspace, job), place, caller, http)
            : LivePlace.Unknown.AsResult();
    }

    private async Task<IResult> SocketOfJobsAsync(string[] types, Caller caller, HttpContext http) =>
        LiveScope.OfJobs(caller.Workspace, types, out var fault) is { } scope
            ? await FollowAsync(scope, SocketAsync, caller, http)
            : fault!.AsResult();

    private async Task<IResult> StreamAsync(LiveScope scope, LivePlace? place, Caller caller, HttpContext http)
    {
        if (connections.Enter(caller) is { } full)
            return full.AsResult();
        try
        {
            var events = new ServerSentEvents(http, idsAreVersions: scope.Job is not null);
            using var connection = Connect(scope, caller, http, events);
            await following.FollowAsync(connection, place);
            return TypedResults.Empty;
        }
        finally
        {
            connections.Leave(caller);
        }
    }

    private async Task<IResult> SocketAsync(LiveScope scope, LivePlace? place, Caller caller, HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.Headers.Upgrade = "websocket";
            return ActivityProblems.UpgradeRequired.With("The request does not ask for a WebSocket.").AsResult();
        }

        if (!await IsAllowedAsync(http))
            return ActivityProblems.OriginNotAllowed.With("The page that asks is of another site.").AsResult();
        if (connections.Enter(caller) is { } full)
            return full.AsResult();
        try
        {
            var silence = TimeSpan.FromSeconds(settings.Value.HeartbeatSeconds);
            using var accepted = await http.WebSockets.AcceptWebSocketAsync(
                new WebSocketAcceptContext { KeepAliveInterval = silence, KeepAliveTimeout = silence }
            );
            var socket = new LiveSocket(accepted, time);
            using var connection = Connect(scope, caller, http, socket);
            var receiving = CloseWhenAsync(connection, socket.ReceiveAsync());
            await following.FollowAsync(connection, place);
            accepted.Abort(); // no-op after a good-bye; else what still reads is let go
            await receiving;
            return TypedResults.Empty;
        }
        finally
        {
            connections.Leave(caller);
        }
    }

    private LiveConnection Connect(LiveScope scope, Caller caller, HttpContext http, ILiveWire wire) =>
        new(caller, http.Features.GetRequiredFeature<Standing>(), scope, wire, time, http.RequestAborted);

    private static async Task CloseWhenAsync(LiveConnection connection, Task<LiveEnd> client) =>
        connection.Close(await client);

    /// <summary>A page of our own or of an allowed origin; what is no browser names none (RFC 6455, section 10.2).</summary>
    private async Task<bool> IsAllowedAsync(HttpContext http) =>
        http.Request.Headers.Origin.ToString() is not { Length: > 0 } origin
        || origin == $"{http.Request.Scheme}://{http.Request.Host}"
        || Uri.TryCreate(address.Url, UriKind.Absolute, out var own) && origin == own.GetLeftPart(UriPartial.Authority)
        || await origins.GetPolicyAsync(http, null) is { } policy && policy.IsOriginAllowed(origin);

    private static async Task<Guid?> FindJobAsync(Session session, string id, CancellationToken cancel) =>
        PublicId.TryParse(JobReader.Prefix, id, out var job) && await JobReader.ExistsAsync(session, job, cancel)
            ? job
            : null;

    private async Task<LivePlace?> FindAsync(string id, Caller caller, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        return await LivePlace.FindAsync(session, null, id, cancel);
    }

    private static async Task<LivePlace?> PlaceAsync(
        Session session,
        Guid job,
        string? last,
        CancellationToken cancel
    ) => last is null ? LivePlace.Beginning : await LivePlace.FindAsync(session, job, last, cancel);

    private static IResult NoSuchJob => CommonProblems.NotFound.With("There is no such job.").AsResult();
}
