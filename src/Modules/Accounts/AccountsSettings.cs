using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Accounts;

/// <summary>How access tokens are made. All hosts of an installation must agree.</summary>
internal sealed class AccountsSettings
{
    [Description("The issuer that access tokens name, and that they must name to be accepted.")]
    [Required(ErrorMessage = "a name or URL")]
    public string TokenIssuer { get; set; } = "lectern";

    [Description("The audience that access tokens name, and that they must name to be accepted.")]
    [Required(ErrorMessage = "a name or URL")]
    public string TokenAudience { get; set; } = "lectern-api";

    [Description("Minutes for which an access token is valid.")]
    [Range(1, 60)]
    public int AccessTokenMinutes { get; set; } = 15;
}
