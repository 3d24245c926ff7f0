using Lectern.Eventing;

namespace Lectern.Accounts.Contracts;

/// <summary>
/// What another module does when somebody makes a shared workspace, in the same unit of work: it commits with the
/// workspace or not at all. Register implementations as this interface. A personal workspace comes with its account: see
/// <see cref="IWhenAccountRegistered"/>.
/// </summary>
public interface IWhenWorkspaceCreated
{
    /// <summary>Adds events, messages or statements to the session, which is the new workspace's. It reads nothing.</summary>
    void Apply(Session session, WorkspaceCreated created);
}
