using Lectern.Accounts.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;

namespace Lectern.Accounts.Access;

/// <summary>Routes below <c>/workspaces/{id}</c> name the workspace that the token is for; every other one isn't there.</summary>
internal static class OwnWorkspace
{
    /// <summary>404 unless the id of the route is the caller's workspace.</summary>
    public static Problem? Refusal(string id, Caller caller) =>
        PublicId.TryParse(AccountIds.WorkspacePrefix, id, out var workspace) && workspace == caller.Workspace
            ? null
            : CommonProblems.NotFound.With(
                "There is no such workspace for this token; POST /api/v1/auth/refresh with the workspace gets one for it."
            );
}
