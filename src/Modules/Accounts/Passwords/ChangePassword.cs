using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Passwords;

/// <summary>Changes one's own password.</summary>
/// <param name="Current">The password until now.</param>
/// <param name="New">8 characters or more.</param>
internal sealed record ChangePassword(string Current, string New);

/// <summary><c>POST /me/password</c>. Ends every other session.</summary>
internal static class ChangePasswordEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/me/password", HandleAsync)
            .WithTags("me")
            .WithSummary("Change my password")
            .ForThePerson()
            .LimitedAs(RateLimit.SignIn)
            .WithExample(new ChangePassword("three tall ships", "three taller ships"))
            .WithProblems(CommonProblems.InvalidValues, AccountsProblems.WrongPassword, AccountsProblems.SignInBusy);

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        ChangePassword command,
        Caller caller,
        EventStore store,
        OwnPassword own,
        PasswordHashing passwords,
        SignInSessions sessions,
        HttpContext http,
        CancellationToken cancel
    )
    {
        if (PasswordRules.Fault(command.New) is { } fault)
            return CommonProblems
                .InvalidValues.With("This can't be the password.", new FieldError("/new", fault))
                .AsResult();
        if (await own.RefusalAsync(caller, command.Current, http, cancel) is { } refusal)
            return refusal.AsResult();
        if (await passwords.HashAsync(command.New, cancel) is not { } hash)
            return AccountsProblems.Busy().AsResult();

        await using var session = store.OpenWorkerSession(caller);
        PasswordChange.Apply(session, caller.Person, hash, "password_changed", caller.Session);
        await session.SaveChangesAsync(cancel);
        await sessions.EndedAsync(cancel);
        return TypedResults.NoContent();
    }
}
