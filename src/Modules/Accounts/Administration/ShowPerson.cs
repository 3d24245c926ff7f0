using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Administration;

/// <summary><c>GET /admin/people/{id}</c>.</summary>
internal static class ShowPersonEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/admin/people/{id}", HandleAsync)
            .WithTags("admin")
            .WithSummary("A person")
            .ForPlatformAdmins()
            .WithExample(response: AdminPerson.Example)
            .WithProblems(CommonProblems.NotFound);

    private static async Task<Results<Ok<AdminPerson>, ProblemResult>> HandleAsync(
        string id,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    ) =>
        PublicId.TryParse(AccountIds.PersonPrefix, id, out var person)
        && await FindAsync(store, caller, person, cancel) is { } found
            ? TypedResults.Ok(found)
            : NotThere().AsResult();

    public static async Task<AdminPerson?> FindAsync(
        EventStore store,
        Caller caller,
        Guid person,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(caller);
        var found = await session.QueryAsync($"{AdminPerson.Query} and p.id = $1", AdminPerson.Read, cancel, person);
        return found.SingleOrDefault()?.Item;
    }

    public static Problem NotThere() => CommonProblems.NotFound.With("There is no such person.");
}
