using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Npgsql;

namespace Lectern.Accounts.ApiKeys;

/// <summary>What a key was found to be.</summary>
/// <param name="Caller">Whom it acts for; null when it is refused.</param>
/// <param name="Stamp">The maker's membership, in the role of that moment.</param>
/// <param name="Refusal">A sentence for the client, when it is refused.</param>
/// <param name="Until">When to look again.</param>
internal sealed record ApiKeyReading(Caller? Caller, Guid Stamp, string? Refusal, DateTimeOffset Until)
{
    /// <summary>Whether the database called it good though its revocation was known: its maker was let in again, say.</summary>
    public bool IsReadAfterRevocation { get; init; }

    /// <summary>Whether the key, or the membership that it stands on, is among what was revoked.</summary>
    public bool IsAmong(IReadOnlySet<Guid> revoked) =>
        Caller is { ApiKey: { } key } && (revoked.Contains(key.Id) || revoked.Contains(Stamp));
}

/// <summary>
/// Checks API keys. A key acts as its maker, in the role that the maker has now; so what is remembered is believed for a
/// minute at most, and not a moment longer than the key or the membership is revoked.
/// </summary>
internal sealed class VerifiedApiKeys(EventStore store, ApiKeyTexts texts, Revocations revocations, TimeProvider time)
{
    /// <summary>How long a good key is believed; a key's last use is written as seldom.</summary>
    internal static readonly TimeSpan Believed = TimeSpan.FromMinutes(1);

    /// <summary>How long a refusal stands, so that a program that goes on with a dead key doesn't ask the database each time.</summary>
    internal static readonly TimeSpan Refused = TimeSpan.FromSeconds(10);

    // Another revocation could not be told from the one that is known already, so the database is asked every second.
    private static readonly TimeSpan Doubted = TimeSpan.FromSeconds(1);

    private static readonly ApiKeyReading NotOurs = new(null, default, "The API key is not valid.", default);

    private readonly CredentialMemory<ApiKeyReading> _known = new(generationSize: 4096);

    /// <summary>How many are remembered.</summary>
    internal int Count => _known.Count;

    /// <summary>Whom a key acts for now, or why it doesn't.</summary>
    public ValueTask<ApiKeyReading> VerifyAsync(string key, CancellationToken cancel) =>
        texts.IsOurs(key) ? VerifyAsync(ApiKeyTexts.Hash(key), cancel) : new(NotOurs);

    /// <summary>The same of a key of ours, by its hash.</summary>
    public async ValueTask<ApiKeyReading> VerifyAsync(byte[] keyHash, CancellationToken cancel)
    {
        var hash = CredentialHash.OfHash(keyHash);
        var revoked = revocations.Known; // before the reading: what is revoked during it is noticed by the next request
        var now = time.GetUtcNow();
        if (
            _known.TryGet(hash, out var known)
            && now < known.Until
            && (known.IsReadAfterRevocation || !known.IsAmong(revoked))
        )
            return known;

        var reading = await ReadAsync(keyHash, now, cancel);
        if (reading.IsAmong(revoked))
            reading = reading with { IsReadAfterRevocation = true, Until = now + Doubted };
        _known.Remember(hash, reading);
        return reading;
    }

    /// <summary>Notes that a key was sent where it ends up in logs and histories.</summary>
    public async Task NoteLeakAsync(string key, CancellationToken cancel)
    {
        if (!texts.IsOurs(key))
            return;
        await using var session = Session();
        await session.QueryAsync(
            "update accounts.api_keys set leaked_at = now() where hash = $1 and leaked_at is null returning id",
            row => row.GetGuid(0),
            cancel,
            ApiKeyTexts.Hash(key)
        );
    }

    private async Task<ApiKeyReading> ReadAsync(byte[] keyHash, DateTimeOffset now, CancellationToken cancel)
    {
        await using var session = Session();
        var found = await session.QueryAsync(
            """
            with key as (
                select k.id, k.person_id, k.workspace_id, m.role, m.stamp, k.scopes, k.credit_cap,
                    least(k.expires_at - now(), $2) as good_for,
                    case when k.revoked_at is not null then 'The API key was revoked.'
                         when k.expires_at <= now() then 'The API key has expired.'
                         when m.person_id is null or p.disabled_at is not null or p.erased_at is not null
                              or w.deleted_at is not null then 'Whoever made the API key is not in the workspace any more.'
                    end as refusal
                from accounts.api_keys k
                join accounts.people p on p.id = k.person_id
                join accounts.workspaces w on w.id = k.workspace_id
                left join accounts.members m on m.person_id = k.person_id and m.workspace_id = k.workspace_id
                where k.hash = $1),
            used as (
                update accounts.api_keys k set last_used_at = now() from key
                where k.id = key.id and refusal is null and (last_used_at is null or last_used_at <= now() - $2))
            select * from key
            """,
            row => Read(row, now),
            cancel,
            keyHash,
            Believed
        );
        return found.SingleOrDefault() ?? NotOurs with { Until = now + Refused };
    }

    private static ApiKeyReading Read(NpgsqlDataReader row, DateTimeOffset now)
    {
        if (!row.IsDBNull(8))
            return new ApiKeyReading(null, default, row.GetString(8), now + Refused);
        if (!Roles.TryParse(row.GetString(3), out var role))
            throw new InvalidDataException($"There is no role {row.GetString(3)}.");
        var scopes = row.GetFieldValue<string[]>(5).ToHashSet(StringComparer.Ordinal);
        var caller = new Caller(row.GetGuid(1), row.GetGuid(2), role)
        {
            ApiKey = new CallerKey(row.GetGuid(0), scopes, row.IsDBNull(6) ? null : row.GetInt64(6)),
        };
        return new ApiKeyReading(caller, row.GetGuid(4), null, now + row.GetFieldValue<TimeSpan>(7));
    }

    // Nobody is known yet, so no workspace is.
    private Session Session() => store.OpenSystemSession();
}
