using Lectern.Eventing;
using Lectern.SharedKernel;
using Npgsql;

namespace Lectern.Activity.Webhooks;

/// <summary>An endpoint that is told what happens.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Url">Where deliveries are posted.</param>
/// <param name="Description">What people note about it.</param>
/// <param name="Events">What it is told: names of events, prefixes such as <c>job.*</c>, or <c>*</c>.</param>
/// <param name="Status"><c>enabled</c> or <c>disabled</c>.</param>
/// <param name="DisabledReason"><c>asked</c>, <c>gone</c> (it answered 410) or <c>failing</c> (for days).</param>
/// <param name="DisabledAt">When it was disabled.</param>
/// <param name="FailingSince">The first failure since something was delivered; null when the last delivery went well.</param>
/// <param name="OldSecretUntil">Until when the secret before the last rotation signs, too.</param>
/// <param name="PayloadVersion">The form of what it is sent.</param>
/// <param name="Version">Counted from 1; its ETag.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ChangedAt">When its version came to be.</param>
internal sealed record WebhookView(
    string Id,
    string Url,
    string Description,
    IReadOnlyList<string> Events,
    string Status,
    string? DisabledReason,
    DateTimeOffset? DisabledAt,
    DateTimeOffset? FailingSince,
    DateTimeOffset? OldSecretUntil,
    int PayloadVersion,
    int Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset ChangedAt
)
{
    public const string Prefix = "webhook";

    /// <summary>What <see cref="Read"/> reads.</summary>
    public const string Columns =
        "id, url, description, events, disabled_reason, disabled_at, failing_since, "
        + "case when old_secret_until > now() then old_secret_until end, payload_version, version, created_at, changed_at";

    public static readonly WebhookView Example = new(
        "webhook_01h455vb4pex5vsknk084sn02q",
        "https://hooks.example.com/lectern",
        "Tells the shop when a book is done",
        ["job.completed", "job.failed"],
        "enabled",
        null,
        null,
        null,
        null,
        WebhookPayload.Newest,
        1,
        new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero),
        new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero)
    );

    public static WebhookView Read(NpgsqlDataReader row) =>
        new(
            PublicId.Format(Prefix, row.GetGuid(0)),
            row.GetString(1),
            row.GetString(2),
            row.GetFieldValue<string[]>(3),
            row.IsDBNull(5) ? "enabled" : "disabled",
            row.IsDBNull(4) ? null : row.GetString(4),
            TimeOf(row, 5),
            TimeOf(row, 6),
            TimeOf(row, 7),
            row.GetInt32(8),
            row.GetInt32(9),
            row.GetFieldValue<DateTimeOffset>(10),
            row.GetFieldValue<DateTimeOffset>(11)
        );

    /// <summary>A webhook of the caller's workspace; null when there is none.</summary>
    public static async Task<WebhookView?> FindAsync(EventStore store, Caller caller, Guid id, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        var found = await session.QueryAsync(
            $"select {Columns} from activity.webhooks where workspace_id = $1 and id = $2 and deleted_at is null",
            Read,
            cancel,
            caller.Workspace,
            id
        );
        return found.SingleOrDefault();
    }

    /// <summary>The same, by the id that the client sent.</summary>
    public static async Task<(Guid Id, WebhookView View)?> FindAsync(
        EventStore store,
        Caller caller,
        string id,
        CancellationToken cancel
    ) =>
        PublicId.TryParse(Prefix, id, out var known) && await FindAsync(store, caller, known, cancel) is { } found
            ? (known, found)
            : null;

    internal static DateTimeOffset? TimeOf(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}

/// <summary>A webhook with its secret, which is shown this once.</summary>
/// <param name="Webhook">The webhook.</param>
/// <param name="Secret">What its receiver checks signatures with.</param>
internal sealed record WebhookWithSecret(WebhookView Webhook, string Secret)
{
    public static readonly WebhookWithSecret Example = new(
        WebhookView.Example,
        "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="
    );

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"WebhookWithSecret({Webhook.Id})";
}
