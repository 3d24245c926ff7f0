using System.Security.Cryptography;
using System.Text;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Secrets;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Http;

namespace Lectern.Jobs.Submission;

/// <summary>What a run's hold is made by.</summary>
/// <param name="Held">Micro-credits.</param>
/// <param name="PriceVersion">The price list.</param>
/// <param name="Characters">Characters that are held for.</param>
/// <param name="Quote">The quote that says so, if one is accepted.</param>
internal sealed record HoldTerms(long Held, string PriceVersion, int Characters, Guid? Quote = null);

/// <summary>Quotes for jobs: makes them, and takes them as what a job's hold is made by.</summary>
internal sealed class JobQuotes(EventStore store, Prices prices, Quotes quotes, MasterKey masterKey)
{
    private const int Million = 1_000_000;

    /// <summary>The refusal of a fallback that is dearer than the voice.</summary>
    public static Problem DearerFallback() =>
        CommonProblems.InvalidValues.With(
            "The fallback voice costs more than the voice; GET /api/v1/prices has the prices.",
            new FieldError("/fallbackVoice", "must not cost more than the voice")
        );

    /// <summary>A new quote, which is kept until it is accepted or expires.</summary>
    public async Task<QuoteAnswer> MakeAsync(Caller caller, Order order, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        var pace = await Pace.OfAsync(session, order, cancel);
        var quote = prices.Quote(order.Quantity(pace.Charged));
        var id = store.NewId();
        var validUntil = await quotes.KeepAsync(
            session,
            id,
            JobKinds.Audiobook,
            Fingerprint(session, order),
            quote,
            order.Unpaid,
            cancel
        );
        return QuoteAnswer.Of(id, validUntil, quote, order, pace);
    }

    /// <summary>
    /// What the fallback's part of a job costs, in millionths of what the narrator's would; null when that is more than a
    /// million. The hold is for the narrator, so a dearer fallback could not be paid from it.
    /// </summary>
    public int? FallbackPrice(Order order, CatalogueVoice? fallback)
    {
        if (fallback is null)
            return Million;
        var narrator = prices.Quote(order.Quantity(Pace.Default.Charged)).High;
        var other = prices
            .Quote(
                (order with { Provider = fallback.Engine.Name, VoiceClass = fallback.Voice.Class }).Quantity(
                    Pace.Default.Charged
                )
            )
            .High;
        return other > narrator ? null
            : narrator == 0 ? Million
            : (int)((Int128)other * Million / narrator);
    }

    /// <summary>What the accepted quote says, or without one the list in force; null for a quote that isn't there.</summary>
    public async Task<HoldTerms?> TermsAsync(Session session, Order order, string? accepted, CancellationToken cancel)
    {
        if (accepted is null)
        {
            var quote = prices.Quote(order.Quantity(Pace.Default.Charged));
            return new HoldTerms(quote.High, quote.PriceVersion, order.Unpaid);
        }

        var kept = await Quotes.FindAsync(session, accepted, cancel);
        return kept is null ? null : new HoldTerms(kept.High, kept.PriceVersion, (int)kept.Ordered, kept.Id);
    }

    /// <summary>Adds the hold to the unit of work, and that the quote is accepted if its terms are one's. It comes last.</summary>
    public void Hold(Session session, HoldTerms terms, Order order, Guid hold, Guid job, int run, CallerKey? key)
    {
        if (terms.Quote is { } quote)
            Quotes.Accept(session, quote, Fingerprint(session, order), job, run);
        Wallets.Hold(session, hold, job, run, terms.Held, terms.PriceVersion, key);
    }

    /// <summary>Whether saving failed because of the quote, the credits or a cap; answer what RefuseAsync gives.</summary>
    public static bool Refuses(ConstraintViolatedException violated) =>
        Wallets.Refuses(violated) || Quotes.ReasonOf(violated) is not null;

    /// <summary>402 with what is missing, or 409 with a new quote.</summary>
    public async Task<IResult> RefuseAsync(
        Caller caller,
        Order order,
        ConstraintViolatedException violated,
        long needed,
        CancellationToken cancel
    )
    {
        if (Quotes.ReasonOf(violated) is { } reason)
            return await RefuseAsync(caller, order, reason, cancel);
        await using var reading = store.OpenSession(caller);
        return (await Wallets.RefusalAsync(reading, violated, needed, caller.ApiKey, cancel)).AsResult();
    }

    /// <summary>409 with a new quote for what was asked for.</summary>
    public async Task<IResult> RefuseAsync(Caller caller, Order order, string reason, CancellationToken cancel) =>
        Quotes.Refusal(reason, await MakeAsync(caller, order, cancel)).AsResult();

    // A plain hash of a short text could be guessed, so each workspace has a key of its own. Only a text has line ends, and
    // it comes last, so no two orders read the same.
    private byte[] Fingerprint(Session session, Order order)
    {
        var key = masterKey.Derive($"jobs/quote/{session.Context.Workspace}", 32);
        var told = string.Join('\n', [JobKinds.Audiobook, order.Voice, order.PricedAs, .. order.Subject]);
        var fingerprint = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(told));
        CryptographicOperations.ZeroMemory(key);
        return fingerprint;
    }
}
