using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Preferences;

namespace Lectern.Accounts.Preferences;

/// <summary>The stored values.</summary>
internal static class PreferenceTable
{
    /// <summary>What counts for a caller, by key and level; every key without <paramref name="keys"/>.</summary>
    public static async Task<Dictionary<(string, PreferenceLevel), JsonElement>> ReadAsync(
        Session session,
        Caller caller,
        string[]? keys,
        CancellationToken cancel
    )
    {
        var rows = await session.QueryAsync(
            """
            select key, level, value::text from accounts.preferences
            where owner_id = any($1) and ($2::text[] is null or key = any($2))
            """,
            row =>
                (
                    Key: row.GetString(0),
                    Level: Enum.Parse<PreferenceLevel>(row.GetString(1), ignoreCase: true),
                    Value: row.GetString(2)
                ),
            cancel,
            new[] { Guid.Empty, caller.Workspace, caller.Person },
            new Typed(keys, NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text)
        );
        return rows.ToDictionary(row => (row.Key, row.Level), row => JsonElement.Parse(row.Value));
    }

    /// <summary>Adds changes to a unit of work, with their record in the audit log, which tells keys and no values.</summary>
    /// <param name="session">Of the caller; a worker session for the platform's values.</param>
    /// <param name="caller">Who changes them.</param>
    /// <param name="level">Whose values: the caller's own, those of the caller's workspace, or the platform's.</param>
    /// <param name="changes">By key; null removes.</param>
    public static void Write(
        Session session,
        Caller caller,
        PreferenceLevel level,
        IReadOnlyDictionary<string, JsonElement> changes
    )
    {
        var owner = OwnerOf(level, caller);
        // One change of an owner's values after the other: rows that are not there can't be locked.
        session.Execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", $"accounts.preferences {owner}");
        session.Execute(
            "delete from accounts.preferences where owner_id = $1 and key = any($2)",
            owner,
            changes.Where(each => each.Value.ValueKind == JsonValueKind.Null).Select(each => each.Key).ToArray()
        );
        session.Execute(
            """
            insert into accounts.preferences (owner_id, key, level, value, updated_by)
            select $1, key, $2, value, $3 from jsonb_each($4) where value <> 'null'
            on conflict (owner_id, key) do update
            set value = excluded.value, updated_at = now(), updated_by = $3
            """,
            owner,
            Name(level),
            caller.Person,
            new Jsonb(JsonSerializer.SerializeToUtf8Bytes(changes))
        );
        AuditLog.Record(
            session,
            level == PreferenceLevel.Platform ? AuditLog.Platform : caller.Workspace,
            "settings.changed",
            level switch
            {
                PreferenceLevel.Workspace => AccountIds.Workspace(owner),
                PreferenceLevel.Person => AccountIds.Person(owner),
                _ => null,
            },
            new() { ["level"] = Name(level), ["keys"] = Keys(changes) }
        );
    }

    /// <summary>How a level is written in the API and in the database.</summary>
    public static string Name(PreferenceLevel level) => level.ToString().ToLowerInvariant();

    private static JsonArray Keys(IReadOnlyDictionary<string, JsonElement> changes) =>
        [.. changes.Keys.Order(StringComparer.Ordinal).Select(key => JsonValue.Create(key))];

    private static Guid OwnerOf(PreferenceLevel level, Caller caller) =>
        level switch
        {
            PreferenceLevel.Workspace => caller.Workspace,
            PreferenceLevel.Person => caller.Person,
            _ => Guid.Empty,
        };
}
