using Lectern.Accounts.Passwords;
using Lectern.Accounts.SignIn;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Privacy;

/// <summary>Deletes the caller's account. A stolen access token alone must not be able to.</summary>
/// <param name="Password">The password, of who has one.</param>
/// <param name="Confirm">Of who has none: the account's e-mail address, within minutes of signing in.</param>
internal sealed record DeleteMe(string? Password = null, string? Confirm = null);

/// <summary><c>DELETE /me</c>.</summary>
internal static class DeleteMeEndpoint
{
    /// <summary>How long ago somebody without a password may have signed in.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(15);

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapDelete("/me", HandleAsync)
            .WithTags("me")
            .WithSummary("Delete my account and erase my data")
            .WithDescription(
                "All sessions end at once. Jobs, texts, audio, picture, name and addresses are erased within moments, and nothing brings them back; export them before. What stays are ids and amounts without a name."
            )
            .ForThePerson()
            .Produces(StatusCodes.Status202Accepted)
            .WithExample(new DeleteMe(Confirm: "jane@example.com"))
            .WithProblems(
                CommonProblems.InvalidValues,
                AccountsProblems.WrongPassword,
                AccountsProblems.NotConfirmed,
                AccountsProblems.LastAdmin,
                AccountsProblems.LastPlatformAdmin,
                AccountsProblems.SignInBusy
            );

    private static async Task<Results<Accepted, ProblemResult>> HandleAsync(
        [FromBody] DeleteMe command,
        HttpContext http,
        Caller caller,
        EventStore store,
        OwnPassword passwords,
        AccountErasures erasures,
        CancellationToken cancel
    )
    {
        await using var reading = store.OpenWorkerSession(caller);
        var found = await reading.QueryAsync(
            """
            select p.password_hash is not null, p.email_normalized, s.created_at > now() - $3
            from accounts.people p join accounts.sessions s on s.id = $2 and s.person_id = p.id
            where p.id = $1 and p.erased_at is null
            """,
            row => new Known(row.GetBoolean(0), row.GetString(1), row.GetBoolean(2)),
            cancel,
            caller.Person,
            caller.Session!.Value,
            Fresh
        );
        if (found is not [var account])
            return CommonProblems.NotFound.With("The account is gone.").AsResult();
        var refusal =
            !account.HasPassword ? Unconfirmed(command, account)
            : command.Password is { } password ? await passwords.RefusalAsync(caller, password, http, cancel)
            : Missing("/password", "must be the account's password");
        refusal ??= await erasures.BeginAsync(caller.Person, caller.Person, cancel);
        return refusal is null ? TypedResults.Accepted((string?)null) : refusal.AsResult();
    }

    private static Problem? Unconfirmed(DeleteMe command, Known account) =>
        command.Confirm is not { } address ? Missing("/confirm", "must be the account's e-mail address")
        : EmailAddress.Normalize(address) != account.Email
            ? AccountsProblems.NotConfirmed.With("That is not the account's e-mail address.")
        : account.IsFresh ? null
        : AccountsProblems.NotConfirmed.With("The sign-in is too old for this; sign in again.");

    private static Problem Missing(string pointer, string what) =>
        CommonProblems.InvalidValues.With(
            "The deletion of an account has to be confirmed.",
            new FieldError(pointer, what)
        );

    private sealed record Known(bool HasPassword, string Email, bool IsFresh);
}
