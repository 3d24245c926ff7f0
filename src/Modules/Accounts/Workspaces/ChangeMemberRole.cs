using System.Text.Json.Nodes;
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

/// <summary>Gives a member another role.</summary>
/// <param name="Role"><c>viewer</c>, <c>editor</c> or <c>admin</c>.</param>
internal sealed record ChangeMemberRole(Role Role)
{
    /// <summary>Why not, or null.</summary>
    public static Problem? Refusal(Member? member, Role to) =>
        member switch
        {
            null => WorkspaceOfToken.NotThere(),
            { IsLastAdmin: true } when to != Role.Admin => LockedMembers.LastAdmin(),
            _ => null,
        };
}

/// <summary><c>PATCH /workspaces/{id}/members/{person}</c>.</summary>
internal static class ChangeMemberRoleEndpoint
{
    public static void Map(IEndpointRouteBuilder workspace) =>
        workspace
            .MapPatch("/workspaces/{id}/members/{person}", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("Change a member's role")
            .WithDescription(
                "Tokens that the member has for this workspace are refused from now on; a refresh gives a new one."
            )
            .ForAdmins()
            .WithExample(new ChangeMemberRole(Role.Editor))
            .WithProblems(CommonProblems.NotFound, AccountsProblems.LastAdmin, AccountsProblems.PersonalWorkspace);

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        string id,
        string person,
        ChangeMemberRole command,
        Caller caller,
        EventStore store,
        SignInSessions sessions,
        CancellationToken cancel
    )
    {
        if (!PublicId.TryParse(AccountIds.PersonPrefix, person, out var personId))
            return WorkspaceOfToken.NotThere().AsResult();
        var (members, locked) = await LockedMembers.OpenAsync(store, caller, cancel, personId);
        if (members is null)
            return locked!.AsResult();
        await using var unlocked = members;
        var member = members.Find(personId);
        if (ChangeMemberRole.Refusal(member, command.Role) is { } refusal)
            return refusal.AsResult();
        if (member!.Role == command.Role)
            return TypedResults.NoContent();
        members.ChangeRole(member, command.Role);
        await members.SaveAsync(
            "members.role_changed",
            personId,
            new JsonObject { ["from"] = member.Role.Name(), ["to"] = command.Role.Name() },
            cancel
        );
        await sessions.EndedAsync(cancel);
        return TypedResults.NoContent();
    }
}
