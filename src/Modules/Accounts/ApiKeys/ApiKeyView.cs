using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Npgsql;

namespace Lectern.Accounts.ApiKeys;

/// <summary>An API key, without what would let anybody use it.</summary>
/// <param name="Id">Names the key; it is no secret.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Start">Its first characters.</param>
/// <param name="LastFour">Its last characters.</param>
/// <param name="Scopes">What it is good for.</param>
/// <param name="CreditCap">Credits that it may spend in all; null for no cap of its own.</param>
/// <param name="CreatedBy">The person as whom it acts.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it stops being accepted; null for never.</param>
/// <param name="LastUsedAt">When it was last used, to the minute.</param>
/// <param name="LeakedAt">When it was first seen in a query string, which logs and histories keep: replace it.</param>
/// <param name="RevokedAt">When it was revoked.</param>
internal sealed record ApiKeyView(
    string Id,
    string Name,
    string Start,
    string LastFour,
    IReadOnlyList<string> Scopes,
    string? CreditCap,
    string CreatedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt,
    DateTimeOffset? LeakedAt,
    DateTimeOffset? RevokedAt
)
{
    public static readonly ApiKeyView Example = new(
        "apikey_01h455vb4pex5vsknk084sn02t",
        "Nightly import",
        "lk_J0pQ",
        "9xYw",
        ["jobs:write", "credits:read"],
        "5",
        "person_01h455vb4pex5vsknk084sn02q",
        DateTimeOffset.UnixEpoch,
        DateTimeOffset.UnixEpoch.AddYears(1),
        null,
        null,
        null
    );

    /// <summary>The columns that <see cref="Read"/> reads.</summary>
    public const string Columns =
        "id, name, start, last_four, scopes, credit_cap, person_id, created_at, expires_at, last_used_at, leaked_at, revoked_at";

    public static ApiKeyView Read(NpgsqlDataReader row)
    {
        return new ApiKeyView(
            AccountIds.ApiKey(row.GetGuid(0)),
            row.GetString(1),
            row.GetString(2),
            row.GetString(3),
            row.GetFieldValue<string[]>(4),
            row.IsDBNull(5) ? null : Credits.Format(row.GetInt64(5)),
            AccountIds.Person(row.GetGuid(6)),
            row.GetFieldValue<DateTimeOffset>(7),
            TimeAt(8),
            TimeAt(9),
            TimeAt(10),
            TimeAt(11)
        );

        DateTimeOffset? TimeAt(int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
    }

    /// <summary>A key of the caller's workspace; null if there is none.</summary>
    public static async Task<ApiKeyView?> FindAsync(EventStore store, Caller caller, Guid key, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        var found = await session.QueryAsync(
            $"select {Columns} from accounts.api_keys where workspace_id = $1 and id = $2",
            Read,
            cancel,
            caller.Workspace,
            key
        );
        return found.SingleOrDefault();
    }

    /// <summary>404: no key of this workspace has the id.</summary>
    public static readonly Problem NotFound = CommonProblems.NotFound.With("There is no such API key.");
}
