using Lectern.Accounts.Contracts;
using Lectern.Accounts.Privacy;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Administration;

/// <summary><c>DELETE /admin/people/{id}</c>: keeps the person out at once, and erases what is theirs.</summary>
internal static class DeletePersonEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapDelete("/admin/people/{id}", HandleAsync)
            .WithTags("admin")
            .WithSummary("Delete a person's account and erase their data")
            .ForPlatformAdmins()
            .WithExample()
            .WithProblems(CommonProblems.NotFound, AccountsProblems.LastAdmin, AccountsProblems.LastPlatformAdmin);

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        string id,
        Caller caller,
        EventStore store,
        AccountErasures erasures,
        CancellationToken cancel
    )
    {
        if (
            !PublicId.TryParse(AccountIds.PersonPrefix, id, out var person)
            || await ShowPersonEndpoint.FindAsync(store, caller, person, cancel) is null
        )
            return ShowPersonEndpoint.NotThere().AsResult();
        return await erasures.BeginAsync(person, caller.Person, cancel) is { } refusal
            ? refusal.AsResult()
            : TypedResults.NoContent();
    }
}
