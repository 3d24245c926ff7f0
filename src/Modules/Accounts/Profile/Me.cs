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

namespace Lectern.Accounts.Profile;

/// <summary>Who the caller is, and where.</summary>
/// <param name="Id">The person.</param>
/// <param name="Email">The address that the person signs in with.</param>
/// <param name="EmailVerified">Whether it is known to be theirs.</param>
/// <param name="Name">What to call the person.</param>
/// <param name="Avatar">Where the picture is; null without one.</param>
/// <param name="Plan"><c>free</c>, unless an administrator of the platform says otherwise.</param>
/// <param name="Workspace">The workspace that the token is for.</param>
/// <param name="Role">The person's role in it.</param>
/// <param name="Visiting">Whether the person is there as an administrator of the platform and not as a member.</param>
/// <param name="PlatformAdmin">Whether the person administers the platform.</param>
/// <param name="CreatedAt">When the account was made.</param>
// The API refuses properties that it doesn't know, and its schemas say so; this one has those of other modules.
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record Me(
    string Id,
    string Email,
    bool EmailVerified,
    string? Name,
    string? Avatar,
    string Plan,
    string Workspace,
    string Role,
    bool Visiting,
    bool PlatformAdmin,
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
    internal static readonly Me Example = new(
        "person_01h455vb4pex5vsknk084sn02q",
        "jane@example.com",
        true,
        "Jane",
        AvatarEndpoints.OwnPath,
        "free",
        "workspace_01h455vb4pex5vsknk084sn02r",
        "admin",
        false,
        false,
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
    ) =>
        await FindAsync(caller, store, parts, cancel) is { } me
            ? TypedResults.Ok(me)
            : CommonProblems.NotFound.With("The account is gone, or no longer in this workspace.").AsResult();

    /// <summary>The caller, if the account and the membership that the token names are still there.</summary>
    internal static async Task<Me?> FindAsync(
        Caller caller,
        EventStore store,
        IEnumerable<IMePart> parts,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        var found = await session.QueryAsync(
            """
            select p.email, p.email_verified_at is not null, p.name, a.person_id is not null, p.plan,
                   coalesce(m.role, $3), p.created_at
            from accounts.people p
            left join accounts.avatars a on a.person_id = p.id
            left join accounts.members m on m.person_id = p.id and m.workspace_id = $2
            where p.id = $1 and (m.person_id is not null or $4)
            """,
            row => new Me(
                AccountIds.Person(caller.Person),
                row.GetString(0),
                row.GetBoolean(1),
                row.IsDBNull(2) ? null : row.GetString(2),
                row.GetBoolean(3) ? AvatarEndpoints.OwnPath : null,
                row.GetString(4),
                AccountIds.Workspace(caller.Workspace),
                row.GetString(5),
                caller.IsVisiting,
                caller.IsPlatformAdmin,
                row.GetFieldValue<DateTimeOffset>(6)
            ),
            cancel,
            caller.Person,
            caller.Workspace,
            caller.Role.Name(),
            caller.IsVisiting
        );
        if (found is not [var me])
            return null;
        foreach (var part in parts)
            me.Parts.Add(part.Name, await part.GetAsync(caller, cancel));
        return me;
    }
}
