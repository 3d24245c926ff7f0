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

    /// <summary>403: nobody can sign up here.</summary>
    public static readonly ProblemType RegistrationClosed = new(
        Module,
        "registration-closed",
        403,
        "Nobody can sign up here.",
        "Ask an operator of this installation for an account."
    );

    /// <summary>403: only who was invited can sign up here.</summary>
    public static readonly ProblemType InvitationNeeded = new(
        Module,
        "invitation-needed",
        403,
        "Only who was invited can sign up here.",
        "Ask an admin of a workspace for an invitation, and send its token as 'invitation'."
    );

    /// <summary>422: a token from a mail that is of no use, or of no use any more.</summary>
    public static readonly ProblemType ConfirmationInvalid = new(
        Module,
        "confirmation-invalid",
        422,
        "The token from the mail can't be used.",
        "Tokens are good once and for hours only: ask for a new mail."
    );

    /// <summary>403: the password that was asked for again is another one.</summary>
    public static readonly ProblemType WrongPassword = new(
        Module,
        "wrong-password",
        403,
        "The password is wrong.",
        "Send the account's password; if there is none yet, choose one by way of POST /api/v1/auth/password/forgot."
    );

    /// <summary>401: the sign-in at an issuer of OpenID Connect came to nothing.</summary>
    public static readonly ProblemType OpenIdRefused = new(
        Module,
        "openid-refused",
        401,
        "The sign-in with OpenID Connect failed.",
        "Begin again at GET /api/v1/auth/oidc/{issuer}, in the same browser, and finish within ten minutes."
    );

    /// <summary>403: the issuer doesn't vouch for an address of the person.</summary>
    public static readonly ProblemType OpenIdEmailUnverified = new(
        Module,
        "openid-email-unverified",
        403,
        "The issuer does not say that your e-mail address is verified.",
        "Verify the address at the issuer, or sign up here with a password."
    );

    /// <summary>409: there is an account with the address, but nothing says that it is the same person's.</summary>
    public static readonly ProblemType OpenIdNotLinked = new(
        Module,
        "openid-not-linked",
        409,
        "There is an account with this e-mail address, but it is not linked to this sign-in.",
        "Log in with its password. If the detail says so, confirm its address at POST /api/v1/me/email; then this works, too."
    );

    /// <summary>503: the issuer can't be reached.</summary>
    public static readonly ProblemType OpenIdUnavailable = new(
        Module,
        "openid-unavailable",
        503,
        "The issuer can't be reached.",
        "Try again in a minute, or sign in another way."
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
        "Sign in again and send the account's e-mail address."
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
    [
        EmailTaken,
        WrongCredentials,
        InvalidGrant,
        RegistrationClosed,
        InvitationNeeded,
        ConfirmationInvalid,
        WrongPassword,
        OpenIdRefused,
        OpenIdEmailUnverified,
        OpenIdNotLinked,
        OpenIdUnavailable,
        SignInBusy,
        UnusableImage,
        NotConfirmed,
        KeyInQuery,
        OnlyMembers,
        NameTaken,
        LastAdmin,
        PersonalWorkspace,
        AlreadyMember,
        TooManyInvitations,
        LastPlatformAdmin,
    ];

    /// <summary>What is told to who wants an address that has an account.</summary>
    public static Problem Taken() =>
        EmailTaken.With("Somebody has signed up with this e-mail address.", new FieldError("/email", "is taken"));

    /// <summary>What is told of a token from a mail that is not ours, used or expired: which of them it is, is not told.</summary>
    public static Problem Unconfirmed() =>
        ConfirmationInvalid.With(
            "It is not one of ours, was used, or has expired.",
            new FieldError("/token", "is no good")
        );

    /// <summary>What a full queue of the password check is answered with.</summary>
    public static Problem Busy() =>
        SignInBusy.With("The queue of sign-ins is full.") with
        {
            RetryAfter = Passwords.PasswordHashing.TimeToDrain,
        };
}
