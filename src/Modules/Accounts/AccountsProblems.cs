using Lectern.SharedKernel;

namespace Lectern.Accounts;

/// <summary>The refusals of this module.</summary>
internal static class AccountsProblems
{
    private const string Module = "accounts";

    /// <summary>409: somebody has signed up with this address.</summary>
    public static readonly ProblemType EmailTaken = new(
        Module,
        "email-taken",
        409,
        "This e-mail address has an account already.",
        "Log in with it, or sign up with another address."
    );

    /// <summary>401: which of the two is wrong is not told.</summary>
    public static readonly ProblemType WrongCredentials = new(
        Module,
        "wrong-credentials",
        401,
        "The e-mail address or the password is wrong.",
        "Check both; if there is no account yet, make one at POST /api/v1/auth/signup."
    );

    /// <summary>401: a refresh token that is of no use any more.</summary>
    public static readonly ProblemType InvalidGrant = new(
        Module,
        "invalid-grant",
        401,
        "The refresh token can't be used.",
        "Log in again at POST /api/v1/auth/login."
    );

    /// <summary>503: more people sign in at once than the processors can check passwords for.</summary>
    public static readonly ProblemType SignInBusy = new(
        Module,
        "sign-in-busy",
        503,
        "Too many people sign in at this moment.",
        "Wait as long as Retry-After says and send the request again."
    );

    /// <summary>422: not an image, not a whole one, or too large a one.</summary>
    public static readonly ProblemType UnusableImage = new(
        Module,
        "unusable-image",
        422,
        "The image can't be used.",
        "Send a whole PNG, JPEG or WebP image of at most 50 million pixels, with its own media type."
    );

    /// <summary>403: what can't be undone needs more than an access token.</summary>
    public static readonly ProblemType NotConfirmed = new(
        Module,
        "not-confirmed",
        403,
        "This was not confirmed.",
        "Send the account's password; who has none signs in again and sends the account's e-mail address."
    );

    /// <summary>409: a workspace with members keeps an admin.</summary>
    public static readonly ProblemType LastAdmin = new(
        Module,
        "last-admin",
        409,
        "A workspace would be left without an admin.",
        "Make another member an admin first, or delete the workspace."
    );

    /// <summary>All of them, for docs/errors.md.</summary>
    public static IReadOnlyList<ProblemType> All { get; } =
    [EmailTaken, WrongCredentials, InvalidGrant, SignInBusy, UnusableImage, NotConfirmed, LastAdmin];

    /// <summary>What a full queue of the password check is answered with.</summary>
    public static Problem Busy() =>
        SignInBusy.With("The queue of sign-ins is full.") with
        {
            RetryAfter = Passwords.PasswordHashing.TimeToDrain,
        };
}
