using System.Text.Json.Serialization;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts;

/// <summary>Who the caller is, and where.</summary>
/// <param name="Id">The person.</param>
/// <param name="Email">As given at sign-up.</param>
/// <param name="Name">As given at sign-up.</param>
/// <param name="Workspace">The workspace that the token is for.</param>
/// <param name="Role">The person's role in it.</param>
/// <param name="CreatedAt">When the account was made.</param>
// The API refuses properties that it doesn't know, and its schemas say so; this one has those of other modules.
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record Me(
    string Id,
    string Email,
    string? Name,
    string Workspace,
    string Role,
    DateTimeOffset CreatedAt
)
{
    /// <summary>What other modules add, by name.</summary>
    [JsonExtensionData]
    public Dictionary<string, object> Parts { get; init; } = [];
}

/// <summary><c>GET /me</c>.</summary>
internal static class MeEndpoint
{
    private static readonly Me Example = new(
        "person_01h455vb4pex5vsknk084sn02q",
        "jane@example.com",
        "Jane",
        "workspace_01h455vb4pex5vsknk084sn02r",
        "admin",
        DateTimeOffset.UnixEpoch
    );

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/me", HandleAsync)
            .WithTags("me")
            .WithSummary("Who I am, with my balance")
            .ForThePerson()
            .WithExample(response: Example)
            .WithProblems(CommonProblems.NotFound);

    private static async Task<Results<Ok<Me>, ProblemResult>> HandleAsync(
        Caller caller,
        EventStore store,
        IEnumerable<IMePart> parts,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        var found = await session.QueryAsync(
            """
            select p.email, p.name, m.role, p.created_at
            from accounts.people p join accounts.members m on m.person_id = p.id
            where p.id = $1 and m.workspace_id = $2
            """,
            row => new Me(
                AccountIds.Person(caller.Person),
                row.GetString(0),
                row.IsDBNull(1) ? null : row.GetString(1),
                AccountIds.Workspace(caller.Workspace),
                row.GetString(2),
                row.GetFieldValue<DateTimeOffset>(3)
            ),
            cancel,
            caller.Person,
            caller.Workspace
        );
        if (found is not [var me])
            return CommonProblems.NotFound.With("The account is gone, or no longer in this workspace.").AsResult();
        foreach (var part in parts)
            me.Parts.Add(part.Name, await part.GetAsync(caller, cancel));
        return TypedResults.Ok(me);
    }
}
