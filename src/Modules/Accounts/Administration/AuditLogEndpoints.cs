using System.Text.Json;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Administration;

/// <summary>An entry of an audit log.</summary>
/// <param name="Number">Its place in the log's chain, from 1 and without gaps.</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who: a person's id, <c>operator</c> or <c>system</c>.</param>
/// <param name="Action">What, as a code with its area: <c>members.role_changed</c>.</param>
/// <param name="Target">What it was done to.</param>
/// <param name="Detail">Codes, ids and counts that belong to the action.</param>
/// <param name="Address">The client's network address, where it matters.</param>
internal sealed record AuditEntry(
    long Number,
    DateTimeOffset At,
    string Actor,
    string Action,
    string? Target,
    IReadOnlyDictionary<string, JsonElement> Detail,
    string? Address
)
{
    public static readonly AuditEntry Example = new(
        12,
        DateTimeOffset.UnixEpoch,
        "person_01h455vb4pex5vsknk084sn02q",
        "members.role_changed",
        "person_01h455vb4pex5vsknk084sn02r",
        new Dictionary<string, JsonElement>
        {
            ["from"] = JsonElement.Parse("\"editor\""),
            ["to"] = JsonElement.Parse("\"admin\""),
        },
        "192.0.2.7"
    );
}

/// <summary><c>GET /workspaces/{id}/audit</c> and <c>GET /admin/audit</c>.</summary>
internal static class AuditLogEndpoints
{
    private static readonly Page<AuditEntry> Example = new([AuditEntry.Example], null);

    public static void MapWorkspace(IEndpointRouteBuilder workspace) =>
        workspace
            .MapGet("/workspaces/{id}/audit", OfWorkspaceAsync)
            .WithTags("workspaces")
            .WithSummary("What was done in the workspace that matters for security, newest first")
            .WithDescription("Filter by an action, or by its area: members for all of members.role_changed and so on.")
            .ForAdmins()
            .WithExample(response: Example)
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues);

    public static void MapPlatform(IEndpointRouteBuilder api) =>
        api.MapGet("/admin/audit", OfPlatformAsync)
            .WithTags("admin")
            .WithSummary("Sign-ins and the acts of administrators, newest first")
            .WithDescription("Filter by an action, or by its area: people for all of people.disabled and so on.")
            .ForPlatformAdmins()
            .WithExample(response: Example)
            .WithProblems(CommonProblems.InvalidValues);

    private static async Task<Results<Ok<Page<AuditEntry>>, ProblemResult>> OfWorkspaceAsync(
        string id,
        string? action,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        return await PageAsync(session, caller.Workspace, action, limit, cursor, cursors, cancel);
    }

    private static async Task<Results<Ok<Page<AuditEntry>>, ProblemResult>> OfPlatformAsync(
        string? action,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(caller);
        return await PageAsync(session, AuditLog.Platform, action, limit, cursor, cursors, cancel);
    }

    private static async Task<Results<Ok<Page<AuditEntry>>, ProblemResult>> PageAsync(
        Session session,
        Guid chain,
        string? action,
        int? limit,
        string? cursor,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        var (page, refusal) = ListPage.Of(cursors, $"audit|{chain}|{action}", limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        // By number and not by time: the chain's order is the order of the entries.
        var rows = await session.QueryAsync(
            """
            select number, at, actor, action, target, detail, address from accounts.audit_log
            where workspace_id = $1 and number < $2 and ($3::text is null or action = $3 or starts_with(action, $3 || '.'))
            order by number desc limit $4
            """,
            row => new ListRow<AuditEntry>(
                row.GetFieldValue<DateTimeOffset>(1),
                row.GetInt64(0),
                new AuditEntry(
                    row.GetInt64(0),
                    row.GetFieldValue<DateTimeOffset>(1),
                    ActorOf(row.GetString(2)),
                    row.GetString(3),
                    row.IsDBNull(4) ? null : row.GetString(4),
                    JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(row.GetString(5))!,
                    row.IsDBNull(6) ? null : row.GetString(6)
                )
            ),
            cancel,
            chain,
            page.BeforeNumber,
            Typed.Text(action),
            page.Rows
        );
        return TypedResults.Ok(page.Cut(rows));
    }

    // The log names people as events do; the API names them by their public ids.
    private static string ActorOf(string actor) =>
        CallerSessions.PersonOf(actor) is { } person ? AccountIds.Person(person) : actor;
}
