using Lectern.Eventing;

namespace Lectern.Accounts.Contracts;

/// <summary>
/// What another module does when somebody signs up, in the same unit of work: it commits with the account or not at
/// all, so it happens exactly once per person. Register implementations as this interface.
/// </summary>
public interface IWhenAccountRegistered
{
    /// <summary>Adds events, messages or statements to the sign-up's session. It reads nothing and does no I/O.</summary>
    void Apply(Session session, AccountRegistered registered);
}
