using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Lectern.Accounts.Tokens;

/// <summary>
/// Remembers what was found out about credentials, by their SHA-256, so that the process's memory holds none that could
/// be used.
/// </summary>
/// <remarks>
/// Two generations bound it without a clock or a list: when the young one is full it becomes the old one, and what was
/// not asked for in a whole generation is gone.
/// </remarks>
internal sealed class CredentialMemory<T>(int generationSize)
{
    private readonly Lock _turning = new();
    private ConcurrentDictionary<CredentialHash, T> _young = new();
    private ConcurrentDictionary<CredentialHash, T> _old = new();
    private int _youngCount;

    /// <summary>How many are remembered.</summary>
    public int Count => _young.Count + _old.Count;

    /// <summary>What is remembered of a credential.</summary>
    public bool TryGet(CredentialHash credential, [MaybeNullWhen(false)] out T known)
    {
        if (_young.TryGetValue(credential, out known))
            return true;
        if (!_old.TryGetValue(credential, out known))
            return false;
        Remember(credential, known);
        return true;
    }

    /// <summary>Remembers this instead of what was known before.</summary>
    public void Remember(CredentialHash credential, T known)
    {
        if (!_young.TryAdd(credential, known))
        {
            _young[credential] = known;
            return;
        }

        if (Interlocked.Increment(ref _youngCount) < generationSize)
            return;
        lock (_turning)
        {
            if (_youngCount < generationSize)
                return; // another thread turned them over
            _old = _young;
            _young = new ConcurrentDictionary<CredentialHash, T>();
            _youngCount = 0;
        }
    }
}

/// <summary>The SHA-256 of a credential.</summary>
internal readonly record struct CredentialHash(UInt128 High, UInt128 Low)
{
    /// <summary>Of a credential as it was sent.</summary>
    public static CredentialHash Of(string credential)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(credential), hash);
        return OfHash(hash);
    }

    /// <summary>Of a credential of which only the SHA-256 is known.</summary>
    public static CredentialHash OfHash(ReadOnlySpan<byte> hash) => MemoryMarshal.Read<CredentialHash>(hash);
}
