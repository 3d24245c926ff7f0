using Lectern.Accounts.Contracts;
using Lectern.Billing.Contracts;
using Lectern.Eventing;

namespace Lectern.Billing;

/// <summary>
/// Opens the wallet of a shared workspace in the transaction that makes it, and grants nothing: credits come with people,
/// or whoever makes many workspaces would have many times the credits.
/// </summary>
internal sealed class OpenWalletWhenWorkspaceCreated : IWhenWorkspaceCreated
{
    public void Apply(Session session, WorkspaceCreated created) => Wallets.Open(session);
}
