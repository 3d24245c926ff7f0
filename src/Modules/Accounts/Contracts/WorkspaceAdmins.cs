using Lectern.Eventing;

namespace Lectern.Accounts.Contracts;

/// <summary>Whom to tell what concerns a whole workspace.</summary>
public static class WorkspaceAdmins
{
    /// <summary>The admins of the session's workspace who can be written to; nobody when it was deleted.</summary>
    /// <param name="session">A worker session.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<List<Guid>> ListAsync(Session session, CancellationToken cancel) =>
        [
            .. (await MemberAddresses.ListAsync(session, session.Context.Workspace, null, "admin", cancel)).Select(a =>
                a.Person
            ),
        ];

    /// <summary>The address of somebody who is still such an admin; null for who is not.</summary>
    public static async Task<string?> FindAddressAsync(Session session, Guid person, CancellationToken cancel) =>
        await MemberAddresses.ListAsync(session, session.Context.Workspace, person, "admin", cancel)
            is [var (_, address)]
            ? address
            : null;
}
