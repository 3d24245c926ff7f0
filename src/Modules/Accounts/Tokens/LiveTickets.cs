using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lectern.Accounts.ApiKeys;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Npgsql;
using NpgsqlTypes;

namespace Lectern.Accounts.Tokens;

/// <summary>Whom a ticket lets in, or why it doesn't: a sentence for the client.</summary>
internal readonly record struct RedeemedTicket(Caller? Caller, Standing? Standing, string? Refusal);

/// <summary>
/// Tickets for live connections: good once, for half a minute, on whichever host. What was got with one stands on what its
/// maker's credential stood on, and ends with it.
/// </summary>
internal sealed class LiveTickets(EventStore store, VerifiedTokens tokens, VerifiedApiKeys keys)
{
    /// <summary>How long one is good.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    /// <summary>What each begins with, so that logs can tell it from what is no secret.</summary>
    private const string Prefix = "llt_";

    private const int RandomBytes = 32;

    private static readonly RedeemedTicket Refused = new(
        null,
        null,
        "The ticket was used, or its time is over, or it never was one."
    );

    /// <summary>Makes one for a caller.</summary>
    public async Task<string> IssueAsync(Caller caller, Standing standing, CancellationToken cancel)
    {
        var ticket = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        var token = (standing as TokenStanding)?.Token;
        await using var session = store.OpenWorkerSession(caller);
        session.Execute(
            """
            insert into accounts.live_tickets (hash, person_id, workspace_id, role, is_platform_admin,
                session_id, stamp, stands_until, api_key_id, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + $10)
            """,
            Hash(ticket),
            caller.Person,
            caller.Workspace,
            caller.Role.Name(),
            caller.IsPlatformAdmin,
            Typed.Uuid(token?.Caller.Session),
            Typed.Uuid(token?.Stamp),
            new Typed(token is null ? null : UntilOf(token), NpgsqlDbType.TimestampTz),
            Typed.Uuid((standing as KeyStanding)?.Key),
            Life
        );
        await session.SaveChangesAsync(cancel);
        return ticket;
    }

    /// <summary>Takes a ticket: of several who try at once, on any hosts, one gets in.</summary>
    public async Task<RedeemedTicket> RedeemAsync(string ticket, CancellationToken cancel)
    {
        if (!ticket.StartsWith(Prefix, StringComparison.Ordinal))
            return Refused;
        await using var session = store.OpenSystemSession();
        var taken = await session.QueryAsync(
            """
            delete from accounts.live_tickets t where hash = $1
            returning person_id, workspace_id, role, is_platform_admin, session_id, stamp, stands_until,
                (select hash from accounts.api_keys k where k.id = t.api_key_id),
                expires_at > now() and not exists (
                    select from accounts.revocations r where r.subject in (t.session_id, t.stamp))
            """,
            row => (IsGood: row.GetBoolean(8), Token: TokenOf(row), KeyHash: row.IsDBNull(7) ? null : (byte[])row[7]),
            cancel,
            Hash(ticket)
        );
        if (taken is not [{ IsGood: true } good])
            return Refused;
        if (good.Token is { } token)
            return tokens.EndOf(token) is null
                ? new RedeemedTicket(token.Caller, new TokenStanding(token, tokens), null)
                : Refused;
        var key = await keys.VerifyAsync(good.KeyHash!, cancel);
        return key.Caller is { ApiKey: { } known }
            ? new RedeemedTicket(key.Caller, new KeyStanding(good.KeyHash!, known.Id, keys), null)
            : new RedeemedTicket(null, null, key.Refusal);
    }

    /// <summary>The token that the ticket was made with, as far as it matters; null for an API key.</summary>
    private static VerifiedToken? TokenOf(NpgsqlDataReader row)
    {
        if (row.IsDBNull(4))
            return null;
        if (!Roles.TryParse(row.GetString(2), out var role))
            throw new InvalidDataException($"There is no role {row.GetString(2)}.");
        var (session, stamp) = (row.GetGuid(4), row.GetGuid(5));
        var caller = new Caller(row.GetGuid(0), row.GetGuid(1), role)
        {
            Session = session,
            IsPlatformAdmin = row.GetBoolean(3),
            IsVisiting = stamp == session,
        };
        return new VerifiedToken(caller, stamp, row.GetFieldValue<DateTimeOffset>(6).ToUnixTimeSeconds());
    }

    private static DateTimeOffset UntilOf(VerifiedToken token) => DateTimeOffset.FromUnixTimeSeconds(token.Until);

    private static byte[] Hash(string ticket) => SHA256.HashData(Encoding.UTF8.GetBytes(ticket));
}
