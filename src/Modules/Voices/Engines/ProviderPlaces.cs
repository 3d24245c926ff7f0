using System.Text.Json;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;
using NpgsqlTypes;

namespace Lectern.Voices.Engines;

/// <summary>
/// Lets only so many calls at a time through to an account at a provider, in the whole cluster: fewer when it says "too
/// many", again more when it answers; none while it wants to be left alone, is broken, or refuses the key.
/// </summary>
internal sealed partial class ProviderPlaces(EventStore store, TimeProvider time, ILogger<ProviderPlaces> log)
{
    /// <summary>How long a call waits for a place here, before it goes back into the queue.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>A provider that has said nothing but "too many" for so long is not waited for any longer.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromHours(1);

    /// <summary>Takes a place for a call.</summary>
    /// <param name="engine">Whose <see cref="EngineLimits.Concurrency"/> bounds the places.</param>
    /// <param name="account">On whose account.</param>
    /// <param name="call">The call's id.</param>
    /// <param name="life">After so long the call can't be at work any more, whatever became of its host.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ProviderException">There is no place now; nothing was asked.</exception>
    /// <returns>Whether it has been saying nothing but "too many" or "busy" for longer than anyone would wait.</returns>
    public async Task<bool> TakeAsync(
        IEngine engine,
        ProviderAccount account,
        Guid call,
        TimeSpan life,
        CancellationToken cancel
    )
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var (verdict, wait, since) = await AskAsync(engine, account, call, life, cancel);
            if (verdict == "taken")
                return since > Limit;
            var waited = time.GetElapsedTime(begun);
            if (verdict is not ("full" or "paused") || waited + wait > Patience)
                throw Refusal(engine.Name, verdict, wait, since);
            await Task.Delay(wait, time, cancel);
        }
    }

    /// <summary>Gives the place back, and remembers how the call went.</summary>
    public async Task LeaveAsync(Guid call, PlaceOutcome outcome, TimeSpan? retryAfter)
    {
        try
        {
            await using var session = OpenSession();
            await session.QueryAsync(
                "select voices.leave_place($1, $2, $3)",
                _ => true,
                CancellationToken.None, // also when the host stops: others wait for the place
                call,
                JsonNamingPolicy.SnakeCaseLower.ConvertName($"{outcome}"),
                new Typed(retryAfter, NpgsqlDbType.Interval)
            );
        }
        catch (Exception e)
        {
            LogNotLeft(log, e, call); // it runs out by itself, and must not hide what the call came to
        }
    }

    private async Task<(string Verdict, TimeSpan Wait, TimeSpan LimitedFor)> AskAsync(
        IEngine engine,
        ProviderAccount account,
        Guid call,
        TimeSpan life,
        CancellationToken cancel
    )
    {
        await using var session = OpenSession();
        return (
            await session.QueryAsync(
                """
                select verdict, coalesce(wait, interval '0'), coalesce(now() - since, interval '0')
                from voices.take_place($1, $2, $3, $4, $5)
                """,
                row => (row.GetString(0), row.GetTimeSpan(1), row.GetTimeSpan(2)),
                cancel,
                account.Id,
                engine.Name,
                call,
                engine.Limits.Concurrency,
                life
            )
        ).Single();
    }

    private static ProviderException Refusal(string provider, string verdict, TimeSpan wait, TimeSpan limitedFor) =>
        verdict switch
        {
            "key_refused" => new ProviderException(provider, ProviderFailure.KeyRefused, "It has refused the key."),
            "quota_exhausted" => new ProviderException(
                provider,
                ProviderFailure.QuotaExhausted,
                "The account's volume is used up."
            ),
            "open" => new ProviderException(
                provider,
                ProviderFailure.Outage,
                "It has failed several times in a row and is left alone for a while.",
                wait
            ),
            _ when limitedFor > Limit => new ProviderException(
                provider,
                ProviderFailure.Busy,
                $"It has taken no request for {limitedFor.TotalMinutes:0} minutes.",
                wait
            )
            {
                IsLasting = true,
            },
            _ => new ProviderException(
                provider,
                ProviderFailure.RateLimited,
                "It has as many requests at a time as it takes.",
                wait
            ),
        };

    private Session OpenSession() => store.OpenSystemSession();

    [LoggerMessage(LogLevel.Warning, "The place of call {Call} can't be given back; it runs out by itself.")]
    private static partial void LogNotLeft(ILogger log, Exception error, Guid call);
}

/// <summary>What a call has shown of the account that it was made on.</summary>
internal enum PlaceOutcome
{
    /// <summary>Nothing: it was broken off by us.</summary>
    Unknown,

    /// <summary>It is there: it did what it was asked, or refused this one request.</summary>
    Answered,

    /// <summary>It has too many requests.</summary>
    Limited,

    /// <summary>It has no capacity, however many requests it gets from us.</summary>
    Busy,

    /// <summary>It is away or broken.</summary>
    Failed,

    /// <summary>It refuses the key.</summary>
    KeyRefused,

    /// <summary>The account is used up.</summary>
    QuotaExhausted,
}

internal static class PlaceOutcomes
{
    public static PlaceOutcome Of(ProviderException failed) =>
        failed.Failure switch
        {
            _ when failed.ConcernsThisRequestOnly => PlaceOutcome.Answered,
            ProviderFailure.RateLimited => PlaceOutcome.Limited,
            ProviderFailure.Busy => PlaceOutcome.Busy,
            ProviderFailure.KeyRefused => PlaceOutcome.KeyRefused,
            ProviderFailure.QuotaExhausted => PlaceOutcome.QuotaExhausted,
            ProviderFailure.Outage or ProviderFailure.UnknownOutcome => PlaceOutcome.Failed,
            _ => PlaceOutcome.Answered,
        };
}
