using System.Text.Json.Nodes;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.SignIn;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Workspaces;

/// <summary>Invites somebody into the workspace by mail; an earlier invitation to the same address is replaced.</summary>
/// <param name="Email">Whom; with or without an account.</param>
/// <param name="Role">The role that they will have: <c>viewer</c>, <c>editor</c> or <c>admin</c>.</param>
internal sealed record InviteMember(string Email, Role Role)
{
    /// <summary>How long an invitation can be accepted.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(7);

    /// <summary>Open invitations that a workspace may have: each is a mail to somebody who didn't ask for it.</summary>
    public const int MostOpen = 100;
}

/// <summary><c>POST /workspaces/{id}/invitations</c>.</summary>
internal static class InviteMemberEndpoint
{
    public static void Map(IEndpointRouteBuilder workspace) =>
        workspace
            .MapPost("/workspaces/{id}/invitations", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("Invite somebody into the workspace")
            .WithDescription("They get a mail with a token, which is good for seven days.")
            .ForAdmins()
            .LimitedAs<InviteMember>(RateLimit.Mail, command => EmailAddress.Normalize(command.Email))
            .WithExample(new InviteMember("john@example.com", Role.Editor), InvitationView.Example)
            .WithProblems(
                CommonProblems.NotFound,
                CommonProblems.InvalidValues,
                AccountsProblems.PersonalWorkspace,
                AccountsProblems.AlreadyMember,
                AccountsProblems.TooManyInvitations
            );

    private static async Task<Results<Created<InvitationView>, ProblemResult>> HandleAsync(
        string id,
        InviteMember command,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (EmailAddress.Fault(command.Email) is { } fault)
            return CommonProblems
                .InvalidValues.With("Nobody can be invited there.", new FieldError("/email", fault))
                .AsResult();
        var address = EmailAddress.Normalize(command.Email);
        await using var session = store.OpenWorkerSession(caller);
        var (workspace, locked) = await SharedWorkspace.LockAsync(session, cancel);
        if (workspace is null)
            return locked!.AsResult();
        if (await RefusalAsync(session, workspace.Id, address, cancel) is { } refusal)
            return refusal.AsResult();

        var invitation = store.NewId();
        session.Execute(
            "delete from accounts.invitations where workspace_id = $1 and email_normalized = $2",
            workspace.Id,
            address
        );
        // And what has expired, in whatever workspace: nobody needs those addresses any more.
        session.Execute(
            """
            delete from accounts.invitations where id in (
                select id from accounts.invitations where expires_at <= now() for update skip locked)
            """
        );
        session.Execute(
            """
            insert into accounts.invitations
                (id, workspace_id, email, email_normalized, role, invited_by, created_at, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            invitation,
            workspace.Id,
            command.Email,
            address,
            command.Role.Name(),
            caller.Person,
            workspace.Now,
            workspace.Now + InviteMember.Life
        );
        session.Enqueue(new MailInvitation(invitation));
        var publicId = AccountIds.Invitation(invitation);
        AuditLog.Record(
            session,
            workspace.Id,
            "invitations.made",
            publicId,
            new JsonObject { ["role"] = command.Role.Name() }
        );
        await session.SaveChangesAsync(cancel);
        return TypedResults.Created(
            $"/api/v1/workspaces/{id}/invitations/{publicId}",
            new InvitationView(
                publicId,
                command.Email,
                command.Role.Name(),
                AccountIds.Person(caller.Person),
                workspace.Now,
                workspace.Now + InviteMember.Life
            )
        );
    }

    private static async Task<Problem?> RefusalAsync(
        Session session,
        Guid workspace,
        string address,
        CancellationToken cancel
    )
    {
        var (isMember, open) = (
            await session.QueryAsync(
                """
                select exists (
                           select from accounts.members m join accounts.people p on p.id = m.person_id
                           where m.workspace_id = $1 and p.email_normalized = $2),
                       (select count(*) from accounts.invitations
                        where workspace_id = $1 and email_normalized <> $2 and expires_at > now())
                """,
                row => (row.GetBoolean(0), row.GetInt64(1)),
                cancel,
                workspace,
                address
            )
        ).Single();
        return isMember ? AccountsProblems.AlreadyMember.With("Somebody with this address is in the workspace.")
            : open >= InviteMember.MostOpen ? AccountsProblems.TooManyInvitations.With($"{open} invitations are open.")
            : null;
    }
}
