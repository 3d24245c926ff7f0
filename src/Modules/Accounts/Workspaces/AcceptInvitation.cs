using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Workspaces;

/// <summary>Joins the workspace that one was invited into.</summary>
/// <param name="Token">From the mail.</param>
internal sealed record AcceptInvitation(string Token);

/// <summary>A membership that has just begun.</summary>
/// <param name="Workspace">Its id; <c>POST /auth/refresh</c> gives a token for it.</param>
/// <param name="Role">The role there.</param>
internal sealed record JoinedWorkspace(string Workspace, string Role);

/// <summary><c>POST /invitations/accept</c>. A token that isn't the caller's is none: whose it is, isn't told.</summary>
internal static class AcceptInvitationEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/invitations/accept", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("Accept an invitation")
            .ForThePerson()
            .WithExample(
                new AcceptInvitation("AYsM0xT2fzuXm…"),
                new JoinedWorkspace("workspace_01h455vb4pex5vsknk084sn02r", "editor")
            )
            .WithProblems(CommonProblems.NotFound, AccountsProblems.AlreadyMember);

    private static async Task<Results<Ok<JoinedWorkspace>, ProblemResult>> HandleAsync(
        AcceptInvitation command,
        Caller caller,
        EventStore store,
        InvitationAcceptance acceptance,
        CancellationToken cancel
    )
    {
        await using var looking = store.OpenWorkerSession(caller);
        if (
            await VerifiedAddressAsync(looking, caller.Person, cancel) is not { } address
            || await acceptance.FindAsync(looking, command.Token, address, cancel) is not { } invitation
        )
            return NotThere();
        await using var session = store.OpenWorkerSession(caller with { Workspace = invitation.Workspace });
        acceptance.Accept(session, invitation, caller.Person);
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException late) when (late.Constraint == InvitationAcceptance.NotOpen)
        {
            return NotThere();
        }
        catch (ConstraintViolatedException twice) when (twice.Constraint == InvitationAcceptance.IsMember)
        {
            return AccountsProblems.AlreadyMember.With("You are in the workspace already.").AsResult();
        }

        return TypedResults.Ok(new JoinedWorkspace(AccountIds.Workspace(invitation.Workspace), invitation.Role.Name()));
    }

    private static async Task<string?> VerifiedAddressAsync(Session session, Guid person, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                "select email from accounts.people where id = $1 and email_verified_at is not null",
                row => row.GetString(0),
                cancel,
                person
            )
        ).SingleOrDefault();

    private static ProblemResult NotThere() =>
        CommonProblems
            .NotFound.With("There is no open invitation with this token to the confirmed address of your account.")
            .AsResult();
}
