using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Accounts.SignIn;

/// <summary>On whose behalf sign-in works.</summary>
internal static class SignInContext
{
    /// <summary>Nobody is known yet, so no workspace is. For worker sessions.</summary>
    public static SessionContext Anonymous() => new(Guid.Empty, "system", CallerSessions.RequestCorrelation());

    /// <summary>A person who proved to be one, in no workspace.</summary>
    public static SessionContext Of(Guid person) =>
        new(Guid.Empty, CallerSessions.ActorOf(person), CallerSessions.RequestCorrelation());
}
