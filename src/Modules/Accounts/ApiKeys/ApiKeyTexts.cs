using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lectern.SharedKernel.Secrets;

namespace Lectern.Accounts.ApiKeys;

/// <summary>
/// How API keys are written: a prefix that secret scanners can find, 256 random bits, and a tag over them under a key of
/// ours. What doesn't have our tag is refused without a look at the database or a place in memory, so made-up keys cost
/// nothing; and a typing error is told from a key that was revoked.
/// </summary>
internal sealed class ApiKeyTexts(MasterKey master)
{
    /// <summary>What every key begins with.</summary>
    public const string Prefix = "lk_";

    /// <summary>Characters that are shown of a key's beginning: the prefix and a few.</summary>
    public const int ShownAtStart = 7;

    private const int RandomLength = 32;
    private const int TagLength = 4;
    private const int Length = 51; // the prefix, and 36 bytes in base64url without padding

    private readonly byte[] _key = master.Derive("accounts/api-key-tag", 32);

    /// <summary>A new key.</summary>
    public string New()
    {
        Span<byte> bytes = stackalloc byte[RandomLength + TagLength];
        RandomNumberGenerator.Fill(bytes[..RandomLength]);
        Tag(bytes[..RandomLength], bytes[RandomLength..]);
        return Prefix + Base64Url.EncodeToString(bytes);
    }

    /// <summary>Whether we made this key, whatever became of it.</summary>
    public bool IsOurs(string text)
    {
        if (text.Length != Length || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        Span<byte> bytes = stackalloc byte[RandomLength + TagLength];
        if (
            !Base64Url.TryDecodeFromChars(text.AsSpan(Prefix.Length), bytes, out var written)
            || written != bytes.Length
        )
            return false;
        Span<byte> expected = stackalloc byte[TagLength];
        Tag(bytes[..RandomLength], expected);
        return CryptographicOperations.FixedTimeEquals(expected, bytes[RandomLength..]);
    }

    /// <summary>What is stored instead of a key. 256 random bits need no slow hash.</summary>
    public static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private void Tag(ReadOnlySpan<byte> random, Span<byte> tag)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, random, whole);
        whole[..TagLength].CopyTo(tag);
    }
}
