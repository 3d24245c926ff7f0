using System.Security.Cryptography;
using System.Text;

namespace Lectern.Accounts.Vault;

/// <summary>
/// AES-256-GCM (NIST SP 800-38D) as the vault uses it: nonce, ciphertext and tag in one. Nonces are random; 96 bits of
/// that are good for 2^32 messages under one key, and a workspace's key sees a few.
/// </summary>
internal static class Envelope
{
    /// <summary>Bytes of a key.</summary>
    public const int KeyLength = 32;

    private const int NonceLength = 12;
    private const int TagLength = 16;

    /// <summary>Seals.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="plain">What to hide.</param>
    /// <param name="about">What it belongs to: opened for anything else, it doesn't open.</param>
    public static byte[] Seal(byte[] key, ReadOnlySpan<byte> plain, string about)
    {
        var envelope = new byte[NonceLength + plain.Length + TagLength];
        var nonce = envelope.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(
            nonce,
            plain,
            envelope.AsSpan(NonceLength, plain.Length),
            envelope.AsSpan(NonceLength + plain.Length),
            Encoding.UTF8.GetBytes(about)
        );
        return envelope;
    }

    /// <summary>Opens.</summary>
    /// <exception cref="CryptographicException">It was changed, or sealed with another key or for something else.</exception>
    public static byte[] Open(byte[] key, ReadOnlySpan<byte> envelope, string about)
    {
        if (envelope.Length < NonceLength + TagLength)
            throw new CryptographicException("The envelope is too short to be one.");
        var plain = new byte[envelope.Length - NonceLength - TagLength];
        using var aes = new AesGcm(key, TagLength);
        aes.Decrypt(
            envelope[..NonceLength],
            envelope[NonceLength..^TagLength],
            envelope[^TagLength..],
            plain,
            Encoding.UTF8.GetBytes(about)
        );
        return plain;
    }
}
