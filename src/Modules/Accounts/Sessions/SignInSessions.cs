using Lectern.Accounts.Contracts;
using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.Sessions;

/// <summary>Where a sign-in comes from, as its owner sees it in the list of sessions.</summary>
/// <param name="Method"><c>password</c>, <c>openid</c>, <c>confirmation</c> or <c>operator</c>.</param>
/// <param name="Device">What the client calls itself, cut to <see cref="LongestDevice"/> characters.</param>
/// <param name="Address">Its network address.</param>
internal sealed record SignInOrigin(string Method, string? Device, string? Address)
{
    public const int LongestDevice = 200;

    /// <summary>Of a request.</summary>
    public static SignInOrigin Of(HttpContext http, string method)
    {
        var device = http.Request.Headers.UserAgent.ToString();
        var shown = new string([.. device.Where(c => !char.IsControl(c)).Take(LongestDevice)]);
        return new SignInOrigin(method, shown.Length > 0 ? shown : null, AddressOf(http));
    }

    /// <summary>The client's address; trusted proxies were taken off it already.</summary>
    public static string? AddressOf(HttpContext http) => http.Connection.RemoteIpAddress?.ToString();
}

/// <summary>Begins and ends sign-in sessions.</summary>
internal sealed class SignInSessions(
    EventStore store,
    AccessTokens tokens,
    IOptions<AccountsSettings> settings,
    SecurityFeed feed
)
{
    /// <summary>Adds a session to a unit of work. The tokens are good once it has committed.</summary>
    /// <param name="session">A worker session.</param>
    /// <param name="member">Who signs in, and where to.</param>
    /// <param name="origin">Where from.</param>
    public TokenAnswer Begin(Session session, Membership member, SignInOrigin origin)
    {
        var id = store.NewId();
        var refresh = RefreshTokens.New();
        session.Execute(
            """
            insert into accounts.sessions (id, person_id, method, device, address, expires_at)
            values ($1, $2, $3, $4, $5, now() + $6)
            """,
            id,
            member.Person,
            origin.Method,
            Typed.Text(origin.Device),
            Typed.Text(origin.Address),
            TimeSpan.FromDays(settings.Value.SessionDays)
        );
        session.Execute(
            "insert into accounts.refresh_tokens (hash, session_id) values ($1, $2)",
            RefreshTokens.Hash(refresh),
            id
        );
        AuditLog.Record(
            session,
            AuditLog.Platform,
            "sessions.began",
            AccountIds.Session(id),
            new() { ["method"] = origin.Method },
            origin.Address
        );
        return Answer(id, member, refresh);
    }

    /// <summary>The answer that carries a pair of tokens.</summary>
    public TokenAnswer Answer(Guid id, Membership member, string refresh) =>
        new(tokens.Issue(id, member), "Bearer", tokens.LifeSeconds, refresh);

    /// <summary>Adds the end of one session, or of all of a person, to a unit of work; call <see cref="EndedAsync"/> after it.</summary>
    /// <param name="session">A worker session.</param>
    /// <param name="person">Whose.</param>
    /// <param name="only">Which one; all without it.</param>
    /// <param name="reason">A stable code: <c>log_out</c>, <c>password_changed</c>.</param>
    /// <param name="except">One that stays: that of the request itself.</param>
    public static void End(Session session, Guid person, Guid? only, string reason, Guid? except = null)
    {
        session.Execute(
            """
            with ended as (
                update accounts.sessions set ended_at = now(), end_reason = $3
                where person_id = $1 and ($2 is null or id = $2) and ($4 is null or id <> $4) and ended_at is null
                returning id)
            insert into accounts.revocations (subject) select id from ended on conflict do nothing
            """,
            person,
            Typed.Uuid(only),
            reason,
            Typed.Uuid(except)
        );
        AuditLog.Record(
            session,
            AuditLog.Platform,
            only is null ? "sessions.all_ended" : "sessions.ended",
            only is { } id ? AccountIds.Session(id) : AccountIds.Person(person),
            new() { ["reason"] = reason }
        );
    }

    /// <summary>Adds the revocation of a membership's stamp or an API key to a unit of work; as for <see cref="End"/>.</summary>
    public static void Revoke(Session session, Guid subject) =>
        session.Execute("insert into accounts.revocations (subject) values ($1) on conflict do nothing", subject);

    /// <summary>After what was ended has committed: this host refuses it from now on.</summary>
    public Task EndedAsync(CancellationToken cancel) => feed.RefreshAsync(cancel);
}
