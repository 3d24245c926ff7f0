using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lectern.SharedKernel.Secrets;

namespace Lectern.SharedKernel.Blobs;

/// <summary>What a signed link turned out to be.</summary>
public enum LinkVerdict
{
    /// <summary>Ours, unchanged, in time.</summary>
    Valid,

    /// <summary>Not ours, or changed, or incomplete.</summary>
    Altered,

    /// <summary>Ours and unchanged, but its time is over.</summary>
    Expired,
}

/// <summary>
/// Links that open one artifact for some minutes without a token: an HMAC-SHA256 over method, path, artifact, expiry
/// and key id, by a key that is derived for this use only.
/// </summary>
public sealed class SignedLinks(MasterKey masterKey, TimeProvider clock)
{
    /// <summary>No link lives longer: it can't be taken back, and it ends up in histories and logs of proxies.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(15);

    // The id of the key stands in the link, so that a second key can be introduced while links of the first live.
    private const string KeyId = "1";

    private readonly byte[] _key = masterKey.Derive("signed-links", 32);

    /// <summary>The path with the query that opens it.</summary>
    /// <param name="method">The method that it is good for; HEAD is checked as GET.</param>
    /// <param name="path">The absolute path, for example <c>/downloads/…</c>.</param>
    /// <param name="artifact">What is opened: an id of the thing, not of its file.</param>
    /// <param name="life">How long, at most <see cref="LongestLife"/>.</param>
    public string Sign(string method, string path, string artifact, TimeSpan life)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(life, LongestLife);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(life, TimeSpan.Zero);
        var expires = (clock.GetUtcNow() + life).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = Signature(method, path, artifact, expires, KeyId);
        return $"{path}?artifact={Uri.EscapeDataString(artifact)}&exp={expires}&kid={KeyId}&sig={signature}";
    }

    /// <summary>Checks the parts of a link, in constant time where it matters.</summary>
    /// <param name="method">The method of the request; give GET for HEAD.</param>
    /// <param name="path">The path of the request.</param>
    /// <param name="artifact">The query's <c>artifact</c>.</param>
    /// <param name="expires">The query's <c>exp</c>.</param>
    /// <param name="keyId">The query's <c>kid</c>.</param>
    /// <param name="signature">The query's <c>sig</c>.</param>
    public LinkVerdict Verify(
        string method,
        string path,
        string? artifact,
        string? expires,
        string? keyId,
        string? signature
    )
    {
        if (artifact is null || expires is null || signature is null || keyId != KeyId)
            return LinkVerdict.Altered;
        var expected = Encoding.ASCII.GetBytes(Signature(method, path, artifact, expires, keyId));
        if (!CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(signature)))
            return LinkVerdict.Altered;
        // The signature holds, so the number is the one we wrote.
        var until = DateTimeOffset.FromUnixTimeSeconds(long.Parse(expires, CultureInfo.InvariantCulture));
        return clock.GetUtcNow() < until ? LinkVerdict.Valid : LinkVerdict.Expired;
    }

    private string Signature(string method, string path, string artifact, string expires, string keyId)
    {
        // Each part but the last three could hold a separator; their lengths keep two different links apart.
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"v1|{method}|{path.Length}:{path}|{artifact.Length}:{artifact}|{expires}|{keyId}"
        );
        return Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)));
    }
}
