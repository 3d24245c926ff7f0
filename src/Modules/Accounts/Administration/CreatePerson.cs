using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.People;
using Lectern.Accounts.SignIn;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Administration;

/// <summary>Makes an account for somebody, who chooses the password with what comes by mail.</summary>
/// <param name="Email">At most 254 characters; it counts as confirmed.</param>
/// <param name="Name">What to call them.</param>
/// <param name="Plan">A code; <c>free</c> without it.</param>
/// <param name="PlatformAdmin">Whether they administer the platform.</param>
internal sealed record CreatePerson(string Email, string? Name = null, string? Plan = null, bool PlatformAdmin = false);

/// <summary><c>POST /admin/people</c>: also where nobody may sign up.</summary>
internal static class CreatePersonEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/admin/people", HandleAsync)
            .WithTags("admin")
            .WithSummary("Make an account for somebody")
            .ForPlatformAdmins()
            .WithExample(new CreatePerson("jane@example.com", "Jane"), AdminPerson.Example)
            .WithProblems(CommonProblems.InvalidValues, AccountsProblems.EmailTaken);

    private static async Task<Results<Created<AdminPerson>, ProblemResult>> HandleAsync(
        CreatePerson command,
        Caller caller,
        EventStore store,
        NewAccounts accounts,
        CancellationToken cancel
    )
    {
        FieldError[] faults =
        [
            .. EmailAddress.Fault(command.Email) is { } fault ? new[] { new FieldError("/email", fault) } : [],
            .. PersonRules.Faults(command.Name, command.Plan),
        ];
        if (faults.Length > 0)
            return CommonProblems.InvalidValues.With("The account can't be made like this.", faults).AsResult();

        var (session, member) = accounts.Open(
            new NewAccount(command.Email, command.Name, PasswordHash: null, IsVerified: true),
            CallerSessions.ActorOf(caller.Person)
        );
        await using var saved = session;
        var id = AccountIds.Person(member.Person);
        PendingConfirmations.Ask(
            session,
            new Confirmation(store.NewId(), ConfirmationPurpose.SignInSetup, command.Email, member.Person)
        );
        AuditLog.Record(session, AuditLog.Platform, "people.created", id);
        if (command.Plan is not null || command.PlatformAdmin)
            PersonChanges.Add(
                session,
                member.Person,
                new ChangePerson(Plan: command.Plan, PlatformAdmin: command.PlatformAdmin ? true : null)
            );
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException taken) when (NewAccounts.IsTaken(taken))
        {
            return AccountsProblems
                .EmailTaken.With("Somebody has this e-mail address.", new FieldError("/email", "is taken"))
                .AsResult();
        }

        return TypedResults.Created(
            $"/api/v1/admin/people/{id}",
            await ShowPersonEndpoint.FindAsync(store, caller, member.Person, cancel)
        );
    }
}
