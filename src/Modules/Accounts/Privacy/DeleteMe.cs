using Lectern.Accounts.Contracts;
using Lectern.Accounts.Passwords;
using Lectern.Accounts.Sessions;
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
        PasswordHashing passwords,
        AccountErasures erasures,
        CancellationToken cancel
    )
    {
        await using var reading = store.OpenWorkerSession(caller);
        var found = await reading.QueryAsync(
            """
            select p.password_hash, p.email_normalized, s.created_at > now() - $3
            from accounts.people p join accounts.sessions s on s.id = $2 and s.person_id = p.id
            where p.id = $1 and p.erased_at is null
            """,
            row => new Known(row.IsDBNull(0) ? null : row.GetString(0), row.GetString(1), row.GetBoolean(2)),
            cancel,
            caller.Person,
            caller.Session!.Value,
            Fresh
        );
        if (found is not [var account])
            return CommonProblems.NotFound.With("The account is gone.").AsResult();
        if (await RefusalAsync(command, account, passwords, cancel) is { } refusal)
        {
            if (refusal.Type == AccountsProblems.NotConfirmed)
                await RecordAsync(store, http, caller, cancel);
            return refusal.AsResult();
        }

        return await erasures.BeginAsync(caller.Person, caller.Person, cancel) is { } problem
            ? problem.AsResult()
            : TypedResults.Accepted((string?)null);
    }

    private static async Task<Problem?> RefusalAsync(
        DeleteMe command,
        Known account,
        PasswordHashing passwords,
        CancellationToken cancel
    )
    {
        if (account.PasswordHash is not { } hash)
            return command.Confirm is not { } address ? Missing("/confirm", "must be the account's e-mail address")
                : EmailAddress.Normalize(address) != account.Email
                    ? AccountsProblems.NotConfirmed.With("That is not the account's e-mail address.")
                : account.IsFresh ? null
                : AccountsProblems.NotConfirmed.With("The sign-in is too old for this; sign in again.");
        if (command.Password is not { } password)
            return Missing("/password", "must be the account's password");
        return await passwords.VerifyAsync(hash, password, cancel) switch
        {
            PasswordVerdict.Right => null,
            PasswordVerdict.Busy => AccountsProblems.Busy(),
            _ => AccountsProblems.NotConfirmed.With("The password is wrong."),
        };
    }

    private static Problem Missing(string pointer, string what) =>
        CommonProblems.InvalidValues.With(
            "The deletion of an account has to be confirmed.",
            new FieldError(pointer, what)
        );

    private static async Task RecordAsync(EventStore store, HttpContext http, Caller caller, CancellationToken cancel)
    {
        await using var session = store.OpenWorkerSession(caller);
        AuditLog.Record(
            session,
            AuditLog.Platform,
            "people.erasure_refused",
            AccountIds.Person(caller.Person),
            address: SignInOrigin.AddressOf(http)
        );
        await session.SaveChangesAsync(cancel);
    }

    private sealed record Known(string? PasswordHash, string Email, bool IsFresh);
}
