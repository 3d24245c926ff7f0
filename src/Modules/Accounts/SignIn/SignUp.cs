using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Passwords;
using Lectern.Accounts.People;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.Tokens;
using Lectern.Accounts.Workspaces;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.SignIn;

/// <summary>Makes an account with a workspace of its own.</summary>
/// <param name="Email">At most 254 characters; unique whatever its case.</param>
/// <param name="Password">8 characters or more.</param>
/// <param name="Name">What to call the person.</param>
/// <param name="Invitation">The token from the mail of an invitation, which also confirms the address.</param>
internal sealed record SignUp(string Email, string Password, string? Name = null, string? Invitation = null);

/// <summary>The new account.</summary>
internal sealed record SignedUp(NewPerson Person, NewWorkspace Workspace, TokenAnswer Tokens)
{
    internal static readonly SignedUp Example = new(
        new("person_01h455vb4pex5vsknk084sn02q", "jane@example.com", "Jane"),
        new("workspace_01h455vb4pex5vsknk084sn02r", "personal", "admin"),
        LogInEndpoint.Example
    );

    /// <summary>201, with the tokens of the first session.</summary>
    public static Created<SignedUp> AsResult(
        HttpContext http,
        Membership member,
        string email,
        string? name,
        TokenAnswer tokens
    )
    {
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created(
            "/api/v1/me",
            new SignedUp(
                new NewPerson(AccountIds.Person(member.Person), email, name),
                new NewWorkspace(AccountIds.Workspace(member.Workspace), "personal", "admin"),
                tokens
            )
        );
    }
}

internal sealed record NewPerson(string Id, string Email, string? Name);

internal sealed record NewWorkspace(string Id, string Kind, string Role);

internal static class SignUpValidator
{
    public static FieldError[] Faults(SignUp command) =>
        [
            .. Fault("/email", EmailAddress.Fault(command.Email)),
            .. Fault("/password", PasswordRules.Fault(command.Password)),
            .. Fault("/name", DisplayName.Fault(command.Name)),
        ];

    private static IEnumerable<FieldError> Fault(string pointer, string? fault) =>
        fault is null ? [] : [new FieldError(pointer, fault)];
}

/// <summary>
/// <c>POST /auth/signup</c>. Where addresses are confirmed, the answer is the same for one that has an account already:
/// the same work is done, and the mail tells which it is.
/// </summary>
internal static class SignUpEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/auth/signup", HandleAsync)
            .WithTags("sign-in")
            .WithSummary("Make an account with a personal workspace")
            .AllowAnonymous()
            .LimitedAs(RateLimit.SignIn)
            .LimitedAs<SignUp>(RateLimit.Mail, command => EmailAddress.Normalize(command.Email))
            .WithExample(new SignUp("jane@example.com", "three tall ships", "Jane"), SignedUp.Example)
            .WithAnswer(StatusCodes.Status202Accepted, MailSent.Answer)
            .WithProblems(
                CommonProblems.InvalidValues,
                AccountsProblems.EmailTaken,
                AccountsProblems.RegistrationClosed,
                AccountsProblems.InvitationNeeded,
                AccountsProblems.SignInBusy
            );

    private static async Task<Results<Created<SignedUp>, Accepted<MailSent>, ProblemResult>> HandleAsync(
        SignUp command,
        EventStore store,
        PasswordHashing passwords,
        NewAccounts accounts,
        InvitationAcceptance invitations,
        SignInSessions sessions,
        IOptions<AccountsSettings> settings,
        HttpContext http,
        CancellationToken cancel
    )
    {
        if (settings.Value.RefuseRegistration(isInvited: command.Invitation is not null) is { } closed)
            return closed.AsResult();
        if (SignUpValidator.Faults(command) is { Length: > 0 } faults)
            return CommonProblems.InvalidValues.With("The account can't be made like this.", faults).AsResult();
        if (await passwords.HashAsync(command.Password, cancel) is not { } hash)
            return AccountsProblems.Busy().AsResult();
        if (settings.Value.ConfirmEmail && command.Invitation is null)
            return await AskAsync(command, hash, store, cancel);

        OpenInvitation? invitation = null;
        if (command.Invitation is not null)
        {
            await using var looking = store.OpenWorkerSession(SignInContext.Anonymous());
            invitation = await invitations.FindAsync(looking, command.Invitation, command.Email, cancel);
            if (invitation is null)
                return NotInvited();
        }

        var account = new NewAccount(command.Email, command.Name, hash, IsVerified: invitation is not null);
        var (session, member) = accounts.Open(account);
        await using var saved = session;
        if (invitation is not null)
            invitations.Accept(session, invitation, member.Person);
        var tokens = sessions.Begin(session, member, SignInOrigin.Of(http, "password"));
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException taken) when (NewAccounts.IsTaken(taken))
        {
            return AccountsProblems.Taken().AsResult();
        }
        catch (ConstraintViolatedException late) when (late.Constraint == InvitationAcceptance.NotOpen)
        {
            return NotInvited();
        }

        return SignedUp.AsResult(http, member, command.Email, command.Name, tokens);
    }

    private static async Task<Accepted<MailSent>> AskAsync(
        SignUp command,
        string hash,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(SignInContext.Anonymous());
        PendingConfirmations.Ask(
            session,
            new Confirmation(store.NewId(), ConfirmationPurpose.SignUp, command.Email)
            {
                PasswordHash = hash,
                Name = command.Name,
            }
        );
        await session.SaveChangesAsync(cancel);
        return MailSent.AsResult();
    }

    private static ProblemResult NotInvited() =>
        AccountsProblems
            .ConfirmationInvalid.With(
                "There is no open invitation with this token to this address.",
                new FieldError("/invitation", "is for no open invitation to this address")
            )
            .AsResult();
}
