using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Ledger;

/// <summary>A balance as the API shows it, in credits.</summary>
/// <param name="Posted">Granted and not spent.</param>
/// <param name="Held">The part of it that is set aside for running jobs.</param>
/// <param name="Available">What a new job can use: posted less held.</param>
internal sealed record BalanceView(string Posted, string Held, string Available)
{
    public static BalanceView Of(Balance balance) =>
        new(Credits.Format(balance.Posted), Credits.Format(balance.Held), Credits.Format(balance.Available));
}

/// <summary>The credits of a workspace.</summary>
/// <param name="Posted">Granted and not spent.</param>
/// <param name="Held">The part of it that is set aside for running jobs.</param>
/// <param name="Available">What a new job can use: posted less held.</param>
/// <param name="Expiring">Credits that may be spent for a time only, what expires first coming first.</param>
/// <param name="Stopped">
/// Whether an audit found that the books don't add up: then no new job is accepted until the operators have looked.
/// </param>
internal sealed record CreditsView(
    string Posted,
    string Held,
    string Available,
    IReadOnlyList<ExpiringCredits> Expiring,
    bool Stopped
);

/// <summary>Credits that expire.</summary>
/// <param name="Credits">How many are left.</param>
/// <param name="At">When they go.</param>
internal sealed record ExpiringCredits(string Credits, DateTimeOffset At);

/// <summary><c>GET /credits</c>.</summary>
internal static class GetCreditsEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/credits", HandleAsync)
            .WithName("GetCredits")
            .WithTags("credits")
            .WithSummary("The workspace's balance")
            .WithDescription("All amounts of the API are credits, as decimal numbers in strings, exact to six places.")
            .WithExample(
                response: new CreditsView(
                    "20",
                    "9.4",
                    "10.6",
                    [new ExpiringCredits("5", DateTimeOffset.UnixEpoch.AddYears(60))],
                    false
                )
            );

    private static async Task<Ok<CreditsView>> HandleAsync(Caller caller, EventStore store, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        // One statement, so that lots and balance are of one moment.
        var rows = await session.QueryAsync(
            """
            select w.posted, w.held, w.stopped_at is not null, l.remaining, l.expires_at
            from billing.wallets w
            left join billing.lots l on l.wallet_id = w.id and l.remaining > 0 and l.expires_at is not null
            where w.id = $1 order by l.expires_at, l.number limit 100
            """,
            row =>
                (
                    Balance: new Balance(row.GetInt64(0), row.GetInt64(1)),
                    Stopped: row.GetBoolean(2),
                    Lot: row.IsDBNull(3)
                        ? null
                        : new ExpiringCredits(Credits.Format(row.GetInt64(3)), row.GetFieldValue<DateTimeOffset>(4))
                ),
            cancel,
            Wallet.IdOf(caller.Workspace)
        );
        var balance = BalanceView.Of(rows.Count > 0 ? rows[0].Balance : new Balance(0, 0));
        return TypedResults.Ok(
            new CreditsView(
                balance.Posted,
                balance.Held,
                balance.Available,
                [.. rows.Where(row => row.Lot is not null).Select(row => row.Lot!)],
                rows.Count > 0 && rows[0].Stopped
            )
        );
    }
}

/// <summary>The balance, as <c>credits</c> in <c>GET /me</c>.</summary>
internal sealed class CreditsOfMe(EventStore store) : IMePart
{
    public string Name => "credits";

    public async Task<object> GetAsync(Caller caller, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        return BalanceView.Of(await Wallets.BalanceAsync(session, cancel));
    }
}
