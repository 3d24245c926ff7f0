using Lectern.Accounts.Contracts;

namespace Lectern.Accounts.Tokens;

/// <summary>Remembers good tokens until they expire, since verifying a signature costs more than most requests.</summary>
internal sealed class VerifiedTokens(
    AccessTokens tokens,
    Revocations revocations,
    TimeProvider time,
    int generationSize = 8192
)
{
    private readonly CredentialMemory<VerifiedToken> _known = new(generationSize);

    /// <summary>How many are remembered.</summary>
    public int Count => _known.Count;

    /// <summary>Checks a token, or finds that it was checked before, and that nothing it stands on was revoked.</summary>
    public TokenReading Verify(string token)
    {
        var reading = Read(token);
        return reading.Token is { } good && IsRevoked(good) ? AccessTokens.Revoked : reading;
    }

    /// <summary>How the time of a token ended that was found good once; null while it is good.</summary>
    public StandingEnd? EndOf(VerifiedToken token) =>
        IsRevoked(token) ? StandingEnd.Revoked
        : time.GetUtcNow().ToUnixTimeSeconds() >= token.Until ? StandingEnd.Expired
        : null;

    private bool IsRevoked(VerifiedToken token) =>
        revocations.Contains(token.Stamp) || revocations.Contains(token.Caller.Session!.Value);

    private TokenReading Read(string token)
    {
        var hash = CredentialHash.Of(token);
        if (_known.TryGet(hash, out var verified))
            return time.GetUtcNow().ToUnixTimeSeconds() < verified.Until
                ? new TokenReading(verified, null)
                : AccessTokens.Expired;
        var reading = tokens.Verify(token);
        if (reading.Token is { } good)
            _known.Remember(hash, good);
        return reading;
    }
}
