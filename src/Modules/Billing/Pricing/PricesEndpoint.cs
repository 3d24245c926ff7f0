using Lectern.Billing.Contracts;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Lectern.Billing.Pricing;

/// <summary>The price list in force.</summary>
/// <param name="Version">Changes with any price; quotes and holds name it.</param>
/// <param name="SignUpCredits">What a new account gets.</param>
/// <param name="Prices">The prices.</param>
internal sealed record PricesView(string Version, string SignUpCredits, IReadOnlyList<PriceView> Prices);

/// <summary>A price; what is quoted is rounded up to a millionth of a credit.</summary>
/// <param name="Item">What is priced.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Per">For how many units the price is.</param>
/// <param name="Credits">The price for so many units.</param>
internal sealed record PriceView(string Item, string Unit, long Per, string Credits);

/// <summary><c>GET /prices</c>, for everyone.</summary>
internal static class PricesEndpoint
{
    private static readonly PricesView Example = new(
        "5f1c0a9be2d4",
        "20",
        [new PriceView("audiobook", "character", 1000, "0.02"), new PriceView("voice_preview", "preview", 1, "0")]
    );

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/prices", Handle)
            .AllowAnonymous()
            .WithName("GetPrices")
            .WithTags("credits")
            .WithSummary("What things cost, in credits")
            .WithExample(response: Example);

    private static Ok<PricesView> Handle(Prices prices, IOptions<BillingSettings> settings) =>
        TypedResults.Ok(
            new PricesView(
                prices.Version,
                Credits.Format(Credits.FromDecimal(settings.Value.SignUpCredits)),
                [.. prices.Items.Select(p => new PriceView(p.Item, p.Unit, p.Per, Credits.Format(p.MicroCredits)))]
            )
        );
}
