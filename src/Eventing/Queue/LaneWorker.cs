using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Lectern.Eventing;

/// <summary>Claims one lane's messages and runs their handlers, so many at once.</summary>
internal sealed partial class LaneWorker(
    string lane,
    int parallelism,
    EventStore store,
    MessageQueue queue,
    HostPresence host,
    IServiceProvider services,
    ILogger log
)
{
    private static readonly ActivitySource Activities = new("Lectern.Eventing");
    private static readonly Meter Meter = new("Lectern.Eventing");
    private static readonly Histogram<double> Handling = Meter.CreateHistogram<double>(
        "lectern.messages.handling",
        "s",
        "How long the handling of a message took, by type and outcome.",
        advice: new()
        {
            HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
        }
    );

    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromMinutes(5);

    private const int MaxRaces = 10;
    private const int MoreTriesToGiveUp = 3;

    private readonly SemaphoreSlim _slots = new(parallelism, parallelism);

    /// <summary>Runs until <paramref name="stop"/>, then waits for what is running; <paramref name="abort"/> ends that too.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        var signal = store.Wakeups.Lane(lane);
        try
        {
            var number = await host.NumberAsync(stop);
            while (true)
            {
                await _slots.WaitAsync(stop);
                var free = 1;
                while (free < parallelism && _slots.Wait(0, CancellationToken.None))
                    free++;
                var claimed = await TryClaimAsync(number, free);
                if (claimed.Count < free)
                    _slots.Release(free - claimed.Count);
                foreach (var message in claimed)
                    _ = Task.Run(() => HandleAsync(message, stop, abort), CancellationToken.None);
                if (claimed.Count == 0)
                    await signal.WaitAsync(PollEvery, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            for (var i = 0; i < parallelism; i++) // all slots free: nothing runs any more
                await _slots.WaitAsync(CancellationToken.None);
        }
    }

    /// <summary>Not to be cancelled: a claim that is cut off would leave leases that nobody knows of.</summary>
    private async Task<List<ClaimedMessage>> TryClaimAsync(int number, int free)
    {
        try
        {
            return await queue.ClaimAsync(lane, number, free, CancellationToken.None);
        }
        catch (Exception e)
        {
            LogClaimFailed(log, lane, e.Message); // the database is away; the next poll tries again
            return [];
        }
    }

    private async Task HandleAsync(ClaimedMessage message, CancellationToken stop, CancellationToken abort)
    {
        var leaseEnds = host.Hold(message, abort);
        using var activity = Activities.StartActivity(message.Type, ActivityKind.Consumer, message.Traceparent);
        using var scope = log.BeginScope(
            new Dictionary<string, object>
            {
                ["CorrelationId"] = message.Correlation.ToString("n"), // as a request logs it: its trace id
                ["message"] = message.Id,
                ["messageType"] = message.Type,
                ["workspace"] = message.Workspace,
            }
        );
        var started = Stopwatch.GetTimestamp();
        var outcome = "handled";
        try
        {
            if (stop.IsCancellationRequested)
                await GiveBackAsync(message); // claimed, but not begun when the host was told to stop
            else
                await HandleOnceAsync(message, leaseEnds);
        }
        catch (LeaseLostException)
        {
            outcome = "lease-lost";
            LogLeaseLost(log, message.Type, message.Id); // another worker has it; nothing of ours was written
        }
        catch (Exception) when (leaseEnds.IsCancellationRequested)
        {
            outcome = "given-back";
            await GiveBackAsync(message); // the host stops, or the lease is lost already
        }
        catch (Exception e)
        {
            outcome = "failed";
            await FailAsync(message, e, leaseEnds);
        }
        finally
        {
            activity?.SetTag("lane", lane).SetTag("outcome", outcome);
            if (outcome == "failed")
                activity?.SetStatus(ActivityStatusCode.Error);
            Handling.Record(
                Stopwatch.GetElapsedTime(started).TotalSeconds,
                new KeyValuePair<string, object?>("type", message.Type),
                new KeyValuePair<string, object?>("outcome", outcome)
            );
            host.Release(message);
            _slots.Release();
            if (store.Model.LaneLimits.ContainsKey(lane))
                store.Wakeups.Committed([lane], appended: false); // there is room for another, here or elsewhere
        }
    }

    /// <summary>A lost race is decided again at once, a few times: it is no failure of the message.</summary>
    private async Task HandleOnceAsync(ClaimedMessage message, CancellationToken stop)
    {
        var type = TypeOf(message);
        var data = DataOf(message);
        if (message.Attempts >= type.MaxAttempts) // it takes its host down with it, or giving it up failed
            throw new GiveUpException($"The tries are used up. The last one: {message.LastError}");
        for (var race = 0; ; race++)
        {
            await using var session = OpenSession(message, error: null);
            try
            {
                var context = new MessageContext(session, message.Id, message.Group, message.Attempts);
                await type.Handle(services, data, context, stop);
                if (context.PostponedFor is { } delay)
                    await queue.ReturnAsync(message, delay, failed: false, null, stop);
                else if (!session.Saved)
                    await session.SaveChangesAsync(stop);
                return;
            }
            catch (ConcurrencyException) when (race < MaxRaces)
            {
                LogRaceLost(log, message.Type, message.Id);
            }
        }
    }

    private async Task FailAsync(ClaimedMessage message, Exception error, CancellationToken stop)
    {
        var text = Describe(error);
        try
        {
            if (error is RetryLaterException { LaneIsBusy: true } busy)
            {
                await queue.ShrinkAsync(lane, stop);
                await queue.ReturnAsync(message, Jittered(busy.Delay), failed: false, text, stop);
                return;
            }

            var type = error is UnreadableException ? null : TypeOf(message);
            if (type is null || error is GiveUpException || message.Attempts + 1 >= type.MaxAttempts)
            {
                LogDead(log, error, message.Type, message.Id, message.Attempts + 1);
                await BuryAsync(message, type, error, text, stop);
                return;
            }

            var delay = error is RetryLaterException later ? later.Delay : Backoff(message.Attempts);
            await ReturnFailedAsync(message, error, text, delay);
        }
        catch (LeaseLostException)
        {
            LogLeaseLost(log, message.Type, message.Id);
        }
        catch (Exception e)
        {
            await ReturnFailedAsync(message, e, $"{text}; then {Describe(e)}", Backoff(message.Attempts));
        }
    }

    private async Task BuryAsync(
        ClaimedMessage message,
        MessageType? type,
        Exception error,
        string text,
        CancellationToken stop
    )
    {
        for (var race = 0; ; race++)
        {
            await using var session = OpenSession(message, text);
            try
            {
                if (type is not null && message.Attempts < type.MaxAttempts + MoreTriesToGiveUp)
                {
                    var context = new MessageContext(session, message.Id, message.Group, message.Attempts);
                    await type.GiveUp(services, DataOf(message), context, error, stop);
                }

                if (!session.Saved)
                    await session.SaveChangesAsync(stop);
                return;
            }
            catch (ConcurrencyException) when (race < MaxRaces)
            {
                LogRaceLost(log, message.Type, message.Id);
            }
        }
    }

    private Task ReturnFailedAsync(ClaimedMessage message, Exception error, string text, TimeSpan delay)
    {
        LogFailed(log, error, message.Type, message.Id, message.Attempts + 1, delay);
        return ReturnAsync(message, Jittered(delay), text);
    }

    private Task GiveBackAsync(ClaimedMessage message) => ReturnAsync(message, TimeSpan.Zero, error: null);

    private async Task ReturnAsync(ClaimedMessage message, TimeSpan delay, string? error)
    {
        try
        {
            await queue.ReturnAsync(message, delay, failed: error is not null, error, CancellationToken.None);
        }
        catch (Exception e)
        {
            LogClaimFailed(log, lane, e.Message); // the lease runs out by itself, and the message comes again
        }
    }

    private Session OpenSession(ClaimedMessage message, string? error) =>
        store.OpenWorkerSession(
            new SessionContext(message.Workspace, message.Actor, message.Correlation, message.Id, message.Credential),
            new MessageLease(message.Id, message.Generation, error)
        );

    private MessageType TypeOf(ClaimedMessage message) =>
        store.Model.Messages.TryGetValue(message.Type, out var type)
            ? type
            : throw new UnreadableException(new UnknownTypeException(message.Type));

    private object DataOf(ClaimedMessage message)
    {
        try
        {
            return store.Model.MessageTypes.Read(message.Type, message.Data);
        }
        catch (Exception e)
        {
            throw new UnreadableException(e);
        }
    }

    private static TimeSpan Backoff(int attempts) =>
        TimeSpan.FromSeconds(Math.Min(Math.Pow(2, attempts), MaxBackoff.TotalSeconds));

    /// <summary>Jitter only lengthens: a provider's Retry-After is a promise.</summary>
    private static TimeSpan Jittered(TimeSpan delay) => delay * (1 + Random.Shared.NextDouble() / 4);

    private static string Describe(Exception error) =>
        error.InnerException is null
            ? $"{error.GetType().Name}: {error.Message}"
            : $"{error.GetType().Name}: {error.Message} ({error.InnerException.GetType().Name}: {error.InnerException.Message})";

    [LoggerMessage(LogLevel.Warning, "Could not reach the queue for lane {Lane}: {Reason}")]
    private static partial void LogClaimFailed(ILogger log, string lane, string reason);

    [LoggerMessage(LogLevel.Debug, "{Type} {Message} lost a race and decides again.")]
    private static partial void LogRaceLost(ILogger log, string type, Guid message);

    [LoggerMessage(LogLevel.Warning, "The lease of {Type} {Message} was lost; its result is discarded.")]
    private static partial void LogLeaseLost(ILogger log, string type, Guid message);

    [LoggerMessage(LogLevel.Warning, "{Type} {Message} failed (attempt {Attempt}); again in {Delay}.")]
    private static partial void LogFailed(
        ILogger log,
        Exception error,
        string type,
        Guid message,
        int attempt,
        TimeSpan delay
    );

    [LoggerMessage(LogLevel.Error, "{Type} {Message} is a dead letter after {Attempts} attempts.")]
    private static partial void LogDead(ILogger log, Exception error, string type, Guid message, int attempts);

    /// <summary>No try can change that this program can't read the message; a newer one might, after a replay.</summary>
    private sealed class UnreadableException(Exception inner) : Exception("The message can't be read.", inner);
}
