using Lectern.Accounts.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Http;

namespace Lectern.Accounts.Workspaces;

/// <summary>
/// Whatever lies below <c>/workspaces/{id}</c> is served to tokens of that workspace only: another workspace isn't there,
/// whether it exists or not and whether the person is in it or not. To work in another one, get a token for it.
/// </summary>
internal static class WorkspaceOfToken
{
    public static ValueTask<object?> RequireAsync(
        EndpointFilterInvocationContext context,
        EndpointFilterDelegate next
    ) =>
        context.HttpContext.Features.Get<Caller>() is { } caller
        && PublicId.TryParse(
            AccountIds.WorkspacePrefix,
            context.HttpContext.Request.RouteValues["id"] as string,
            out var id
        )
        && id == caller.Workspace
            ? next(context)
            : ValueTask.FromResult<object?>(NotThere().AsResult());

    /// <summary>One answer for whatever isn't there: another's, deleted, or never made.</summary>
    public static Problem NotThere() =>
        CommonProblems.NotFound.With(
            "There is no such thing in the workspace of this token; POST /api/v1/auth/refresh gives one for another."
        );
}
