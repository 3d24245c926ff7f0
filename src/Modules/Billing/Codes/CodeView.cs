using Lectern.SharedKernel;
using Npgsql;

namespace Lectern.Billing.Codes;

/// <summary>A promotional code, as administrators of the platform see it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Code">What people type.</param>
/// <param name="Credits">What each use gives.</param>
/// <param name="Uses">How many people can use it.</param>
/// <param name="Used">How many have.</param>
/// <param name="ExpiresAt">Until when it can be used.</param>
/// <param name="CreditsExpireAfterDays">For how many days the credits are good after the use.</param>
/// <param name="Note">What it is for.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="LastUsedAt">When it was last used.</param>
/// <param name="DisabledAt">Since when it can't be used any more.</param>
internal sealed record CodeView(
    string Id,
    string Code,
    string Credits,
    int Uses,
    int Used,
    DateTimeOffset? ExpiresAt,
    int? CreditsExpireAfterDays,
    string? Note,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastUsedAt,
    DateTimeOffset? DisabledAt
)
{
    public const string Prefix = "code";

    public const string Columns =
        "id, code, credits, uses, used, expires_at, credits_expire_after_days, note, created_at, last_used_at, disabled_at";

    public static readonly CodeView Example = new(
        "code_01h455vb4pex5vsknk084sn02q",
        "SPRING-2026",
        "5",
        100,
        17,
        DateTimeOffset.UnixEpoch.AddYears(100),
        90,
        "Spring fair",
        DateTimeOffset.UnixEpoch,
        DateTimeOffset.UnixEpoch.AddDays(3),
        null
    );

    public static CodeView Read(NpgsqlDataReader row) =>
        new(
            PublicId.Format(Prefix, row.GetGuid(0)),
            row.GetString(1),
            SharedKernel.Credits.Format(row.GetInt64(2)),
            row.GetInt32(3),
            row.GetInt32(4),
            TimeOrNull(row, 5),
            row.IsDBNull(6) ? null : row.GetInt32(6),
            row.IsDBNull(7) ? null : row.GetString(7),
            row.GetFieldValue<DateTimeOffset>(8),
            TimeOrNull(row, 9),
            TimeOrNull(row, 10)
        );

    private static DateTimeOffset? TimeOrNull(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
