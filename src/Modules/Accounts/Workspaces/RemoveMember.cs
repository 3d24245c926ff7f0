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

internal static class RemoveMember
{
    /// <summary>Why not, or null: admins remove members, and everybody may leave, but for the last admin.</summary>
    public static Problem? Refusal(Member? member, Guid by, Role role) =>
        member switch
        {
            null => WorkspaceOfToken.NotThere(),
            { Person: var person } when person != by && role < Role.Admin => CommonProblems.Forbidden.With(
                "Only admins remove others; you may leave."
            ),
            { IsLastAdmin: true } => LockedMembers.LastAdmin(),
            _ => null,
        };
}

/// <summary><c>DELETE /workspaces/{id}/members/{person}</c>.</summary>
internal static class RemoveMemberEndpoint
{
    public static void Map(IEndpointRouteBuilder workspace) =>
        workspace
            .MapDelete("/workspaces/{id}/members/{person}", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("Remove a member, or leave by your own id")
            .ForThePerson()
            .WithExample()
            .WithProblems(
                CommonProblems.NotFound,
                CommonProblems.Forbidden,
                AccountsProblems.LastAdmin,
                AccountsProblems.PersonalWorkspace
            );

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        string id,
        string person,
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
        if (RemoveMember.Refusal(member, caller.Person, caller.Role) is { } refusal)
            return refusal.AsResult();
        members.Remove(member!);
        await members.SaveAsync(personId == caller.Person ? "members.left" : "members.removed", personId, null, cancel);
        await sessions.EndedAsync(cancel);
        return TypedResults.NoContent();
    }
}
