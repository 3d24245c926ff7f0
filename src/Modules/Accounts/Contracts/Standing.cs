namespace Lectern.Accounts.Contracts;

/// <summary>
/// What a request stands on, for what goes on for longer than a request takes. It is a feature of requests to endpoints
/// that are <see cref="LiveCredentials"/>.
/// </summary>
public abstract class Standing
{
    /// <summary>Whether it has ended, and how; null while it stands. Cheap: it can be asked every second.</summary>
    public abstract ValueTask<StandingEnd?> EndAsync(CancellationToken cancel);
}

/// <summary>How a credential's time ended.</summary>
public enum StandingEnd
{
    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>Log-out, a revoked session or key, another role, a member who is none any more, a workspace that is gone.</summary>
    Revoked,
}

/// <summary>
/// Says that what an endpoint gives can go on for longer than the credential is good, as metadata: it is told the
/// <see cref="Standing"/>. Browsers can't send headers from everywhere, so there may be other ways in.
/// </summary>
/// <param name="TicketInQuery">Whether a ticket is accepted as <c>?ticket=</c>.</param>
/// <param name="TokenInQuery">Whether an access token is accepted as <c>?token=</c>.</param>
public sealed record LiveCredentials(bool TicketInQuery = true, bool TokenInQuery = false);
