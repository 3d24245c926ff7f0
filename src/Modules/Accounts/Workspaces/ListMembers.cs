using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Workspaces;

/// <summary>Somebody in a workspace.</summary>
/// <param name="Person">Who.</param>
/// <param name="Email">Their address.</param>
/// <param name="Name">What they are called.</param>
/// <param name="Role"><c>viewer</c>, <c>editor</c> or <c>admin</c>.</param>
/// <param name="JoinedAt">Since when.</param>
internal sealed record MemberView(string Person, string? Email, string? Name, string Role, DateTimeOffset JoinedAt)
{
    public static readonly MemberView Example = new(
        "person_01h455vb4pex5vsknk084sn02q",
        "jane@example.com",
        "Jane",
        "editor",
        DateTimeOffset.UnixEpoch
    );
}

/// <summary><c>GET /workspaces/{id}/members</c>.</summary>
internal static class ListMembersEndpoint
{
    internal const string Query = """
        select p.id, p.email, p.name, m.role, m.joined_at
        from accounts.members m join accounts.people p on p.id = m.person_id
        """;

    public static void Map(IEndpointRouteBuilder workspace) =>
        workspace
            .MapGet("/workspaces/{id}/members", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("Who is in the workspace, newest first")
            .WithExample(response: new Page<MemberView>([MemberView.Example], null))
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues);

    private static async Task<Results<Ok<Page<MemberView>>, ProblemResult>> HandleAsync(
        string id,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        var (page, refusal) = ListPage.Of(cursors, $"members|{caller.Workspace}", limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        await using var session = store.OpenSession(caller);
        var rows = await session.QueryAsync(
            $"""
            {Query} where m.workspace_id = $1 and (m.joined_at, m.person_id) < ($2, $3)
            order by m.joined_at desc, m.person_id desc limit $4
            """,
            row => new ListRow<MemberView>(
                row.GetFieldValue<DateTimeOffset>(4),
                row.GetGuid(0),
                new MemberView(
                    AccountIds.Person(row.GetGuid(0)),
                    row.IsDBNull(1) ? null : row.GetString(1),
                    row.IsDBNull(2) ? null : row.GetString(2),
                    row.GetString(3),
                    row.GetFieldValue<DateTimeOffset>(4)
                )
            ),
            cancel,
            caller.Workspace,
            page.Before,
            page.BeforeId,
            page.Rows
        );
        return TypedResults.Ok(page.Cut(rows));
    }
}
