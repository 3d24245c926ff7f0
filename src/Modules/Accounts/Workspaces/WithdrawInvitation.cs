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

/// <summary><c>DELETE /workspaces/{id}/invitations/{invitation}</c>: the token in the mail is good for nothing then.</summary>
internal static class WithdrawInvitationEndpoint
{
    public static void Map(IEndpointRouteBuilder workspace) =>
        workspace
            .MapDelete("/workspaces/{id}/invitations/{invitation}", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("Withdraw an invitation")
            .ForAdmins()
            .WithExample()
            .WithProblems(CommonProblems.NotFound);

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        string id,
        string invitation,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var looking = store.OpenSession(caller);
        if (
            !PublicId.TryParse(AccountIds.InvitationPrefix, invitation, out var named)
            || (
                await looking.QueryAsync(
                    "select 1 from accounts.invitations where id = $1 and workspace_id = $2 and expires_at > now()",
                    _ => 1,
                    cancel,
                    named,
                    caller.Workspace
                )
            )
                is []
        )
            return WorkspaceOfToken.NotThere().AsResult();
        await using var session = store.OpenWorkerSession(caller);
        session.Execute(
            "delete from accounts.invitations where id = $1 and workspace_id = $2",
            named,
            caller.Workspace
        );
        AuditLog.Record(session, caller.Workspace, "invitations.withdrawn", invitation);
        await session.SaveChangesAsync(cancel);
        return TypedResults.NoContent();
    }
}
