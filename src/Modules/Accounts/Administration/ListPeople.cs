using Lectern.Accounts.Contracts;
using Lectern.Accounts.SignIn;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Lectern.Accounts.Administration;

/// <summary>A person, as administrators of the platform see them.</summary>
/// <param name="Id">Their id.</param>
/// <param name="Email">Their address.</param>
/// <param name="Name">What they are called.</param>
/// <param name="Workspace">Their personal workspace.</param>
/// <param name="Plan">A code; <c>free</c> unless an administrator says otherwise.</param>
/// <param name="EmailVerified">Whether they have confirmed the address.</param>
/// <param name="PlatformAdmin">Whether they administer the platform.</param>
/// <param name="Disabled">Whether they are kept out.</param>
/// <param name="CreatedAt">When the account was made.</param>
internal sealed record AdminPerson(
    string Id,
    string? Email,
    string? Name,
    string Workspace,
    string Plan,
    bool EmailVerified,
    bool PlatformAdmin,
    bool Disabled,
    DateTimeOffset CreatedAt
)
{
    public static readonly AdminPerson Example = new(
        "person_01h455vb4pex5vsknk084sn02q",
        "jane@example.com",
        "Jane",
        "workspace_01h455vb4pex5vsknk084sn02r",
        "free",
        true,
        false,
        false,
        DateTimeOffset.UnixEpoch
    );

    /// <summary>What <see cref="Read"/> reads. Who was erased is nobody any more.</summary>
    public const string Query = """
        select p.id, p.email, p.name, w.id, p.plan, p.email_verified_at is not null, p.platform_admin,
               p.disabled_at is not null, p.created_at
        from accounts.people p
        join accounts.members m on m.person_id = p.id
        join accounts.workspaces w on w.id = m.workspace_id and w.kind = 'personal'
        where p.erased_at is null
        """;

    public static ListRow<AdminPerson> Read(NpgsqlDataReader row) =>
        new(
            row.GetFieldValue<DateTimeOffset>(8),
            row.GetGuid(0),
            new AdminPerson(
                AccountIds.Person(row.GetGuid(0)),
                row.IsDBNull(1) ? null : row.GetString(1),
                row.IsDBNull(2) ? null : row.GetString(2),
                AccountIds.Workspace(row.GetGuid(3)),
                row.GetString(4),
                row.GetBoolean(5),
                row.GetBoolean(6),
                row.GetBoolean(7),
                row.GetFieldValue<DateTimeOffset>(8)
            )
        );
}

/// <summary><c>GET /admin/people</c>.</summary>
internal static class ListPeopleEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/admin/people", HandleAsync)
            .WithTags("admin")
            .WithSummary("Everybody with an account, newest first")
            .WithDescription("Filter by the beginning of the e-mail address, in any case.")
            .ForPlatformAdmins()
            .WithExample(response: new Page<AdminPerson>([AdminPerson.Example], null))
            .WithProblems(CommonProblems.InvalidValues);

    private static async Task<Results<Ok<Page<AdminPerson>>, ProblemResult>> HandleAsync(
        string? email,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        var prefix = EmailAddress.Normalize(email ?? "");
        var (page, refusal) = ListPage.Of(cursors, $"people|{prefix}", limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        await using var session = store.OpenWorkerSession(caller);
        var rows = await session.QueryAsync(
            $"""
            {AdminPerson.Query} and starts_with(p.email_normalized, $1) and (p.created_at, p.id) < ($2, $3)
            order by p.created_at desc, p.id desc limit $4
            """,
            AdminPerson.Read,
            cancel,
            prefix,
            page.Before,
            page.BeforeId,
            page.Rows
        );
        return TypedResults.Ok(page.Cut(rows));
    }
}
