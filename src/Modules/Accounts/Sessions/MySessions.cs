using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Sessions;

/// <summary>A sign-in that has not ended.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Method">How the person signed in: <c>password</c>, <c>openid</c>, <c>confirmation</c>, <c>operator</c>.</param>
/// <param name="Device">What the client called itself at sign-in.</param>
/// <param name="Address">The network address of the sign-in.</param>
/// <param name="CreatedAt">When the person signed in.</param>
/// <param name="LastUsedAt">When tokens were last got for it.</param>
/// <param name="ExpiresAt">When it ends at the latest.</param>
/// <param name="Current">Whether it is the one of this request.</param>
internal sealed record SessionView(
    string Id,
    string Method,
    string? Device,
    string? Address,
    DateTimeOffset CreatedAt,
    DateTimeOffset LastUsedAt,
    DateTimeOffset ExpiresAt,
    bool Current
);

/// <summary>The open sessions of a person; there are few.</summary>
internal sealed record SessionList(IReadOnlyList<SessionView> Items);

/// <summary><c>GET /me/sessions</c> and <c>DELETE /me/sessions/{id}</c>.</summary>
internal static class MySessionsEndpoint
{
    private const int Most = 200;

    private static readonly SessionView Example = new(
        "session_01h455vb4pex5vsknk084sn02s",
        "password",
        "Mozilla/5.0 (X11; Linux x86_64)",
        "192.0.2.7",
        DateTimeOffset.UnixEpoch,
        DateTimeOffset.UnixEpoch,
        DateTimeOffset.UnixEpoch.AddDays(90),
        true
    );

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/me/sessions", ListAsync)
            .WithTags("me")
            .WithSummary("Where I am signed in")
            .ForThePerson()
            .WithExample(response: new SessionList([Example]));
        api.MapDelete("/me/sessions/{id}", EndAsync)
            .WithTags("me")
            .WithSummary("End one of my sessions")
            .ForThePerson()
            .WithExample()
            .WithProblems(CommonProblems.NotFound);
    }

    private static async Task<Ok<SessionList>> ListAsync(Caller caller, EventStore store, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        var open = await session.QueryAsync(
            $"""
            select id, method, device, address, created_at, last_used_at, expires_at from accounts.sessions
            where person_id = $1 and ended_at is null and expires_at > now()
            order by last_used_at desc limit {Most}
            """,
            row => new SessionView(
                AccountIds.Session(row.GetGuid(0)),
                row.GetString(1),
                row.IsDBNull(2) ? null : row.GetString(2),
                row.IsDBNull(3) ? null : row.GetString(3),
                row.GetFieldValue<DateTimeOffset>(4),
                row.GetFieldValue<DateTimeOffset>(5),
                row.GetFieldValue<DateTimeOffset>(6),
                row.GetGuid(0) == caller.Session
            ),
            cancel,
            caller.Person
        );
        return TypedResults.Ok(new SessionList(open));
    }

    private static async Task<Results<NoContent, ProblemResult>> EndAsync(
        string id,
        Caller caller,
        EventStore store,
        SignInSessions sessions,
        CancellationToken cancel
    )
    {
        await using var looking = store.OpenSession(caller);
        if (
            !PublicId.TryParse(AccountIds.SessionPrefix, id, out var named)
            || (
                await looking.QueryAsync(
                    "select 1 from accounts.sessions where id = $1 and person_id = $2 and ended_at is null",
                    _ => 1,
                    cancel,
                    named,
                    caller.Person
                )
            )
                is []
        )
            return CommonProblems.NotFound.With("There is no such session.").AsResult();
        await using var session = store.OpenWorkerSession(caller);
        SignInSessions.End(session, caller.Person, named, "ended_by_owner");
        await session.SaveChangesAsync(cancel);
        await sessions.EndedAsync(cancel);
        return TypedResults.NoContent();
    }
}
