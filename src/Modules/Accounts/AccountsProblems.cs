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

    /// <summary>409: nobody could manage the workspace any more.</summary>
    public static readonly ProblemType LastAdmin = new(
        Module,
        "last-admin",
        409,
        "The workspace would be without an admin.",
        "Make another member an admin first, or delete the workspace."
    );

    /// <summary>409: what only a shared workspace has.</summary>
    public static readonly ProblemType PersonalWorkspace = new(
        Module,
        "personal-workspace",
        409,
        "A personal workspace has one member and goes with its account.",
        "Make a shared workspace at POST /api/v1/workspaces."
    );

    /// <summary>409: the person is in the workspace.</summary>
    public static readonly ProblemType AlreadyMember = new(
        Module,
        "already-member",
        409,
        "This person is a member already.",
        "Change the role at PATCH /api/v1/workspaces/{id}/members/{person} if it is another that is wanted."
    );

    /// <summary>409: as many invitations are open as may be.</summary>
    public static readonly ProblemType TooManyInvitations = new(
        Module,
        "too-many-invitations",
        409,
        "The workspace has too many open invitations.",
        "Withdraw some, or wait until they are accepted or have expired."
    );

    /// <summary>409: nobody could administer the platform any more.</summary>
    public static readonly ProblemType LastPlatformAdmin = new(
        Module,
        "last-platform-admin",
        409,
        "The platform would be without an administrator.",
        "Make somebody else an administrator first."
    );

    /// <summary>All of them, for docs/errors.md.</summary>
    public static IReadOnlyList<ProblemType> All { get; } =
    [
        EmailTaken,
        WrongCredentials,
        InvalidGrant,
        SignInBusy,
        LastAdmin,
        PersonalWorkspace,
        AlreadyMember,
        TooManyInvitations,
        LastPlatformAdmin,
    ];

    /// <summary>What a full queue of the password check is answered with.</summary>
    public static Problem Busy() =>
        SignInBusy.With("The queue of sign-ins is full.") with
        {
            RetryAfter = Passwords.PasswordHashing.TimeToDrain,
        };
}
