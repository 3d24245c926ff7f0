using System.Security.Cryptography;
using System.Text;
using Lectern.SharedKernel;

namespace Lectern.Activity.Webhooks;

/// <summary>
/// Secrets and signatures of Standard Webhooks 1.0.0:
/// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
/// </summary>
internal static class WebhookSecret
{
    /// <summary>What they are sealed for in the vault.</summary>
    public const string Purpose = "activity/webhook";

    private const string Prefix = "whsec_";
    private const int Shortest = 24;
    private const int Longest = 64;
    private const int Usual = 32;

    public static byte[] New() => RandomNumberGenerator.GetBytes(Usual);

    /// <summary>As people copy it into their receivers.</summary>
    public static string Write(byte[] secret) => Prefix + Convert.ToBase64String(secret);

    /// <summary>The secret that somebody brings along; a new one without.</summary>
    public static (byte[] Secret, FieldError? Fault) Read(string? text)
    {
        if (text is null)
            return (New(), null);
        var bytes = new byte[Longest + 3];
        return
            text.StartsWith(Prefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(text[Prefix.Length..], bytes, out var length)
            && length is >= Shortest and <= Longest
            ? (bytes[..length], null)
            : ([], new FieldError("/secret", $"must be {Prefix} and the base64 of {Shortest} to {Longest} bytes"));
    }

    /// <summary>The header of a delivery: a signature with each secret.</summary>
    /// <param name="id">The header webhook-id.</param>
    /// <param name="timestamp">The header webhook-timestamp: seconds since 1970.</param>
    /// <param name="body">The very bytes that are sent.</param>
    /// <param name="secrets">The newest first.</param>
    public static string Sign(string id, long timestamp, ReadOnlySpan<byte> body, IEnumerable<byte[]> secrets)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes(FormattableString.Invariant($"{id}.{timestamp}.")), .. body];
        return string.Join(
            ' ',
            secrets.Select(secret => "v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, signed)))
        );
    }
}
