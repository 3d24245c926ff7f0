using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Npgsql;

namespace Lectern.Accounts.Vault;

/// <summary>A provider key; the key itself is never shown again.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Provider">Whose key it is.</param>
/// <param name="Name">What the workspace calls it.</param>
/// <param name="LastFour">The key's last characters.</param>
/// <param name="Fingerprint">Equal for equal keys of the workspace; nothing can be told from it.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="ReplacedAt">When its secret was last replaced.</param>
/// <param name="LastTestedAt">When the secret that it has now was last tested.</param>
/// <param name="LastTestOutcome"><c>valid</c>, <c>refused</c> or <c>unreachable</c>.</param>
internal sealed record ProviderKeyView(
    string Id,
    string Provider,
    string Name,
    string LastFour,
    string Fingerprint,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ReplacedAt,
    DateTimeOffset? LastTestedAt,
    string? LastTestOutcome
)
{
    public static readonly ProviderKeyView Example = new(
        "providerkey_01h455vb4pex5vsknk084sn02v",
        "openai",
        "Narration",
        "Qx3A",
        "5f2c8e41d0aa93b7",
        DateTimeOffset.UnixEpoch,
        null,
        DateTimeOffset.UnixEpoch.AddDays(1),
        "valid"
    );

    /// <summary>The columns that <see cref="Read"/> reads.</summary>
    public const string Columns =
        "id, provider, name, last_four, fingerprint, created_at, replaced_at, last_tested_at, last_test_outcome";

    /// <summary>404: no provider key of this workspace has the id.</summary>
    public static readonly Problem NotFound = CommonProblems.NotFound.With("There is no such provider key.");

    public static ProviderKeyView Read(NpgsqlDataReader row) =>
        new(
            AccountIds.ProviderKey(row.GetGuid(0)),
            row.GetString(1),
            row.GetString(2),
            row.GetString(3),
            row.GetString(4),
            row.GetFieldValue<DateTimeOffset>(5),
            row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6),
            row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7),
            row.IsDBNull(8) ? null : row.GetString(8)
        );

    /// <summary>A provider key of the caller's workspace; null if there is none.</summary>
    public static async Task<ProviderKeyView?> FindAsync(
        EventStore store,
        Caller caller,
        Guid key,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        var found = await session.QueryAsync(
            $"select {Columns} from accounts.provider_keys where workspace_id = $1 and id = $2",
            Read,
            cancel,
            caller.Workspace,
            key
        );
        return found.SingleOrDefault();
    }
}
