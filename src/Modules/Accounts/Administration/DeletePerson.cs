using Lectern.Accounts.Contracts;
using Lectern.Accounts.Privacy;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Administration;

/// <summary><c>DELETE /admin/people/{id}</c>: the same as if the person did it at <c>DELETE /me</c>.</summary>
internal static class DeletePersonEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapDelete("/admin/people/{id}", HandleAsync)
            .WithTags("admin")
            .WithSummary("Delete a person's account and erase their data")
            .WithDescription("They are out at once; the erasure follows within moments.")
            .ForPlatformAdmins()
            .Produces(StatusCodes.Status202Accepted)
            .WithExample()
            .WithProblems(CommonProblems.NotFound, AccountsProblems.LastAdmin, AccountsProblems.LastPlatformAdmin);

    private static async Task<Results<Accepted, ProblemResult>> HandleAsync(
        string id,
        Caller caller,
        AccountErasures erasures,
        CancellationToken cancel
    ) =>
        !PublicId.TryParse(AccountIds.PersonPrefix, id, out var person) ? ShowPersonEndpoint.NotThere().AsResult()
        : await erasures.BeginAsync(person, caller.Person, cancel) is not { } refusal
            ? TypedResults.Accepted((string?)null)
        : refusal.Type == CommonProblems.NotFound ? ShowPersonEndpoint.NotThere().AsResult()
        : refusal.AsResult();
}
