using System.Text.Json;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.Extensions.Hosting;

namespace Lectern.Billing.Pricing;

/// <summary>The price lists that are or were in force, as they are shown.</summary>
internal static class PriceLists
{
    /// <summary>A list; null if there never was one of this version.</summary>
    public static async Task<PricesView?> FindAsync(EventStore store, string version, CancellationToken cancel)
    {
        await using var session = Open(store);
        var found = await session.QueryAsync(
            "select since, lines, minimums from billing.price_lists where version = $1",
            row => new PricesView(
                version,
                row.GetFieldValue<DateTimeOffset>(0),
                SignUpCredits: null,
                JsonSerializer.Deserialize<List<PriceView>>(row.GetString(1), StrictJson.Options)!,
                JsonSerializer.Deserialize<List<MinimumView>>(row.GetString(2), StrictJson.Options)!
            ),
            cancel,
            version
        );
        return found.SingleOrDefault();
    }

    /// <summary>Stores a list, unless it was in force before.</summary>
    public static async Task PublishAsync(EventStore store, Prices prices, CancellationToken cancel)
    {
        await using var session = Open(store);
        // One statement by itself, which may be repeated at will: it needs no unit of work.
        await session.QueryAsync(
            """
            insert into billing.price_lists (version, lines, minimums) values ($1, $2, $3)
            on conflict (version) do nothing returning 1
            """,
            row => row.GetInt32(0),
            cancel,
            prices.Version,
            Json(prices.Items.Select(PriceView.Of).ToList()),
            Json(prices.Minimums.Select(m => new MinimumView(m.Item, Credits.Format(m.MicroCredits))).ToList())
        );
    }

    private static Jsonb Json<T>(T lines) => new(JsonSerializer.SerializeToUtf8Bytes(lines, StrictJson.Options));

    // Price lists belong to no workspace.
    private static Session Open(EventStore store) => store.OpenSystemSession();
}

/// <summary>
/// Stores the list in force before the first request. Hosts that start at once store it once: the version is its key.
/// </summary>
internal sealed class PublishPrices(EventStore store, Prices prices) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) =>
        PriceLists.PublishAsync(store, prices, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
