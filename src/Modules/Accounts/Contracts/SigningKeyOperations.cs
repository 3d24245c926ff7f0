using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Lectern.SharedKernel;

namespace Lectern.Accounts.Contracts;

/// <summary>
/// Changes the key that signs access tokens without refusing one. The next generation is accepted and published first,
/// signs after a while, when every host knows it, and the one before it is accepted until its last token has expired.
/// </summary>
public sealed class SigningKeyOperations
{
    /// <summary>Until the new key signs: hosts look every second, and this forgives a host that can't for a while.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromMinutes(2);

    // Beyond the last token's life: for clocks, and for a host that learns late that it is to sign with the new key.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    private readonly EventStore _store;
    private readonly AccessTokens _tokens;

    internal SigningKeyOperations(EventStore store, AccessTokens tokens) => (_store, _tokens) = (store, tokens);

    /// <summary>Adds the next generation.</summary>
    /// <param name="delay">Until it signs; <see cref="Delay"/> outside of tests.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ConstraintViolatedException">Somebody else rotated at the same moment.</exception>
    public async Task<OperatorAnswer> RotateAsync(TimeSpan delay, CancellationToken cancel)
    {
        await using var session = _store.OpenWorkerSession(
            new SessionContext(Guid.Empty, "operator", CallerSessions.RequestCorrelation())
        );
        var next = (
            await session.QueryAsync(
                "select max(generation) + 1 from accounts.signing_keys",
                row => row.GetInt32(0),
                cancel
            )
        ).Single();
        session.Execute(
            "insert into accounts.signing_keys (generation, signs_from) values ($1, now() + $2)",
            next,
            delay
        );
        session.Execute(
            "update accounts.signing_keys set verifies_until = now() + $2 where generation < $1 and verifies_until is null",
            next,
            delay + TimeSpan.FromSeconds(_tokens.LifeSeconds) + Margin
        );
        AuditLog.Record(
            session,
            AuditLog.Platform,
            "keys.rotated",
            detail: new System.Text.Json.Nodes.JsonObject { ["generation"] = next }
        );
        await session.SaveChangesAsync(cancel);
        return new OperatorAnswer(
            true,
            $"Generation {next} signs in {delay.TotalSeconds:0} s; the one before it is accepted until its tokens have expired."
        );
    }
}
