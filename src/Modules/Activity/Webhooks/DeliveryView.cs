using Lectern.Activity.Catalogue;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Npgsql;

namespace Lectern.Activity.Webhooks;

/// <summary>What a webhook was told of one event.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Event">The event's id: the header webhook-id of every try.</param>
/// <param name="Type">What happened.</param>
/// <param name="Status">
/// <c>pending</c>, <c>delivered</c>, <c>exhausted</c> (every try failed), or <c>disabled</c> (the webhook was, before it
/// could be delivered).
/// </param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="LastOutcome">What came of the last try; null before the first.</param>
/// <param name="LastStatus">The status that the endpoint answered with.</param>
/// <param name="CreatedAt">When it was to be told.</param>
/// <param name="NextAttemptAt">When it is tried next, at the soonest; null when it has ended.</param>
/// <param name="EndedAt">When it ended.</param>
internal sealed record DeliveryView(
    string Id,
    string Event,
    string Type,
    string Status,
    int Attempts,
    string? LastOutcome,
    int? LastStatus,
    DateTimeOffset CreatedAt,
    DateTimeOffset? NextAttemptAt,
    DateTimeOffset? EndedAt
)
{
    public const string Prefix = "delivery";

    /// <summary>What <see cref="Read"/> reads.</summary>
    public const string Columns =
        "id, event_id, type, status, attempts, last_outcome, last_status, created_at, "
        + "case when status = 'pending' then next_attempt_at end, ended_at";

    public static readonly DeliveryView Example = new(
        "delivery_01h455vb4pex5vsknk084sn02r",
        "event_01h455vb4pex5vsknk084sn02s",
        "job.completed",
        "pending",
        1,
        "status",
        503,
        WebhookView.Example.CreatedAt.AddHours(1),
        WebhookView.Example.CreatedAt.AddHours(1).AddSeconds(5.5),
        null
    );

    public static DeliveryView Read(NpgsqlDataReader row) =>
        new(
            PublicId.Format(Prefix, row.GetGuid(0)),
            PublicId.Format(PublicEvents.Prefix, row.GetGuid(1)),
            row.GetString(2),
            row.GetString(3),
            row.GetInt32(4),
            row.IsDBNull(5) ? null : row.GetString(5),
            row.IsDBNull(6) ? null : row.GetInt32(6),
            row.GetFieldValue<DateTimeOffset>(7),
            WebhookView.TimeOf(row, 8),
            WebhookView.TimeOf(row, 9)
        );

    /// <summary>A delivery of a webhook of the caller's workspace; null when there is none.</summary>
    public static async Task<DeliveryView?> FindAsync(
        Session session,
        Guid webhook,
        Guid id,
        CancellationToken cancel
    ) =>
        (
            await session.QueryAsync(
                $"""
                select {Columns} from activity.webhook_deliveries
                where workspace_id = $1 and webhook_id = $2 and id = $3
                """,
                Read,
                cancel,
                session.Context.Workspace,
                webhook,
                id
            )
        ).SingleOrDefault();
}

/// <summary>One try of a delivery.</summary>
/// <param name="Number">Counted from 1.</param>
/// <param name="At">When it began.</param>
/// <param name="DurationMs">How long it took.</param>
/// <param name="Outcome">One of the codes that docs/webhooks.md explains.</param>
/// <param name="Status">The status that the endpoint answered with; null without an answer.</param>
/// <param name="Answer">How its answer begins.</param>
internal sealed record AttemptView(
    int Number,
    DateTimeOffset At,
    int DurationMs,
    string Outcome,
    int? Status,
    string? Answer
)
{
    public static readonly AttemptView Example = new(
        1,
        DeliveryView.Example.CreatedAt,
        37,
        "status",
        503,
        "upstream connect error"
    );

    public static Task<List<AttemptView>> ListAsync(Session session, Guid delivery, CancellationToken cancel) =>
        session.QueryAsync(
            """
            select number, at, duration_ms, outcome, status, answer from activity.webhook_attempts
            where workspace_id = $1 and delivery_id = $2 order by number desc limit 100
            """,
            row => new AttemptView(
                row.GetInt32(0),
                row.GetFieldValue<DateTimeOffset>(1),
                row.GetInt32(2),
                row.GetString(3),
                row.IsDBNull(4) ? null : row.GetInt32(4),
                row.IsDBNull(5) ? null : row.GetString(5)
            ),
            cancel,
            session.Context.Workspace,
            delivery
        );
}

/// <summary>A delivery with its tries.</summary>
/// <param name="Delivery">The delivery.</param>
/// <param name="Tries">The newest first, at most 100.</param>
internal sealed record DeliveryWithTries(DeliveryView Delivery, IReadOnlyList<AttemptView> Tries);
