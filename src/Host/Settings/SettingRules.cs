using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Mail;
using Lectern.SharedKernel.Secrets;

namespace Lectern.Host.Settings;

/// <summary>A rule whose description completes the sentence "it must be …".</summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class SettingRuleAttribute : ValidationAttribute
{
    protected SettingRuleAttribute(string accepts) => ErrorMessage = accepts;

    public override bool IsValid(object? value) =>
        value switch
        {
            null or "" => true, // an empty value is one that isn't set
            string text => Accepts(text),
            string[] list => list.All(Accepts),
            _ => false,
        };

    protected abstract bool Accepts(string text);

    protected static bool IsHttp(string text, out Uri address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address!) && address.Scheme is "http" or "https";
}

/// <summary>An address of the web.</summary>
internal sealed class HttpAddressAttribute() : SettingRuleAttribute("an absolute http or https URL")
{
    protected override bool Accepts(string text) => IsHttp(text, out _);
}

/// <summary>Origins; a wildcard can't be allowed together with credentials.</summary>
internal sealed class HttpOriginsAttribute()
    : SettingRuleAttribute("origins such as https://app.example.com, without a path and without wildcards")
{
    protected override bool Accepts(string text) =>
        IsHttp(text, out var address)
        && text.TrimEnd('/') == address.GetLeftPart(UriPartial.Authority)
        && !text.Contains('*', StringComparison.Ordinal);
}

/// <summary>Names without scheme and port.</summary>
internal sealed class HostNamesAttribute() : SettingRuleAttribute("host names such as example.com or *.example.com")
{
    protected override bool Accepts(string text) =>
        text == "*"
        || Uri.CheckHostName(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text)
            != UriHostNameType.Unknown;
}

/// <summary>Addresses and networks.</summary>
internal sealed class NetworksAttribute()
    : SettingRuleAttribute("IP addresses or networks such as 10.0.0.7 or 10.0.0.0/8")
{
    protected override bool Accepts(string text) => Parse(text) is not null;

    /// <summary>The network that a text names; a single address is a network of one.</summary>
    public static IPNetwork? Parse(string text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out var network) ? network
        : null;
}

/// <summary>Whom mails come from.</summary>
internal sealed class MailSenderAttribute()
    : SettingRuleAttribute("an e-mail address, with or without a name: Lectern <lectern@example.com>")
{
    protected override bool Accepts(string text) => MailAddress.TryCreate(text, out _);
}

/// <summary>A folder that exists.</summary>
internal sealed class FolderAttribute() : SettingRuleAttribute("a folder that exists")
{
    protected override bool Accepts(string text) => Directory.Exists(text);
}

/// <summary>The master key as text.</summary>
internal sealed class MasterKeyTextAttribute() : SettingRuleAttribute("base64 of exactly 32 bytes")
{
    protected override bool Accepts(string text)
    {
        Span<byte> bytes = stackalloc byte[MasterKey.Length + 3];
        return Convert.TryFromBase64String(text, bytes, out var written) && written == MasterKey.Length;
    }
}
