using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Workspaces;

/// <summary>Hands the workspace to another member, who is an admin from then on; who does it is an editor.</summary>
/// <param name="Person">The other member's id.</param>
internal sealed record TransferWorkspace(string Person);

/// <summary><c>POST /workspaces/{id}/transfer</c>.</summary>
internal static class TransferWorkspaceEndpoint
{
    public static void Map(IEndpointRouteBuilder workspace) =>
        workspace
            .MapPost("/workspaces/{id}/transfer", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("Hand the admin role to another member and become an editor")
            .ForAdmins()
            .WithExample(new TransferWorkspace("person_01h455vb4pex5vsknk084sn02q"))
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues, AccountsProblems.PersonalWorkspace);

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        string id,
        TransferWorkspace command,
        Caller caller,
        EventStore store,
        SignInSessions sessions,
        CancellationToken cancel
    )
    {
        if (!PublicId.TryParse(AccountIds.PersonPrefix, command.Person, out var heir) || heir == caller.Person)
            return CommonProblems
                .InvalidValues.With(
                    "Nobody to hand it to.",
                    new FieldError("/person", "must be the id of another member")
                )
                .AsResult();
        var (members, locked) = await LockedMembers.OpenAsync(store, caller, cancel, caller.Person, heir);
        if (members is null)
            return locked!.AsResult();
        await using var unlocked = members;
        // A visiting administrator of the platform has no role here to hand over.
        if (members.Find(heir) is not { } next || members.Find(caller.Person) is not { Role: Role.Admin } self)
            return WorkspaceOfToken.NotThere().AsResult();
        if (next.Role != Role.Admin)
            members.ChangeRole(next, Role.Admin); // first, for at no moment is there no admin
        members.ChangeRole(self, Role.Editor);
        await members.SaveAsync("workspaces.transferred", heir, null, cancel);
        await sessions.EndedAsync(cancel);
        return TypedResults.NoContent();
    }
}
