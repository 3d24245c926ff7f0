using System.Security.Cryptography;
using System.Text;

namespace Lectern.SharedKernel.Secrets;

/// <summary>
/// The one secret of an installation. Nothing is signed or encrypted with it directly: each use derives a key of its
/// own, so that a key that leaks through one use opens no other.
/// </summary>
public sealed class MasterKey
{
    /// <summary>Bytes that a master key has.</summary>
    public const int Length = 32;

    private readonly byte[] _bytes;

    /// <summary>Takes the key.</summary>
    /// <exception cref="ArgumentException">It isn't 32 bytes long.</exception>
    public MasterKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"A master key has {Length} bytes, not {bytes.Length}.", nameof(bytes));
        _bytes = bytes.ToArray();
    }

    /// <summary>The key for one purpose, by HKDF with SHA-256 (RFC 5869); the same purpose gives the same key.</summary>
    /// <param name="purpose">A name that is written out where it is used and never changes, such as <c>signed-links</c>.</param>
    /// <param name="length">How many bytes are wanted.</param>
    public byte[] Derive(string purpose, int length)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        return HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            _bytes,
            length,
            salt: null,
            Encoding.UTF8.GetBytes("lectern/" + purpose)
        );
    }

    /// <summary>Says nothing, so that no log can.</summary>
    public override string ToString() => "MasterKey(…)";
}
