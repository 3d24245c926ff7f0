using Lectern.Accounts.Contracts;
using Lectern.Accounts.Passwords;
using Lectern.Accounts.People;
using Lectern.Accounts.Profile;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.SignIn;

/// <summary>Makes an account with a workspace of its own.</summary>
/// <param name="Email">At most 254 characters; unique whatever its case.</param>
/// <param name="Password">8 characters or more.</param>
/// <param name="Name">What to call the person.</param>
internal sealed record SignUp(string Email, string Password, string? Name = null);

/// <summary>The new account.</summary>
internal sealed record SignedUp(NewPerson Person, NewWorkspace Workspace, TokenAnswer Tokens);

internal sealed record NewPerson(string Id, string Email, string? Name);

internal sealed record NewWorkspace(string Id, string Kind, string Role);

internal static class SignUpValidator
{
    public static FieldError[] Faults(SignUp command) =>
        [
            .. Fault("/email", EmailAddress.Fault(command.Email)),
            .. Fault("/password", PasswordRules.Fault(command.Password)),
            .. Fault("/name", PersonName.Fault(command.Name)),
        ];

    private static IEnumerable<FieldError> Fault(string pointer, string? fault) =>
        fault is null ? [] : [new FieldError(pointer, fault)];
}

/// <summary><c>POST /auth/signup</c>.</summary>
internal static class SignUpEndpoint
{
    private static readonly SignedUp Example = new(
        new("person_01h455vb4pex5vsknk084sn02q", "jane@example.com", "Jane"),
        new("workspace_01h455vb4pex5vsknk084sn02r", "personal", "admin"),
        LogInEndpoint.Example
    );

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/auth/signup", HandleAsync)
            .WithTags("sign-in")
            .WithSummary("Make an account with a personal workspace")
            .AllowAnonymous()
            .WithExample(new SignUp("jane@example.com", "three tall ships", "Jane"), Example)
            .WithProblems(CommonProblems.InvalidValues, AccountsProblems.EmailTaken, AccountsProblems.SignInBusy);

    private static async Task<Results<Created<SignedUp>, ProblemResult>> HandleAsync(
        SignUp command,
        PasswordHashing passwords,
        NewAccounts accounts,
        SignInSessions sessions,
        HttpContext http,
        CancellationToken cancel
    )
    {
        if (SignUpValidator.Faults(command) is { Length: > 0 } faults)
            return CommonProblems.InvalidValues.With("The account can't be made like this.", faults).AsResult();
        if (await passwords.HashAsync(command.Password, cancel) is not { } hash)
            return AccountsProblems.Busy().AsResult();

        var (session, member) = accounts.Open(new NewAccount(command.Email, command.Name, hash, IsVerified: false));
        await using var saved = session;
        var tokens = sessions.Begin(session, member, SignInOrigin.Of(http, "password"));
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException taken) when (NewAccounts.IsTaken(taken))
        {
            return AccountsProblems
                .EmailTaken.With(
                    "Somebody has signed up with this e-mail address.",
                    new FieldError("/email", "is taken")
                )
                .AsResult();
        }

        var answer = new SignedUp(
            new NewPerson(AccountIds.Person(member.Person), command.Email, command.Name),
            new NewWorkspace(AccountIds.Workspace(member.Workspace), "personal", "admin"),
            tokens
        );
        return TypedResults.Created("/api/v1/me", answer);
    }
}
