using Lectern.Eventing;

namespace Lectern.Activity.Webhooks;

/// <summary>A delivery that is to be tried now, and its endpoint.</summary>
internal sealed record PendingDelivery(
    Guid Id,
    Guid Workspace,
    Guid Webhook,
    Guid Event,
    Guid? Stream,
    int? StreamVersion,
    int Tries,
    int Attempts,
    DateTimeOffset CreatedAt,
    DateTimeOffset Now
)
{
    public required string Url { get; init; }

    public required int PayloadVersion { get; init; }

    /// <summary>In the vault; the newest first.</summary>
    public required Guid[] Secrets { get; init; }

    /// <summary>Nothing could be delivered to the endpoint for so long that it is to be disabled.</summary>
    public required bool HasFailedLong { get; init; }

    /// <summary>What it ends as without a try, since its endpoint is told of nothing any more.</summary>
    public required string? EndsAs { get; init; }

    /// <summary>The delivery, if it is to be tried by this message.</summary>
    public static async Task<PendingDelivery?> FindAsync(
        Session session,
        DeliverWebhook message,
        TimeSpan disableAfter,
        CancellationToken cancel
    )
    {
        var found = await session.QueryAsync(
            """
            select d.workspace_id, d.webhook_id, d.event_id, d.stream_id, d.stream_version, d.tries, d.created_at, now(),
                   w.url, w.payload_version,
                   array_remove(array[w.secret_id, case when w.old_secret_until > now() then w.old_secret_id end], null),
                   coalesce(w.failing_since <= now() - $3::interval, false),
                   case when w.deleted_at is not null then 'deleted' when w.disabled_at is not null then 'disabled' end
            from activity.webhook_deliveries d join activity.webhooks w on w.id = d.webhook_id
            where d.id = $1 and d.attempts = $2 and d.status = 'pending'
            """,
            row => new PendingDelivery(
                message.Delivery,
                row.GetGuid(0),
                row.GetGuid(1),
                row.GetGuid(2),
                row.IsDBNull(3) ? null : row.GetGuid(3),
                row.IsDBNull(4) ? null : row.GetInt32(4),
                row.GetInt32(5),
                message.Attempts,
                row.GetFieldValue<DateTimeOffset>(6),
                row.GetFieldValue<DateTimeOffset>(7)
            )
            {
                Url = row.GetString(8),
                PayloadVersion = row.GetInt32(9),
                Secrets = row.GetFieldValue<Guid[]>(10),
                HasFailedLong = row.GetBoolean(11),
                EndsAs = row.IsDBNull(12) ? null : row.GetString(12),
            },
            cancel,
            message.Delivery,
            message.Attempts,
            disableAfter
        );
        return found.SingleOrDefault();
    }

    /// <summary>Ends a delivery that is pending, without a try.</summary>
    public static void End(Session session, Guid delivery, string status) =>
        session.Execute(
            "update activity.webhook_deliveries set status = $2, ended_at = now() where id = $1 and status = 'pending'",
            delivery,
            status
        );

    /// <summary>
    /// Adds what came of a try. The attempt's number is taken once: of two that tried at the same time, one is written down
    /// and the other drops what it did. What was ended meanwhile stays ended, unless this delivered it.
    /// </summary>
    public void Record(Session session, Attempt attempt, AfterAttempt next)
    {
        session.Execute(
            """
            insert into activity.webhook_attempts (delivery_id, number, workspace_id, at, duration_ms, outcome, status, answer)
            select id, $2, workspace_id, $3, $4, $5, $6, $7 from activity.webhook_deliveries where id = $1
            """,
            Id,
            Attempts + 1,
            Now,
            (int)attempt.Took.TotalMilliseconds,
            attempt.Outcome,
            Typed.Int(attempt.Status),
            Typed.Text(attempt.Answer)
        );
        session.Execute(
            """
            update activity.webhook_deliveries
            set attempts = $2, tries = $3, last_outcome = $4, last_status = $5,
                status = case when status = 'pending' or $6 = 'delivered' then $6 else status end,
                ended_at = case when status <> 'pending' then ended_at when $6 <> 'pending' then now() end,
                next_attempt_at = now() + $7
            where id = $1
            """,
            Id,
            Attempts + 1,
            attempt.Outcome == Outcomes.Delivered ? Tries : Tries + 1,
            attempt.Outcome,
            Typed.Int(attempt.Status),
            next.Status,
            next.Delay ?? TimeSpan.Zero
        );
        session.Execute(
            attempt.Outcome == Outcomes.Delivered
                ? "update activity.webhooks set failing_since = null where id = $1 and failing_since is not null"
                : "update activity.webhooks set failing_since = now() where id = $1 and failing_since is null",
            Webhook
        );
    }
}
