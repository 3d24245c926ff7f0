using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Lectern.Billing.TopUps;

/// <summary>A payment, as administrators of the platform see it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Outcome"><c>pending</c>, <c>failed</c>, <c>unmatched</c> or <c>granted</c>.</param>
/// <param name="Reason">Why nobody got credits: <c>unknown_workspace</c>, <c>unknown_currency</c>, <c>unusable_amount</c>, <c>test_payment</c> or <c>unknown_status</c>.</param>
/// <param name="Amount">In the currency's smallest unit; null when it was no number of them.</param>
/// <param name="Currency">Its code.</param>
/// <param name="Livemode">Whether it was real money.</param>
/// <param name="Workspace">Whose it is, if that is known.</param>
/// <param name="ProviderSession">The checkout session at the provider, where to look for more.</param>
/// <param name="ProviderEvent">The event that the outcome follows from.</param>
/// <param name="Type">The event's type.</param>
/// <param name="ReceivedAt">When it was first heard of.</param>
/// <param name="ChangedAt">Since when it has this outcome.</param>
internal sealed record PaymentView(
    string Id,
    string Outcome,
    string? Reason,
    long? Amount,
    string? Currency,
    bool Livemode,
    string? Workspace,
    string ProviderSession,
    string ProviderEvent,
    string Type,
    DateTimeOffset ReceivedAt,
    DateTimeOffset ChangedAt
)
{
    public const string Columns =
        "id, outcome, reason, amount, currency, livemode, workspace_id, provider_session, provider_event, type, received_at, changed_at";

    public static readonly PaymentView Example = new(
        "payment_01h455vb4pex5vsknk084sn02q",
        Outcomes.Unmatched,
        "unknown_workspace",
        2000,
        "usd",
        true,
        null,
        "cs_live_a1b2c3d4e5f6",
        "evt_1PgafmB7WZ01zgkW6dKueIc5",
        CheckoutEvents.Completed,
        DateTimeOffset.UnixEpoch,
        DateTimeOffset.UnixEpoch
    );

    public static PaymentView Read(NpgsqlDataReader row) =>
        new(
            PublicId.Format(Payment.Prefix, row.GetGuid(0)),
            row.GetString(1),
            row.IsDBNull(2) ? null : row.GetString(2),
            row.IsDBNull(3) ? null : row.GetInt64(3),
            row.IsDBNull(4) ? null : row.GetString(4),
            row.GetBoolean(5),
            row.IsDBNull(6) ? null : AccountIds.Workspace(row.GetGuid(6)),
            row.GetString(7),
            row.GetString(8),
            row.GetString(9),
            row.GetFieldValue<DateTimeOffset>(10),
            row.GetFieldValue<DateTimeOffset>(11)
        );

    public static async Task<PaymentView?> FindAsync(Session session, Guid id, CancellationToken cancel) =>
        (
            await session.QueryAsync($"select {Columns} from billing.payments where id = $1", Read, cancel, id)
        ).SingleOrDefault();
}

/// <summary><c>GET /admin/payments</c>.</summary>
internal static class ListPaymentsEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/admin/payments", HandleAsync)
            .WithName("ListPayments")
            .WithTags("admin")
            .WithSummary("Every payment, newest first")
            .WithDescription(
                "Filter by outcome: unmatched ones are paid, and wait for POST /admin/payments/{id}/match."
            )
            .ForPlatformAdmins()
            .WithExample(response: new Page<PaymentView>([PaymentView.Example], null))
            .WithProblems(CommonProblems.InvalidValues);

    private static async Task<Results<Ok<Page<PaymentView>>, ProblemResult>> HandleAsync(
        string? outcome,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        if (outcome is not null && !Outcomes.All.Contains(outcome))
            return CommonProblems
                .InvalidValues.With(
                    "The filter doesn't fit.",
                    new FieldError("outcome", $"must be one of {string.Join(", ", Outcomes.All)}")
                )
                .AsResult();
        var (page, refusal) = ListPage.Of(cursors, $"payments|{outcome}", limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        await using var session = store.OpenWorkerSession(caller);
        var rows = await session.QueryAsync(
            $"""
            select {PaymentView.Columns} from billing.payments
            where ($1::text is null or outcome = $1) and (received_at, id) < ($2, $3)
            order by received_at desc, id desc limit $4
            """,
            row => new ListRow<PaymentView>(
                row.GetFieldValue<DateTimeOffset>(10),
                row.GetGuid(0),
                PaymentView.Read(row)
            ),
            cancel,
            Typed.Text(outcome),
            page.Before,
            page.BeforeId,
            page.Rows
        );
        return TypedResults.Ok(page.Cut(rows));
    }
}
