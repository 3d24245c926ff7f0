using Lectern.Eventing;

namespace Lectern.Billing.Contracts;

/// <summary>
/// A module that places holds ends what a hold was placed for when the hold expires. A hold that nobody ends is released.
/// </summary>
public interface IWhenHoldExpires
{
    /// <summary>
    /// Ends what the hold was for, and the hold with it, in the session's unit of work; false when the hold isn't this
    /// module's, or nothing runs on it any more.
    /// </summary>
    Task<bool> EndAsync(Session session, OpenHold hold, CancellationToken cancel);
}
