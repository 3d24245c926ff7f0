using Lectern.Accounts.ApiKeys;
using Lectern.Accounts.Contracts;

namespace Lectern.Accounts.Tokens;

/// <summary>Stands on an access token.</summary>
internal sealed class TokenStanding(VerifiedToken token, VerifiedTokens tokens) : Standing
{
    public VerifiedToken Token => token;

    public override ValueTask<StandingEnd?> EndAsync(CancellationToken cancel) => new(tokens.EndOf(token));
}

/// <summary>Stands on an API key, of which only the hash is remembered.</summary>
internal sealed class KeyStanding(byte[] hash, Guid key, VerifiedApiKeys keys) : Standing
{
    public Guid Key => key;

    public override async ValueTask<StandingEnd?> EndAsync(CancellationToken cancel) =>
        (await keys.VerifyAsync(hash, cancel)).Caller is null ? StandingEnd.Revoked : null;
}
