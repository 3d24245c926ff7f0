using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Lectern.Accounts.OpenId;
using Lectern.SharedKernel;

namespace Lectern.Accounts;

/// <summary>Who may sign in, and for how long. All hosts of an installation must agree.</summary>
internal sealed class AccountsSettings
{
    [Description(
        "Who may make an account: open is anybody, invitation whoever was invited, closed nobody but operators."
    )]
    [AllowedValues("open", "invitation", "closed")]
    public string Registration { get; set; } = "open";

    /// <summary>Why somebody can't sign up; null if they can.</summary>
    internal Problem? RefuseRegistration(bool isInvited) =>
        Registration == "closed" ? AccountsProblems.RegistrationClosed.With("Operators make the accounts here.")
        : Registration == "invitation" && !isInvited
            ? AccountsProblems.InvitationNeeded.With("The request carries no invitation.")
        : null;

    [Description(
        "Whether an account is made only when its e-mail address was confirmed. Without it, sign-up tells who has an account."
    )]
    public bool ConfirmEmail { get; set; } = true;

    /// <summary>Issuers of OpenID Connect, by the names under which they are signed in with.</summary>
    public Dictionary<string, OpenIdIssuerSettings> OpenId { get; set; } = [];

    [Description("The issuer that access tokens name, and that they must name to be accepted.")]
    [Required(ErrorMessage = "a name or URL")]
    public string TokenIssuer { get; set; } = "lectern";

    [Description("The audience that access tokens name, and that they must name to be accepted.")]
    [Required(ErrorMessage = "a name or URL")]
    public string TokenAudience { get; set; } = "lectern-api";

    [Description("Minutes for which an access token is valid.")]
    [Range(1, 60)]
    public int AccessTokenMinutes { get; set; } = 15;

    [Description("Days for which a sign-in lasts at most, however often its tokens are refreshed.")]
    [Range(1, 3650)]
    public int SessionDays { get; set; } = 90;

    [Description("Days without a refresh after which a sign-in ends.")]
    [Range(1, 3650)]
    public int SessionIdleDays { get; set; } = 14;
}
