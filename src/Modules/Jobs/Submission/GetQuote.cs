using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Ending;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Submission;

/// <summary>What a job would cost, before any cost.</summary>
/// <param name="Id">With it the quote can be accepted: as <c>quote</c> of POST /jobs, or of the job's retry.</param>
/// <param name="ValidUntil">Until when.</param>
/// <param name="PriceVersion">The price list that it was calculated with.</param>
/// <param name="Low">Credits that will likely be charged at least; nothing for what the workspace has paid before.</param>
/// <param name="Expected">Credits that will most likely be charged.</param>
/// <param name="High">Credits at most: what is held.</param>
/// <param name="Minimum">The least that is held for such a job; it takes the place of a smaller sum of the lines. What is delivered in part is paid in part.</param>
/// <param name="Characters">Characters of the text.</param>
/// <param name="AudioMinutes">How long the audiobook will play.</param>
/// <param name="SecondsToMake">How long the run will take, from when it has begun.</param>
/// <param name="Basis">What the estimates were taken from.</param>
/// <param name="Lines">What makes it up.</param>
internal sealed record QuoteAnswer(
    string Id,
    DateTimeOffset ValidUntil,
    string PriceVersion,
    string Low,
    string Expected,
    string High,
    string Minimum,
    int Characters,
    Estimate AudioMinutes,
    Estimate SecondsToMake,
    QuoteBasis Basis,
    IReadOnlyList<QuoteAnswerLine> Lines
)
{
    public static QuoteAnswer Of(Guid id, DateTimeOffset validUntil, Quote quote, Order order, Pace pace) =>
        new(
            PublicId.Format(Quotes.Prefix, id),
            validUntil,
            quote.PriceVersion,
            Credits.Format(quote.Low),
            Credits.Format(quote.Expected),
            Credits.Format(quote.High),
            Credits.Format(quote.LeastHigh),
            order.Characters,
            Estimate.Of(pace.AudioMs.Times(order.Characters / 60_000.0)),
            Estimate.Of(
                order.Unmade == 0 ? new Spread(0, 0, 0) : pace.MakeMs.Times(order.Unmade / 1000.0, pace.StartMs / 1000)
            ),
            pace.Jobs == 0 ? new QuoteBasis("default", 0) : new QuoteBasis("measured", pace.Jobs),
            [.. quote.Lines.Select(QuoteAnswerLine.Of)]
        );
}

/// <summary>How much it may be.</summary>
/// <param name="Low">Nine of ten come to this at least.</param>
/// <param name="Expected">Half come to more, half to less.</param>
/// <param name="High">Nine of ten come to this at most.</param>
internal sealed record Estimate(double Low, double Expected, double High)
{
    public static Estimate Of(Spread spread) =>
        new(Math.Round(spread.Low, 2), Math.Round(spread.Expected, 2), Math.Round(spread.High, 2));
}

/// <summary>What estimates were taken from.</summary>
/// <param name="Code">
/// <c>measured</c>: the workspace's last audiobooks by the same provider, of a similar length; <c>default</c>: what we
/// measured on samples, with the local engines, on two cores.
/// </param>
/// <param name="Jobs">How many audiobooks they were.</param>
internal sealed record QuoteBasis(string Code, int Jobs);

/// <summary>A line of a quote, in credits.</summary>
/// <param name="Item">The kind of job.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Provider">Whose work it is.</param>
/// <param name="VoiceClass">The class of the voice.</param>
/// <param name="Quantity">Units at most: the sum of the next three.</param>
/// <param name="Free">Units that are paid already.</param>
/// <param name="Included">Units that the price list includes.</param>
/// <param name="Paid">Units that cost something.</param>
/// <param name="Per">For how many units the price is.</param>
/// <param name="Price">The price for so many units.</param>
/// <param name="Low">What will likely be charged for it at least.</param>
/// <param name="Expected">What will most likely be charged for it.</param>
/// <param name="High">What is held for it.</param>
internal sealed record QuoteAnswerLine(
    string Item,
    string Unit,
    string? Provider,
    string? VoiceClass,
    long Quantity,
    long Free,
    long Included,
    long Paid,
    long Per,
    string Price,
    string Low,
    string Expected,
    string High
)
{
    public static QuoteAnswerLine Of(QuoteLine line) =>
        new(
            line.Quantity.Item,
            line.Quantity.Unit,
            line.Quantity.Provider,
            line.Quantity.VoiceClass,
            line.Quantity.High,
            line.Quantity.Free,
            line.Included,
            line.Paid,
            line.Price.Per,
            Credits.Format(line.Price.MicroCredits),
            Credits.Format(line.Low),
            Credits.Format(line.Expected),
            Credits.Format(line.High)
        );
}

internal static class GetQuoteEndpoint
{
    public static readonly QuoteAnswer Example = new(
        "quote_01jbrc2ahvfh68wqz0e60r18x5",
        new DateTimeOffset(2026, 1, 5, 10, 30, 0, TimeSpan.Zero),
        "5f2c8e41d0aa",
        "0.378",
        "0.41412",
        "0.42",
        "0.001",
        21_000,
        new Estimate(19.6, 21.35, 23.8),
        new Estimate(11.85, 18.15, 29.7),
        new QuoteBasis("default", 0),
        [
            new QuoteAnswerLine(
                PricedItems.Audiobook,
                PricedItems.Character,
                "flite",
                "standard",
                21_000,
                0,
                0,
                21_000,
                1000,
                "0.02",
                "0.378",
                "0.41412",
                "0.42"
            ),
        ]
    );

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/quotes", HandleAsync)
            .ForViewers() // it holds nothing and makes nothing
            .WithName("GetQuote")
            .WithTags("jobs")
            .WithSummary("What a job would cost")
            .WithDescription(
                "Takes the same body as POST /jobs, or job alone, the id of a failed or cancelled job that may go on. Makes "
                    + "and holds nothing. Until validUntil a job can accept the quote, once, and is then held at its high, "
                    + "whatever the prices are by then."
            )
            .Accepts<JobRequest>("application/json", "multipart/form-data")
            .Produces<QuoteAnswer>()
            .WithProblems(
                CommonProblems.NotFound,
                CommonProblems.InvalidValues,
                JobsProblems.NotRetryable,
                JobsProblems.UnusableText,
                JobsProblems.TextTooLong,
                JobsProblems.UnknownVoice,
                JobsProblems.VoiceUnavailable
            )
            .WithExample(new JobRequest("It is a truth universally acknowledged, …", Voice: "flite-slt"), Example);

    private static async Task<IResult> HandleAsync(
        HttpContext http,
        Caller caller,
        EventStore store,
        VoiceDirectory voices,
        AudioPreferences preferences,
        JobQuotes quotes,
        JobsOptions options,
        CancellationToken cancel
    )
    {
        var (received, unreadable) = await RequestReader.ReadAsync(http, options, cancel);
        if (received is null)
            return unreadable!.AsResult();
        if (received.Request.Quote is not null)
            return Misplaced("/quote", "is for POST /jobs and for the retry of a job").AsResult();
        if (received.Request.Job is { } id)
            return received is { File: null } && received.Request == new JobRequest(Job: id)
                ? await RetryAsync(id, caller, store, voices, quotes, cancel)
                : Misplaced("/job", "must come alone: the job has its text and voice").AsResult();

        var defaults = await preferences.DefaultsAsync(received.Request, caller, cancel);
        var (request, refusal) = await JobRequests.CheckAsync(
            received,
            defaults,
            caller.Workspace,
            voices,
            options,
            cancel
        );
        if (request is null)
            return refusal!.AsResult();
        var order = Order.Of(request);
        return quotes.FallbackPrice(order, request.Fallback) is null
            ? JobQuotes.DearerFallback().AsResult()
            : TypedResults.Ok(await quotes.MakeAsync(caller, order, cancel));
    }

    private static async Task<IResult> RetryAsync(
        string id,
        Caller caller,
        EventStore store,
        VoiceDirectory voices,
        JobQuotes quotes,
        CancellationToken cancel
    )
    {
        if (!PublicId.TryParse(JobLinks.Prefix, id, out var jobId))
            return JobNotFound.Problem.AsResult();
        await using var session = store.OpenSession(caller);
        var job = await session.FetchForWriting<Job>(jobId, cancel);
        if (job is null || job.State.Status == JobStatus.Deleted)
            return JobNotFound.Problem.AsResult();
        if (RetryJob.Refuse(job.State) is { } refusal)
            return refusal.AsResult();
        var order = await Order.OfRetryAsync(session, jobId, job.State, voices, cancel);
        return TypedResults.Ok(await quotes.MakeAsync(caller, order, cancel));
    }

    private static Problem Misplaced(string pointer, string detail) =>
        CommonProblems.InvalidValues.With("The request has values that don't fit.", new FieldError(pointer, detail));
}
