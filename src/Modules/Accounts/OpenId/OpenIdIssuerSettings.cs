using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Accounts.OpenId;

/// <summary>An issuer of OpenID Connect and who we are to it. NAME is what stands in the address of the sign-in.</summary>
internal sealed class OpenIdIssuerSettings
{
    [Description("The issuer's identifier, as it stands in its ID tokens.")]
    [IssuerAddress]
    public string Issuer { get; set; } = "https://accounts.google.com";

    [Description(
        "The client id that the issuer gave us for the redirect address PUBLICURL/api/v1/auth/oidc/NAME/callback."
    )]
    [Required]
    public string? ClientId { get; set; }

    [Description("The client secret; empty where the issuer gives none, since PKCE is always used.")]
    [DataType(DataType.Password)]
    public string? ClientSecret { get; set; }
}

/// <summary>Whoever can read or change what is said between us and an issuer can sign in as anybody.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class IssuerAddressAttribute : ValidationAttribute
{
    public IssuerAddressAttribute() => ErrorMessage = "an https URL (http only for an issuer on this machine)";

    public override bool IsValid(object? value) =>
        value is string text && Uri.TryCreate(text, UriKind.Absolute, out var address) && IsSafe(address);

    /// <summary>Whether an address of an issuer may be used.</summary>
    public static bool IsSafe(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback);
}
