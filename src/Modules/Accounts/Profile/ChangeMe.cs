using Lectern.Accounts.People;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Profile;

/// <summary>Changes what people may say about themselves; role, plan and address are changed in other ways.</summary>
/// <param name="Name">What to call the person; null for nothing.</param>
internal sealed record ChangeMe(string? Name);

/// <summary><c>PATCH /me</c>.</summary>
internal static class ChangeMeEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPatch("/me", HandleAsync)
            .WithTags("me")
            .WithSummary("Change my name")
            .ForThePerson()
            .WithExample(new ChangeMe("Jane Austen"), MeEndpoint.Example)
            .WithProblems(CommonProblems.InvalidValues, CommonProblems.NotFound);

    private static async Task<Results<Ok<Me>, ProblemResult>> HandleAsync(
        ChangeMe command,
        Caller caller,
        EventStore store,
        IEnumerable<IMePart> parts,
        CancellationToken cancel
    )
    {
        if (DisplayName.Fault(command.Name) is { } fault)
            return CommonProblems
                .InvalidValues.With("The name can't be changed to this.", new FieldError("/name", fault))
                .AsResult();
        await using var session = store.OpenWorkerSession(caller);
        session.Execute(
            "update accounts.people set name = $2 where id = $1 and erasing_at is null and erased_at is null",
            caller.Person,
            Typed.Text(command.Name)
        );
        await session.SaveChangesAsync(cancel);
        return await MeEndpoint.FindAsync(caller, store, parts, cancel) is { } me
            ? TypedResults.Ok(me)
            : CommonProblems.NotFound.With("The account is gone, or no longer in this workspace.").AsResult();
    }
}
