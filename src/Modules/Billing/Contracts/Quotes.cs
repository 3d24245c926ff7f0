using System.Text.Json;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using NpgsqlTypes;

namespace Lectern.Billing.Contracts;

/// <summary>A quote that is kept, so that a job can accept it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="PriceVersion">The price list that it was calculated with.</param>
/// <param name="High">Micro-credits to hold.</param>
/// <param name="Ordered">Units that the hold is for; a partial delivery costs its share, see <see cref="Quote.ShareOf"/>.</param>
public sealed record KeptQuote(Guid Id, string PriceVersion, long High, long Ordered);

/// <summary>
/// Quotes that were given and can be accepted: once, by the job that they were made for, and within their time by the
/// database's clock. Sessions are those of the workspace that asked; another one's quotes are not there.
/// </summary>
/// <param name="validity">For how long a quote can be accepted.</param>
public sealed class Quotes(TimeSpan validity)
{
    /// <summary>Of a quote's public id.</summary>
    public const string Prefix = "quote";

    /// <summary>The reason of a refusal for an id that is nobody's, or somebody else's.</summary>
    public const string Unknown = "unknown";

    /// <summary>409: the quote can't be accepted. Members: <c>reason</c> and <c>quote</c>, a new one for the same.</summary>
    public static ProblemType NotValid => BillingProblems.QuoteNotValid;

    /// <summary>Keeps a quote, at once: nothing else changes with it.</summary>
    /// <param name="session">Of the workspace that asks.</param>
    /// <param name="id">The new quote's id.</param>
    /// <param name="kind">The kind of job.</param>
    /// <param name="fingerprint">Of all that determines the price. It has to be told to accept the quote.</param>
    /// <param name="quote">The amounts.</param>
    /// <param name="ordered">Units that the hold would be for.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>Until when it can be accepted.</returns>
    public async Task<DateTimeOffset> KeepAsync(
        Session session,
        Guid id,
        string kind,
        byte[] fingerprint,
        Quote quote,
        long ordered,
        CancellationToken cancel
    ) =>
        (
            await session.QueryAsync(
                """
                insert into billing.quotes
                    (id, workspace_id, kind, fingerprint, price_version, low, expected, high, ordered, lines, valid_until)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + $11)
                returning valid_until
                """,
                row => row.GetFieldValue<DateTimeOffset>(0),
                cancel,
                id,
                session.Context.Workspace,
                kind,
                fingerprint,
                quote.PriceVersion,
                quote.Low,
                quote.Expected,
                quote.High,
                ordered,
                new Jsonb(JsonSerializer.SerializeToUtf8Bytes(quote.Lines, StrictJson.Options)),
                validity
            )
        ).Single();

    /// <summary>What a quote says, whether or not it can still be accepted; null if there is none in sight.</summary>
    public static async Task<KeptQuote?> FindAsync(Session session, string quote, CancellationToken cancel)
    {
        if (!PublicId.TryParse(Prefix, quote, out var id))
            return null;
        var found = await session.QueryAsync(
            "select price_version, high, ordered from billing.quotes where id = $1",
            row => new KeptQuote(id, row.GetString(0), row.GetInt64(1), row.GetInt64(2)),
            cancel,
            id
        );
        return found.SingleOrDefault();
    }

    /// <summary>
    /// Adds the acceptance of a quote to the unit of work that places its hold; <see cref="ReasonOf"/> tells a refusal.
    /// </summary>
    /// <param name="session">The unit of work.</param>
    /// <param name="quote">The quote.</param>
    /// <param name="fingerprint">Of what is to be made.</param>
    /// <param name="job">The job.</param>
    /// <param name="run">Which run of it.</param>
    public static void Accept(Session session, Guid quote, byte[] fingerprint, Guid job, int run) =>
        session.Execute("select billing.accept_quote($1, $2, $3, $4)", quote, fingerprint, job, run);

    /// <summary>Why a quote was not accepted: a stable code; null if something else failed.</summary>
    public static string? ReasonOf(ConstraintViolatedException violated) =>
        violated.Constraint switch
        {
            "quote_is_there" => Unknown,
            "quote_accepted_once" => "already-accepted",
            "quote_is_for_the_job" => "made-for-something-else",
            "quote_not_expired" => "expired",
            _ => null,
        };

    /// <summary>The refusal, with a new quote for what was asked for.</summary>
    /// <param name="reason">Of <see cref="ReasonOf"/>.</param>
    /// <param name="fresh">The new quote, as the API shows it.</param>
    public static Problem Refusal(string reason, object fresh) =>
        NotValid.With(
            reason switch
            {
                Unknown => "There is no such quote.",
                "already-accepted" => "A job has accepted the quote before.",
                "made-for-something-else" => "The quote was made for another text, voice or job.",
                _ => "The quote has expired.",
            }
        ) with
        {
            Extensions = new Dictionary<string, object?> { ["reason"] = reason, ["quote"] = fresh },
        };

    /// <summary>
    /// Of the holds of jobs' first runs, which share was captured in the end: text that isn't spoken, or was paid before,
    /// isn't charged.
    /// </summary>
    public static Task<List<double>> CapturedSharesAsync(Session session, Guid[] jobs, CancellationToken cancel) =>
        session.QueryAsync(
            """
            select e.captured::float8 / h.amount
            from billing.holds h join billing.hold_ends e on e.hold_id = h.id
            where h.job_id = any($1) and h.run = 1 and h.amount > 0
            """,
            row => row.GetDouble(0),
            cancel,
            new Typed(jobs, NpgsqlDbType.Array | NpgsqlDbType.Uuid)
        );
}
