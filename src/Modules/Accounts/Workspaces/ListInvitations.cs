using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Workspaces;

/// <summary>An open invitation.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Email">Who is invited.</param>
/// <param name="Role">The role that they will have.</param>
/// <param name="InvitedBy">The person who invited them.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="ExpiresAt">Until when it can be accepted.</param>
internal sealed record InvitationView(
    string Id,
    string Email,
    string Role,
    string InvitedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt
)
{
    public static readonly InvitationView Example = new(
        "invitation_01h455vb4pex5vsknk084sn02t",
        "john@example.com",
        "editor",
        "person_01h455vb4pex5vsknk084sn02q",
        DateTimeOffset.UnixEpoch,
        DateTimeOffset.UnixEpoch.AddDays(7)
    );
}

/// <summary><c>GET /workspaces/{id}/invitations</c>.</summary>
internal static class ListInvitationsEndpoint
{
    public static void Map(IEndpointRouteBuilder workspace) =>
        workspace
            .MapGet("/workspaces/{id}/invitations", HandleAsync)
            .WithTags("workspaces")
            .WithSummary("The open invitations, newest first")
            .ForAdmins()
            .WithExample(response: new Page<InvitationView>([InvitationView.Example], null))
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues);

    private static async Task<Results<Ok<Page<InvitationView>>, ProblemResult>> HandleAsync(
        string id,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        var (page, refusal) = ListPage.Of(cursors, $"invitations|{caller.Workspace}", limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        await using var session = store.OpenSession(caller);
        var rows = await session.QueryAsync(
            """
            select id, email, role, invited_by, created_at, expires_at from accounts.invitations
            where workspace_id = $1 and expires_at > now() and (created_at, id) < ($2, $3)
            order by created_at desc, id desc limit $4
            """,
            row => new ListRow<InvitationView>(
                row.GetFieldValue<DateTimeOffset>(4),
                row.GetGuid(0),
                new InvitationView(
                    AccountIds.Invitation(row.GetGuid(0)),
                    row.GetString(1),
                    row.GetString(2),
                    AccountIds.Person(row.GetGuid(3)),
                    row.GetFieldValue<DateTimeOffset>(4),
                    row.GetFieldValue<DateTimeOffset>(5)
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
