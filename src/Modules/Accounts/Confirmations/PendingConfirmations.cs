using Lectern.Accounts.SignIn;
using Lectern.Eventing;

namespace Lectern.Accounts.Confirmations;

/// <summary>What can be confirmed by mail; stored names.</summary>
internal static class ConfirmationPurpose
{
    /// <summary>A new account.</summary>
    public const string SignUp = "sign_up";

    /// <summary>Another password for whoever has the address.</summary>
    public const string PasswordReset = "password_reset";

    /// <summary>Another address for a person.</summary>
    public const string EmailChange = "email_change";

    /// <summary>The first password of a person whom an administrator made.</summary>
    public const string SignInSetup = "sign_in_setup";

    /// <summary>How long the token of a purpose is good.</summary>
    public static TimeSpan Life(string purpose) =>
        purpose switch
        {
            SignUp or EmailChange => TimeSpan.FromDays(1),
            PasswordReset => TimeSpan.FromHours(1),
            SignInSetup => TimeSpan.FromDays(7),
            _ => throw new ArgumentOutOfRangeException(nameof(purpose), purpose, "There is no such purpose."),
        };
}

/// <summary>A thing that is confirmed by mail before it happens.</summary>
/// <param name="Id">Named by the token.</param>
/// <param name="Purpose">One of <see cref="ConfirmationPurpose"/>.</param>
/// <param name="Email">Where the mail goes.</param>
/// <param name="Person">The account that it is about, where that is known when it is asked for.</param>
/// <param name="PasswordHash">Of a new account.</param>
/// <param name="Name">Of a new account.</param>
internal sealed record Confirmation(
    Guid Id,
    string Purpose,
    string Email,
    Guid? Person = null,
    string? PasswordHash = null,
    string? Name = null
);

/// <summary>Mail the token of this confirmation, or whatever else the address is to be told.</summary>
internal sealed record SendConfirmation(Guid Confirmation);

/// <summary>Asks for confirmations, and uses them up. All sessions here are worker sessions.</summary>
internal static class PendingConfirmations
{
    private const string Columns = "id, purpose, email, person_id, password_hash, name";

    /// <summary>
    /// Adds a confirmation and its mail to a unit of work. Whether the address is known is the mail's handler's question,
    /// so that a request takes the same time either way.
    /// </summary>
    public static void Ask(Session session, Confirmation asked)
    {
        session.Execute(
            """
            insert into accounts.confirmations (id, purpose, email, email_normalized, person_id, password_hash, name, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, now() + $8)
            """,
            asked.Id,
            asked.Purpose,
            asked.Email,
            EmailAddress.Normalize(asked.Email),
            Typed.Uuid(asked.Person),
            Typed.Text(asked.PasswordHash),
            Typed.Text(asked.Name),
            ConfirmationPurpose.Life(asked.Purpose)
        );
        session.Enqueue(new SendConfirmation(asked.Id));
    }

    /// <summary>The confirmation of an id, if it can still be used.</summary>
    public static async Task<Confirmation?> FindAsync(Session session, Guid id, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                $"select {Columns} from accounts.confirmations where id = $1 and expires_at > now()",
                row => new Confirmation(
                    row.GetGuid(0),
                    row.GetString(1),
                    row.GetString(2),
                    row.IsDBNull(3) ? null : row.GetGuid(3),
                    row.IsDBNull(4) ? null : row.GetString(4),
                    row.IsDBNull(5) ? null : row.GetString(5)
                ),
                cancel,
                id
            )
        ).SingleOrDefault();

    /// <summary>The confirmation that a token is for, if it is for one of these purposes and can still be used.</summary>
    public static async Task<Confirmation?> FindAsync(
        Session session,
        ConfirmationTokens tokens,
        string token,
        string[] purposes,
        CancellationToken cancel
    )
    {
        foreach (var purpose in purposes)
            if (tokens.TryRead(purpose, token, out var id))
                return await FindAsync(session, id, cancel);
        return null;
    }

    /// <summary>Adds the use of a confirmation to the unit of work that it confirms.</summary>
    public static void Use(Session session, Guid id) => session.Execute("select accounts.use_confirmation($1)", id);

    /// <summary>Whether saving failed because somebody else used the confirmation first.</summary>
    public static bool IsUsed(ConstraintViolatedException violated) =>
        violated.Constraint == "confirmation_is_good_once";
}
