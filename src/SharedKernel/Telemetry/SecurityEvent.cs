using Microsoft.Extensions.Logging;

namespace Lectern.SharedKernel.Telemetry;

/// <summary>Something that whoever watches over the installation wants to know of, by a code that never changes.</summary>
/// <param name="Number">The log's event id.</param>
/// <param name="Code">In snake case.</param>
/// <param name="Level">Information for what happens every day, warning for what doesn't without a reason.</param>
/// <param name="Meaning">One sentence for docs/operations.md.</param>
public sealed record SecurityEvent(int Number, string Code, LogLevel Level, string Meaning)
{
    /// <summary>Address and password do not belong together.</summary>
    public static readonly SecurityEvent SignInFailed = new(
        9001,
        "sign_in_failed",
        LogLevel.Warning,
        "A log-in with a wrong password, or to an account that there isn't."
    );

    /// <summary>Too many refused log-ins.</summary>
    public static readonly SecurityEvent SignInLocked = new(
        9002,
        "sign_in_locked",
        LogLevel.Warning,
        "Log-ins to one account were refused too often; more are not tried for a while."
    );

    /// <summary>A signed-in person's password, asked again, was wrong.</summary>
    public static readonly SecurityEvent PasswordRefused = new(
        9003,
        "password_refused",
        LogLevel.Warning,
        "Somebody who is signed in did not know the account's password."
    );

    /// <summary>An access token was refused.</summary>
    public static readonly SecurityEvent TokenRefused = new(
        9004,
        "token_refused",
        LogLevel.Warning,
        "An access token that we did not sign so, or whose session was ended; or a live ticket that does not let in."
    );

    /// <summary>An access token was too old.</summary>
    public static readonly SecurityEvent TokenExpired = new(
        9005,
        "token_expired",
        LogLevel.Information,
        "An access token that was good once; clients refresh it."
    );

    /// <summary>A refresh token was refused.</summary>
    public static readonly SecurityEvent RefreshRefused = new(
        9006,
        "refresh_refused",
        LogLevel.Warning,
        "A refresh token that is unknown, or whose session is over."
    );

    /// <summary>A refresh token came twice.</summary>
    public static readonly SecurityEvent RefreshReused = new(
        9007,
        "refresh_reused",
        LogLevel.Error,
        "A refresh token came again long after its use: two have it. The session was ended."
    );

    /// <summary>An API key was refused.</summary>
    public static readonly SecurityEvent ApiKeyRefused = new(
        9008,
        "api_key_refused",
        LogLevel.Warning,
        "An API key that is unknown, revoked, expired, or whose maker has left."
    );

    /// <summary>An API key came in an address.</summary>
    public static readonly SecurityEvent ApiKeyLeaked = new(
        9009,
        "api_key_leaked",
        LogLevel.Error,
        "An API key came in the query of an address, where proxies log it. It should be revoked."
    );

    /// <summary>Known, but not allowed.</summary>
    public static readonly SecurityEvent AccessRefused = new(
        9010,
        "access_refused",
        LogLevel.Warning,
        "A caller who is known asked for what the role, the scope or the credential does not allow."
    );

    /// <summary>An administrator of the platform did something.</summary>
    public static readonly SecurityEvent PlatformAct = new(
        9011,
        "platform_act",
        LogLevel.Information,
        "An administrator of the platform was let do something; the audit log has what."
    );

    /// <summary>Too many requests.</summary>
    public static readonly SecurityEvent RateLimited = new(
        9012,
        "rate_limited",
        LogLevel.Information,
        "A request beyond a limit on an address, a caller, a workspace or mails."
    );

    /// <summary>A delivery that claims to be the payment provider's is not.</summary>
    public static readonly SecurityEvent SignatureWrong = new(
        9013,
        "signature_wrong",
        LogLevel.Error,
        "A delivery to the payments' webhook is not signed by the payment provider, or too old."
    );

    /// <summary>A sign-in at an issuer can't be used.</summary>
    public static readonly SecurityEvent OpenIdRefused = new(
        9014,
        "openid_refused",
        LogLevel.Warning,
        "The answer of an OpenID Connect issuer is not one to this browser, or not by the rules."
    );

    /// <summary>Something sealed can't be opened.</summary>
    public static readonly SecurityEvent SealBroken = new(
        9015,
        "seal_broken",
        LogLevel.Critical,
        "What was encrypted does not open: the master key is another one, or a row was changed."
    );

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SecurityEvent> All { get; } =
    [
        SignInFailed,
        SignInLocked,
        PasswordRefused,
        TokenRefused,
        TokenExpired,
        RefreshRefused,
        RefreshReused,
        ApiKeyRefused,
        ApiKeyLeaked,
        AccessRefused,
        PlatformAct,
        RateLimited,
        SignatureWrong,
        OpenIdRefused,
        SealBroken,
    ];
}
