using System.Net.WebSockets;

namespace Lectern.Activity.Live;

/// <summary>Why a live connection ends: as the last message's <c>reason</c>, and as the close code of a WebSocket.</summary>
/// <param name="Reason">A stable code.</param>
/// <param name="CloseCode">
/// One of RFC 6455, section 7.4.1, or of the range 4000 to 4999, which it leaves to applications.
/// </param>
internal sealed record LiveEnd(string Reason, int CloseCode)
{
    /// <summary>The job is over, and everything about it was told.</summary>
    public static readonly LiveEnd JobEnded = new("job_ended", 1000);

    /// <summary>The client said good-bye.</summary>
    public static readonly LiveEnd ClientLeft = new("client_left", 1000);

    /// <summary>The host stops; another one, or this one in a moment, goes on behind the last id.</summary>
    public static readonly LiveEnd HostStopping = new("host_stopping", 1001);

    /// <summary>Too many messages came from the client.</summary>
    public static readonly LiveEnd Flood = new("flood", 1008);

    /// <summary>A message from the client was too big.</summary>
    public static readonly LiveEnd MessageTooBig = new("message_too_big", 1009);

    /// <summary>Something broke here; the client can go on behind the last id.</summary>
    public static readonly LiveEnd Broken = new("internal_error", 1011);

    /// <summary>The access token's time is over.</summary>
    public static readonly LiveEnd Expired = new("credential_expired", 4401);

    /// <summary>Log-out, a revoked session or key, another role, no member any more, a workspace that is gone.</summary>
    public static readonly LiveEnd Revoked = new("credential_revoked", 4403);

    /// <summary>More was waiting for the client than is kept; it can go on behind the last id.</summary>
    public static readonly LiveEnd TooSlow = new("too_slow", 4408);

    /// <summary>All of them, for the documentation's test.</summary>
    public static IReadOnlyList<LiveEnd> All { get; } =
    [JobEnded, ClientLeft, HostStopping, Flood, MessageTooBig, Broken, Expired, Revoked, TooSlow];

    /// <summary>The close code as .NET names it.</summary>
    public WebSocketCloseStatus Status => (WebSocketCloseStatus)CloseCode;
}
