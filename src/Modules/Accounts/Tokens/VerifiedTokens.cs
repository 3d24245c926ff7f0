using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Lectern.Accounts.Tokens;

/// <summary>
/// Remembers good tokens until they expire, since verifying a signature costs more than most requests. They are
/// kept by their SHA-256, so that the process's memory holds no token that could be used.
/// </summary>
/// <remarks>
/// Two generations bound it without a clock or a list: when the young one is full it becomes the old one, and what was
/// not asked for in a whole generation is gone. Then it is verified again, which is all that a miss costs.
/// </remarks>
internal sealed class VerifiedTokens(
    AccessTokens tokens,
    Revocations revocations,
    TimeProvider time,
    int generationSize = 8192
)
{
    private readonly Lock _turning = new();
    private ConcurrentDictionary<TokenHash, VerifiedToken> _young = new();
    private ConcurrentDictionary<TokenHash, VerifiedToken> _old = new();
    private int _youngCount;

    /// <summary>How many are remembered.</summary>
    public int Count => _young.Count + _old.Count;

    /// <summary>Checks a token, or finds that it was checked before, and that nothing it stands on was revoked.</summary>
    public TokenReading Verify(string token)
    {
        var reading = Read(token);
        return
            reading.Token is { } good
            && (revocations.Contains(good.Stamp) || revocations.Contains(good.Caller.Session!.Value))
            ? AccessTokens.Revoked
            : reading;
    }

    private TokenReading Read(string token)
    {
        var hash = Hash(token);
        var known = _young.TryGetValue(hash, out var verified);
        if (known || _old.TryGetValue(hash, out verified))
        {
            if (time.GetUtcNow().ToUnixTimeSeconds() >= verified!.Until)
                return AccessTokens.Expired;
            if (!known)
                Remember(hash, verified);
            return new TokenReading(verified, null);
        }

        var reading = tokens.Verify(token);
        if (reading.Token is { } good)
            Remember(hash, good);
        return reading;
    }

    private void Remember(TokenHash hash, VerifiedToken token)
    {
        if (!_young.TryAdd(hash, token) || Interlocked.Increment(ref _youngCount) < generationSize)
            return;
        lock (_turning)
        {
            if (_youngCount < generationSize)
                return; // another thread turned them over
            _old = _young;
            _young = new ConcurrentDictionary<TokenHash, VerifiedToken>();
            _youngCount = 0;
        }
    }

    private static TokenHash Hash(string token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        return MemoryMarshal.Read<TokenHash>(hash);
    }

    private readonly record struct TokenHash(UInt128 High, UInt128 Low);
}
