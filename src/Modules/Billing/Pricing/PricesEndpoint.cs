using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Lectern.Billing.Pricing;

/// <summary>A price list.</summary>
/// <param name="Version">Changes with any price; quotes and holds name it.</param>
/// <param name="Since">When it was in force for the first time.</param>
/// <param name="SignUpCredits">What a new account gets; of the list in force only.</param>
/// <param name="Prices">The prices. Of those that match, the one that says more about provider and voice class holds.</param>
/// <param name="Minimums">The least that is held for a job, by its kind; what is delivered in part is paid in part.</param>
internal sealed record PricesView(
    string Version,
    DateTimeOffset Since,
    string? SignUpCredits,
    IReadOnlyList<PriceView> Prices,
    IReadOnlyList<MinimumView> Minimums
);

/// <summary>A price; what is quoted is rounded up to a millionth of a credit.</summary>
/// <param name="Item">The kind of job that is priced.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Per">For how many units the price is.</param>
/// <param name="Credits">The price for so many units.</param>
/// <param name="Provider">Whose work it is for; null for anybody's.</param>
/// <param name="VoiceClass">The class of voices that it is for; null for any.</param>
/// <param name="Included">Units that each job has at no cost.</param>
internal sealed record PriceView(
    string Item,
    string Unit,
    long Per,
    string Credits,
    string? Provider = null,
    string? VoiceClass = null,
    long Included = 0
)
{
    public static PriceView Of(Price price) =>
        new(
            price.Item,
            price.Unit,
            price.Per,
            SharedKernel.Credits.Format(price.MicroCredits),
            price.Provider,
            price.VoiceClass,
            price.Included
        );
}

/// <summary>The least that a job of a kind costs.</summary>
/// <param name="Item">The kind of job.</param>
/// <param name="Credits">Takes the place of a smaller sum.</param>
internal sealed record MinimumView(string Item, string Credits);

/// <summary><c>GET /prices</c> and <c>GET /prices/{version}</c>, for everyone.</summary>
internal static class PricesEndpoint
{
    private static readonly PricesView Example = new(
        "5f1c0a9be2d4",
        new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero),
        "20",
        [new PriceView("audiobook", "character", 1000, "0.02"), new PriceView("voice_preview", "preview", 1, "0")],
        [new MinimumView("audiobook", "0.001")]
    );

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/prices", InForceAsync)
            .AllowAnonymous()
            .WithName("GetPrices")
            .WithTags("credits")
            .WithSummary("What things cost, in credits")
            .WithExample(response: Example);
        api.MapGet("/prices/{version}", OfVersionAsync)
            .AllowAnonymous()
            .WithName("GetPriceList")
            .WithTags("credits")
            .WithSummary("What things cost by a price list that is or was in force")
            .WithProblems(CommonProblems.NotFound)
            .WithExample(response: Example with { SignUpCredits = null });
    }

    private static async Task<Ok<PricesView>> InForceAsync(
        Prices prices,
        IOptions<BillingSettings> settings,
        EventStore store,
        CancellationToken cancel
    )
    {
        var list = await PriceLists.FindAsync(store, prices.Version, cancel);
        return TypedResults.Ok(
            // Stored at the start, before the first request.
            list! with
            {
                SignUpCredits = Credits.Format(Credits.FromDecimal(settings.Value.SignUpCredits)),
            }
        );
    }

    private static async Task<Results<Ok<PricesView>, ProblemResult>> OfVersionAsync(
        string version,
        EventStore store,
        CancellationToken cancel
    ) =>
        version.All(char.IsAsciiHexDigitLower) && await PriceLists.FindAsync(store, version, cancel) is { } list
            ? TypedResults.Ok(list)
            : CommonProblems.NotFound.With("No price list of this version was ever in force here.").AsResult();
}
