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

namespace Lectern.Accounts.Administration;

/// <summary><c>DELETE /admin/people/{id}</c>: keeps the person out at once.</summary>
internal static class DeletePersonEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapDelete("/admin/people/{id}", HandleAsync)
            .WithTags("admin")
            .WithSummary("Delete a person's account")
            .ForPlatformAdmins()
            .WithExample()
            .WithProblems(CommonProblems.NotFound, AccountsProblems.LastPlatformAdmin);

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        string id,
        Caller caller,
        EventStore store,
        SignInSessions sessions,
        CancellationToken cancel
    )
    {
        if (
            !PublicId.TryParse(AccountIds.PersonPrefix, id, out var person)
            || await ShowPersonEndpoint.FindAsync(store, caller, person, cancel) is null
        )
            return ShowPersonEndpoint.NotThere().AsResult();
        await using var session = store.OpenWorkerSession(caller);
        PersonChanges.Add(session, person, new ChangePerson(Disabled: true));
        AuditLog.Record(session, AuditLog.Platform, "people.deleted", id);
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException last) when (last.Constraint == PersonChanges.LastPlatformAdmin)
        {
            return AccountsProblems.LastPlatformAdmin.With("This is the last one.").AsResult();
        }

        await sessions.EndedAsync(cancel);
        return TypedResults.NoContent();
    }
}
