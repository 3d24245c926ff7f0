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

    /// <summary>401: the key has been seen by every proxy and log on the way.</summary>
    public static readonly ProblemType KeyInQuery = new(
        Module,
        "key-in-query",
        401,
        "API keys are not taken from query strings.",
        "The key is leaked now: revoke it at DELETE /api/v1/workspaces/{id}/api-keys/{key}, and send a new one as 'Authorization: Bearer …'."
    );

    /// <summary>409: a platform administrator who visits a workspace wants what only a member can have.</summary>
    public static readonly ProblemType OnlyMembers = new(
        Module,
        "only-members",
        409,
        "Only a member of the workspace can do this.",
        "Have a member do it, or become one."
    );

    /// <summary>409: a provider key of this name is there.</summary>
    public static readonly ProblemType NameTaken = new(
        Module,
        "name-taken",
        409,
        "Another provider key of the workspace has this name.",
        "Choose another name, or replace the secret of the key that has it with PUT."
    );

    /// <summary>All of them, for docs/errors.md.</summary>
    public static IReadOnlyList<ProblemType> All { get; } =
    [EmailTaken, WrongCredentials, InvalidGrant, SignInBusy, KeyInQuery, OnlyMembers, NameTaken];

    /// <summary>What a full queue of the password check is answered with.</summary>
    public static Problem Busy() =>
        SignInBusy.With("The queue of sign-ins is full.") with
        {
            RetryAfter = Passwords.PasswordHashing.TimeToDrain,
        };
}
