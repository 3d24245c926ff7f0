using System.Text.Json.Nodes;
using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.SignIn;
using Lectern.Eventing;
using Lectern.SharedKernel.Access;

namespace Lectern.Accounts.Workspaces;

/// <summary>An invitation that can be accepted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Workspace">Into which workspace.</param>
/// <param name="Role">The role there.</param>
/// <param name="Address">The invited address, normalized.</param>
internal sealed record OpenInvitation(Guid Id, Guid Workspace, Role Role, string Address);

/// <summary>
/// Turns an invitation into a membership, within any unit of work: that of somebody who is logged in, or that which makes
/// the account of somebody who signs up. Who has the token reads the mail of the invited address.
/// </summary>
internal sealed class InvitationAcceptance(EventStore store, ConfirmationTokens tokens)
{
    /// <summary>The purpose of its tokens.</summary>
    public const string Purpose = "invitation";

    /// <summary>The constraint that refuses an invitation which was accepted, withdrawn or replaced meanwhile.</summary>
    public const string NotOpen = "invitation_is_open";

    /// <summary>The constraint that refuses somebody who is in the workspace already.</summary>
    public const string IsMember = "members_pkey";

    /// <summary>The open invitation that a token is for, if it is for this address; nothing else is told about it.</summary>
    /// <param name="session">A worker session.</param>
    /// <param name="token">From the mail.</param>
    /// <param name="email">The address of whoever shows it.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<OpenInvitation?> FindAsync(Session session, string token, string email, CancellationToken cancel)
    {
        if (!tokens.TryRead(Purpose, token, out var id))
            return null;
        var address = EmailAddress.Normalize(email);
        var found = await session.QueryAsync(
            """
            select i.workspace_id, i.role from accounts.invitations i
            join accounts.workspaces w on w.id = i.workspace_id and w.deleted_at is null
            where i.id = $1 and i.email_normalized = $2 and i.expires_at > now()
            """,
            row => new OpenInvitation(
                id,
                row.GetGuid(0),
                Roles.TryParse(row.GetString(1), out var role)
                    ? role
                    : throw new InvalidDataException($"There is no role {row.GetString(1)}."),
                address
            ),
            cancel,
            id,
            address
        );
        return found.SingleOrDefault();
    }

    /// <summary>
    /// Adds the membership to a unit of work and closes the invitation. Saving it fails with a violated constraint,
    /// <see cref="NotOpen"/> or <see cref="IsMember"/>, if something has changed.
    /// </summary>
    /// <param name="session">A worker session, of any workspace.</param>
    /// <param name="invitation">What <see cref="FindAsync"/> found.</param>
    /// <param name="person">Who joins.</param>
    public void Accept(Session session, OpenInvitation invitation, Guid person)
    {
        session.Execute(
            "select accounts.accept_invitation($1, $2, $3, $4)",
            invitation.Id,
            invitation.Address,
            person,
            store.NewId()
        );
        AuditLog.Record(
            session,
            invitation.Workspace,
            "members.joined",
            AccountIds.Person(person),
            new JsonObject { ["invitation"] = AccountIds.Invitation(invitation.Id), ["role"] = invitation.Role.Name() }
        );
    }
}
