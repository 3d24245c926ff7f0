using Lectern.Accounts.Administration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Workspaces;

/// <summary>All that lies below <c>/workspaces</c> and <c>/invitations</c>.</summary>
internal static class WorkspaceEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        ListWorkspacesEndpoint.Map(api);
        CreateWorkspaceEndpoint.Map(api);
        AcceptInvitationEndpoint.Map(api);

        var workspace = api.MapGroup("").AddEndpointFilter(WorkspaceOfToken.RequireAsync);
        ShowWorkspaceEndpoint.Map(workspace);
        RenameWorkspaceEndpoint.Map(workspace);
        DeleteWorkspaceEndpoint.Map(workspace);
        ListMembersEndpoint.Map(workspace);
        ChangeMemberRoleEndpoint.Map(workspace);
        RemoveMemberEndpoint.Map(workspace);
        TransferWorkspaceEndpoint.Map(workspace);
        ListInvitationsEndpoint.Map(workspace);
        InviteMemberEndpoint.Map(workspace);
        WithdrawInvitationEndpoint.Map(workspace);
        AuditLogEndpoints.MapWorkspace(workspace);
    }
}
