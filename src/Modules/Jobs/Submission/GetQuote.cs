using Lectern.Billing.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Submission;

/// <summary>What a job would cost, before any cost.</summary>
/// <param name="PriceVersion">The price list that it was calculated with.</param>
/// <param name="Low">Credits at least.</param>
/// <param name="Expected">Credits most likely.</param>
/// <param name="High">Credits at most: what would be held.</param>
/// <param name="Characters">Characters of the text.</param>
/// <param name="AudioMinutes">About how long the audiobook will play.</param>
/// <param name="Lines">What makes it up.</param>
internal sealed record QuoteAnswer(
    string PriceVersion,
    string Low,
    string Expected,
    string High,
    int Characters,
    double AudioMinutes,
    IReadOnlyList<QuoteAnswerLine> Lines
);

/// <summary>A line of a quote, in credits.</summary>
internal sealed record QuoteAnswerLine(
    string Item,
    string Unit,
    long Quantity,
    string Low,
    string Expected,
    string High
);

internal static class GetQuoteEndpoint
{
    /// <summary>Prose is read at about 14 characters a second.</summary>
    private const double CharactersPerMinute = 14 * 60;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/quotes", HandleAsync)
            .ForViewers() // it changes nothing
            .WithName("GetQuote")
            .WithTags("jobs")
            .WithSummary("What a job would cost")
            .WithDescription("Takes the same body as POST /jobs and makes nothing.")
            .Accepts<JobRequest>("application/json", "multipart/form-data")
            .Produces<QuoteAnswer>()
            .WithProblems(
                JobsProblems.UnusableText,
                JobsProblems.TextTooLong,
                JobsProblems.UnknownVoice,
                JobsProblems.VoiceUnavailable
            )
            .WithExample(
                new JobRequest("It is a truth universally acknowledged, …", Voice: "flite-slt"),
                new QuoteAnswer(
                    "5f2c8e41d0aa",
                    "0.42",
                    "0.42",
                    "0.42",
                    21_000,
                    25.0,
                    [new QuoteAnswerLine(PricedItems.Audiobook, "character", 21_000, "0.42", "0.42", "0.42")]
                )
            );

    private static async Task<IResult> HandleAsync(
        HttpContext http,
        Caller caller,
        VoiceCatalogue voices,
        AudioPreferences preferences,
        Prices prices,
        JobsOptions options,
        CancellationToken cancel
    )
    {
        var (received, unreadable) = await RequestReader.ReadAsync(http, options, cancel);
        if (received is null)
            return unreadable!.AsResult();
        var defaults = await preferences.DefaultsAsync(received.Request, caller, cancel);
        var (request, refusal) = JobRequests.Check(received, defaults, voices, options);
        if (request is null)
            return refusal!.AsResult();

        var quote = prices.Quote(Quantity.Exactly(PricedItems.Audiobook, request.Text.Length));
        return TypedResults.Ok(
            new QuoteAnswer(
                quote.PriceVersion,
                Credits.Format(quote.Low),
                Credits.Format(quote.Expected),
                Credits.Format(quote.High),
                request.Text.Length,
                Math.Round(request.Text.Length / CharactersPerMinute, 1),
                quote
                    .Lines.Select(line => new QuoteAnswerLine(
                        line.Quantity.Item,
                        line.Unit,
                        line.Quantity.Expected,
                        Credits.Format(line.Low),
                        Credits.Format(line.Expected),
                        Credits.Format(line.High)
                    ))
                    .ToList()
            )
        );
    }
}
