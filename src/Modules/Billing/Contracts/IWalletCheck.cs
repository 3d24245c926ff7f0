using Lectern.Eventing;

namespace Lectern.Billing.Contracts;

/// <summary>
/// An invariant between wallets and what another module knows of their holds. It is looked at in production, for the
/// workspaces whose wallets moved; a breach that is still there at a second look stops the workspace's billing.
/// </summary>
public interface IWalletCheck
{
    /// <summary>Its name in <c>lectern audit</c>.</summary>
    string Name { get; }

    /// <summary>The breaches among some workspaces. Wallets and jobs may move while it looks.</summary>
    /// <param name="session">A worker's session.</param>
    /// <param name="workspaces">Which ones.</param>
    /// <param name="cancel">Ends the look.</param>
    Task<IReadOnlyList<WalletBreach>> FindAsync(Session session, Guid[] workspaces, CancellationToken cancel);
}

/// <summary>What is wrong in a workspace.</summary>
/// <param name="Workspace">Whose books don't add up.</param>
/// <param name="Text">For operators: ids and amounts.</param>
public sealed record WalletBreach(Guid Workspace, string Text);
