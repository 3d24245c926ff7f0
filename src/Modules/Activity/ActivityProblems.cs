using Lectern.Activity.Webhooks;
using Lectern.SharedKernel;

namespace Lectern.Activity;

/// <summary>The refusals of this module.</summary>
internal static class ActivityProblems
{
    private const string Module = "activity";

    /// <summary>429: so many live connections are open already.</summary>
    public static readonly ProblemType TooManyConnections = new(
        Module,
        "too-many-connections",
        429,
        "There are too many live connections.",
        "Close one first; one connection to /events/live or /ws/jobs tells about all jobs."
    );

    /// <summary>426: a WebSocket was not asked for.</summary>
    public static readonly ProblemType UpgradeRequired = new(
        Module,
        "upgrade-required",
        426,
        "This is for WebSockets only.",
        "Connect with a WebSocket client, or use GET /api/v1/events/live, which is plain HTTP."
    );

    /// <summary>403: a page of a site that is not allowed asks for a WebSocket.</summary>
    public static readonly ProblemType OriginNotAllowed = new(
        Module,
        "origin-not-allowed",
        403,
        "Pages of this site may not connect.",
        "Ask an operator to add the site to Lectern:Http:CorsOrigins."
    );

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<ProblemType> All =
    [
        TooManyConnections,
        UpgradeRequired,
        OriginNotAllowed,
        .. WebhookProblems.All,
    ];
}
