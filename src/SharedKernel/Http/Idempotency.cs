using System.Security.Cryptography;
using Lectern.Eventing;
using Microsoft.AspNetCore.Http;

namespace Lectern.SharedKernel.Http;

/// <summary>
/// Requests that may be repeated: the answer is recorded in the unit of work that it belongs to, and a repeat with the
/// same key and body gets the same bytes. Records are kept for <see cref="Retention"/>.
/// </summary>
public static class Idempotency
{
    /// <summary>The request header.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>How long an answer is remembered.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    private const int MaxKeyLength = 255;

    /// <summary>400: the key is missing or not usable.</summary>
    public static readonly ProblemType KeyMissing = new(
        "lectern",
        "idempotency-key-missing",
        400,
        "This request needs an Idempotency-Key.",
        "Send the header Idempotency-Key with a value of your own, a UUID say, and the same one when you try again."
    );

    /// <summary>422: the key was used with another body.</summary>
    public static readonly ProblemType KeyReused = new(
        "lectern",
        "idempotency-key-reused",
        422,
        "The Idempotency-Key was used for another request.",
        "Use a new key for a new request; repeat the same body only to try again."
    );

    /// <summary>409: a request with this key is still being worked on.</summary>
    public static readonly ProblemType InFlight = new(
        "lectern",
        "request-in-flight",
        409,
        "The same request is being worked on.",
        "Try again with the same Idempotency-Key in a moment: you will get its answer."
    );

    /// <summary>Every problem of this kind.</summary>
    public static IReadOnlyList<ProblemType> Problems { get; } = [KeyMissing, KeyReused, InFlight];

    /// <summary>The key that the client sent: 1 to 255 visible ASCII characters.</summary>
    public static (string Key, Problem? Refusal) ReadKey(HttpContext http)
    {
        var values = http.Request.Headers[Header];
        return
            values.Count == 1
            && values[0] is { Length: > 0 and <= MaxKeyLength } key
            && key.All(c => c is > ' ' and <= '~')
            ? (key, null)
            : (
                "",
                KeyMissing.With(
                    $"The header {Header} must be there once, with 1 to {MaxKeyLength} visible ASCII characters.",
                    new FieldError(Header, "is missing or not usable")
                )
            );
    }

    /// <summary>Saves a unit of work with its answer, or gives the answer that the same request got before.</summary>
    /// <param name="session">The unit of work.</param>
    /// <param name="answer">What this request would be answered with.</param>
    /// <param name="store">Opens the session that looks up an earlier answer.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<IResult> SaveAsync(
        Session session,
        IdempotentAnswer answer,
        EventStore store,
        CancellationToken cancel
    )
    {
        session.Remember(answer);
        try
        {
            await session.SaveChangesAsync(cancel);
            return new StoredAnswer(answer);
        }
        catch (DuplicateRequestException)
        {
            return await ReplayAsync(store, session.Context, answer, cancel) ?? new ProblemResult(Twin());
        }
        catch (RequestInFlightException)
        {
            return new ProblemResult(Twin());
        }
    }

    /// <summary>The earlier answer to this key on this route; 422 if it was for another body; null if there is none.</summary>
    public static async Task<IResult?> ReplayAsync(
        EventStore store,
        SessionContext context,
        IdempotentAnswer request,
        CancellationToken cancel
    )
    {
        await using var reading = store.OpenSession(context);
        var earlier = await reading.FindAnswerAsync(request.Route, request.Key, cancel);
        return earlier is null ? null
            : CryptographicOperations.FixedTimeEquals(earlier.Fingerprint, request.Fingerprint)
                ? new StoredAnswer(earlier)
            : new ProblemResult(KeyReused.With($"The key {request.Key} came with another body before."));
    }

    private static Problem Twin() =>
        InFlight.With("A request with this key has not finished yet.") with
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };

    private sealed class StoredAnswer(IdempotentAnswer answer) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = answer.Status;
            if (answer.Location is not null)
                response.Headers.Location = answer.Location;
            response.ContentType = "application/json; charset=utf-8";
            response.ContentLength = answer.Body.Length;
            await response.Body.WriteAsync(answer.Body, httpContext.RequestAborted);
        }
    }
}
