using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Lectern.Billing.TopUps;

/// <summary>
/// Whether a delivery was signed by the payment provider, and lately. The header is <c>t=…,v1=…[,v1=…]</c>: a Unix time,
/// and for each secret that is in force at the sender the HMAC-SHA256 of the time as it stands there, a dot and the raw
/// body, in lower-case hexadecimal. Other schemes than v1 are ignored, so that a weaker one can't take its place.
/// Source: docs.stripe.com/webhooks/signature, and stripe-dotnet, EventUtility.ValidateSignature.
/// </summary>
internal static class WebhookSignature
{
    /// <summary>The request header.</summary>
    public const string Header = "Stripe-Signature";

    /// <summary>Whether one of the signatures is one by one of our secrets.</summary>
    /// <param name="header">As it came.</param>
    /// <param name="body">The bytes as they came.</param>
    /// <param name="secrets">All that are in force here; the key is their text, prefix and all.</param>
    /// <param name="now">By this server's clock.</param>
    /// <param name="tolerance">How far the sender's clock may be from ours.</param>
    public static bool IsGood(
        string? header,
        ReadOnlySpan<byte> body,
        IReadOnlyList<string> secrets,
        DateTimeOffset now,
        TimeSpan tolerance
    )
    {
        if (Read(header) is not var (time, signatures))
            return false;
        var sent = long.Parse(time, CultureInfo.InvariantCulture);
        var isGood = Math.Abs(now.ToUnixTimeSeconds() - sent) <= (long)tolerance.TotalSeconds;

        byte[] payload = [.. Encoding.ASCII.GetBytes(time), (byte)'.', .. body];
        var isSigned = false;
        foreach (var secret in secrets)
        {
            var expected = Encoding.ASCII.GetBytes(
                Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), payload))
            );
            foreach (var signature in signatures)
                isSigned |= CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(signature));
        }

        return isGood && isSigned;
    }

    private static (string Time, IReadOnlyList<string> Signatures)? Read(string? header)
    {
        string? time = null;
        var signatures = new List<string>();
        foreach (var item in header?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            switch (item.Split('=', 2))
            {
                case ["t", _] when time is not null:
                    return null; // two times: which one was signed?
                case ["t", { Length: > 0 and <= 12 } digits] when digits.All(char.IsAsciiDigit):
                    time = digits;
                    break;
                case ["t", _]:
                    return null;
                case ["v1", var signature]:
                    signatures.Add(signature);
                    break;
            }
        }

        return time is null || signatures.Count == 0 ? null : (time, signatures);
    }
}
