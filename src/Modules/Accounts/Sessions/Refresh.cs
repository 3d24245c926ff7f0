using Lectern.Accounts.Contracts;
using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.Sessions;

/// <summary>Exchanges a refresh token for the next pair of tokens.</summary>
/// <param name="RefreshToken">The last one that was got; good once.</param>
/// <param name="Workspace">The workspace that the access token is for; the personal one without it.</param>
internal sealed record Refresh(string RefreshToken, string? Workspace = null);

/// <summary>
/// <c>POST /auth/refresh</c>. A token that comes again within seconds gets the same successor, for an answer gets lost
/// and tabs race; later it means that two have it, and the session ends for both (RFC 9700, section 4.14.2).
/// </summary>
internal static class RefreshEndpoint
{
    /// <summary>How long a used token still gets its successor.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/auth/refresh", HandleAsync)
            .WithTags("sign-in")
            .WithSummary("Exchange a refresh token for new tokens, also of another workspace")
            .AllowAnonymous()
            .LimitedAs(RateLimit.SignIn)
            .WithExample(new Refresh("lrt_6J0…", "workspace_01h455vb4pex5vsknk084sn02r"), SignIn.LogInEndpoint.Example)
            .WithProblems(AccountsProblems.InvalidGrant, CommonProblems.NotFound);

    private static async Task<Results<Ok<TokenAnswer>, ProblemResult>> HandleAsync(
        Refresh command,
        EventStore store,
        RefreshTokens refresh,
        SignInSessions sessions,
        IOptions<AccountsSettings> settings,
        SecurityEvents events,
        HttpContext http,
        CancellationToken cancel
    )
    {
        Guid? workspace = null;
        if (command.Workspace is not null)
        {
            if (!PublicId.TryParse(AccountIds.WorkspacePrefix, command.Workspace, out var named))
                return CommonProblems
                    .InvalidValues.With("There is no such workspace id.", new FieldError("/workspace", "is not an id"))
                    .AsResult();
            workspace = named;
        }

        var hash = RefreshTokens.Hash(command.RefreshToken);
        await using var looking = store.OpenSystemSession();
        var owner = (
            await looking.QueryAsync(
                """
                select s.id, s.person_id from accounts.refresh_tokens t join accounts.sessions s on s.id = t.session_id
                where t.hash = $1
                """,
                row => (Session: row.GetGuid(0), Person: row.GetGuid(1)),
                cancel,
                hash
            )
        ).SingleOrDefault();
        if (owner.Session == default)
        {
            events.Record(SecurityEvent.RefreshRefused, http, "unknown");
            return Refuse(http, "It is not one of ours, or its session is long over.");
        }

        if (await Membership.FindAsync(looking, owner.Person, workspace, cancel) is not { } member)
            // Before the token is used up: it is still good for the workspaces that the person is in.
            return workspace is null
                ? Refuse(http, "The account can't sign in any more.")
                : CommonProblems.NotFound.With("You are in no such workspace.").AsResult();

        var successor = refresh.SuccessorOf(command.RefreshToken);
        var verdict = await RotateAsync(looking, hash, successor, settings.Value, cancel);
        if (verdict == "reuse")
            await RecordReuseAsync(store, sessions, owner, SignInOrigin.AddressOf(http), cancel);
        if (verdict != "rotated")
        {
            var subject = AccountIds.Session(owner.Session);
            if (verdict == "reuse")
                events.Record(SecurityEvent.RefreshReused, http, subject: subject);
            else
                events.Record(SecurityEvent.RefreshRefused, http, verdict, subject);
            return Refuse(http, Reason(verdict));
        }

        if (member.Stamp is null)
            await RecordVisitAsync(store, member, cancel);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(sessions.Answer(owner.Session, member, successor));
    }

    // The function decides and writes in one transaction of its own; asked again after a lost answer, it says the same.
    private static async Task<string> RotateAsync(
        Session session,
        byte[] presented,
        string successor,
        AccountsSettings settings,
        CancellationToken cancel
    ) =>
        (
            await session.QueryAsync(
                "select accounts.rotate($1, $2, $3, $4)",
                row => row.GetString(0),
                cancel,
                presented,
                RefreshTokens.Hash(successor),
                TimeSpan.FromDays(settings.SessionIdleDays),
                Grace
            )
        ).Single();

    private static async Task RecordReuseAsync(
        EventStore store,
        SignInSessions sessions,
        (Guid Session, Guid Person) owner,
        string? address,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(
            new SessionContext(Guid.Empty, CallerSessions.ActorOf(owner.Person), CallerSessions.RequestCorrelation())
        );
        AuditLog.Record(
            session,
            AuditLog.Platform,
            "sessions.refresh_token_reused",
            AccountIds.Session(owner.Session),
            address: address
        );
        await session.SaveChangesAsync(cancel);
        await sessions.EndedAsync(cancel);
    }

    private static async Task RecordVisitAsync(EventStore store, Membership visitor, CancellationToken cancel)
    {
        await using var session = store.OpenWorkerSession(
            new SessionContext(
                visitor.Workspace,
                CallerSessions.ActorOf(visitor.Person),
                CallerSessions.RequestCorrelation()
            )
        );
        AuditLog.Record(session, visitor.Workspace, "platform.workspace_entered", AccountIds.Person(visitor.Person));
        await session.SaveChangesAsync(cancel);
    }

    private static string Reason(string verdict) =>
        verdict switch
        {
            "ended" => "Its session was ended.",
            "expired" => "It was not used for too long, or its session is too old.",
            "spent" => "It was used before, and so was the one that it was exchanged for.",
            _ => "It was used before, so two may have it. The session was ended; log in again.",
        };

    private static ProblemResult Refuse(HttpContext http, string detail)
    {
        http.Response.Headers.WWWAuthenticate = "Bearer realm=\"lectern\""; // RFC 9110: every 401 has one
        return AccountsProblems.InvalidGrant.With(detail).AsResult();
    }
}
