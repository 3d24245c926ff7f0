using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;

namespace Lectern.Activity.Live;

/// <summary>
/// Tells a connection everything behind a place in the log: what was there before from the database, what comes from the
/// log's tail. So nothing is missed and nothing comes twice.
/// </summary>
internal sealed partial class LiveFollowing(
    EventStore store,
    LogTail tail,
    LiveConnections connections,
    LiveProgress progress,
    ILogger<LiveFollowing> log
)
{
    /// <summary>Events that may wait to be told a client: with a hundred a second, for ten seconds.</summary>
    private const int Waiting = 1000;

    private const int PageSize = 1000;

    /// <summary>Messages that are written before something else may be: progress, a sign of life.</summary>
    private const int PerTurn = 100;

    /// <summary>Follows until something ends it, and says to the client what.</summary>
    /// <param name="connection">To whom.</param>
    /// <param name="after">The place; null for what comes from now on.</param>
    public async Task FollowAsync(LiveConnection connection, LivePlace? after)
    {
        connections.Add(connection);
        try
        {
            try
            {
                await connection.BeginAsync();
                await TellAsync(connection, after);
            }
            catch (OperationCanceledException)
            {
                connection.Close(LiveEnd.HostStopping); // unless it was closed for another reason
            }
            catch (TooSlowException)
            {
                connection.Close(LiveEnd.TooSlow);
            }
            catch (Exception e) when (!LiveConnection.IsGone(e))
            {
                LogBroken(log, e);
                connection.Close(LiveEnd.Broken);
            }

            await connection.SayWhyAsync();
        }
        catch (Exception e) when (LiveConnection.IsGone(e))
        {
            connection.Close(LiveEnd.ClientLeft);
        }
        finally
        {
            progress.Remove(connection);
            await connection.LeaveAsync();
            connections.Remove(connection);
        }
    }

    /// <summary>
    /// Whether a job is over, and everything about it was told up to a place. In this order: should the job go on between
    /// the two looks, that stands behind the place.
    /// </summary>
    public static async Task<bool> HasEndedAsync(
        Session session,
        LiveScope scope,
        long place,
        CancellationToken cancel
    ) =>
        scope.Job is { } job
        && await JobReader.HasEndedAsync(session, job, cancel)
        && await session.ReadLogAsync(job, scope.Types, place, long.MaxValue, 1, cancel) is [];

    private async Task TellAsync(LiveConnection connection, LivePlace? after)
    {
        var (scope, closing) = (connection.Scope, connection.Closing);
        using var listener = await CatchUpAsync(connection, after);
        var told = listener.From;
        var mayHaveEnded = scope.Job is { } job && await IsOverAsync(connection, job);
        if (scope.WithProgress)
            progress.Add(connection);
        while (!(mayHaveEnded && await HasEndedAsync(connection, told)))
        {
            if (!await listener.Events.WaitToReadAsync(closing))
            {
                connection.Close(LiveEnd.HostStopping);
                return;
            }

            var events = new List<StoredEvent>();
            while (events.Count < PerTurn && listener.Events.TryRead(out var stored))
            {
                events.Add(stored);
                if (scope.MakesProgress(stored))
                    progress.Notice(scope.Workspace, stored.Stream, stored.Data is JobStarted);
                // An ended job may still be moved; it goes on only when it is reopened.
                mayHaveEnded = Ends(stored) || mayHaveEnded && stored.Data is not JobReopened;
            }

            await TellAsync(connection, events);
            told = events[^1].Seq;
        }

        connection.Close(LiveEnd.JobEnded);
    }

    /// <summary>
    /// Tells what was there before, and gives the listener that is told from there on. While more than a page is missing,
    /// nothing is kept for it: it would have to hold all that comes while the client reads all that was.
    /// </summary>
    private async Task<TailListener> CatchUpAsync(LiveConnection connection, LivePlace? after)
    {
        var listener = await JoinAsync(connection);
        try
        {
            for (var place = after?.Seq; place is { } from; )
            {
                var page = await ReadAsync(connection, from, listener.From);
                var isFarBehind = page.Count == PageSize;
                if (isFarBehind)
                    listener.Dispose();
                await TellAsync(connection, page);
                if (!isFarBehind)
                    break;
                place = await TellUpToAsync(connection, page[^1].Seq, listener.From);
                listener = await JoinAsync(connection);
            }

            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private async Task<long> TellUpToAsync(LiveConnection connection, long after, long upTo)
    {
        List<StoredEvent> page;
        do
        {
            page = await ReadAsync(connection, after, upTo);
            await TellAsync(connection, page);
            after = page is [.., var last] ? last.Seq : after;
        } while (page.Count == PageSize);
        return upTo;
    }

    private Task<TailListener> JoinAsync(LiveConnection connection) =>
        tail.JoinAsync(
            connection.Scope.Workspace,
            connection.Scope.Job,
            connection.Scope.Hears,
            Waiting,
            connection.Closing
        );

    private async Task<List<StoredEvent>> ReadAsync(LiveConnection connection, long after, long upTo)
    {
        var scope = connection.Scope;
        await using var session = store.OpenSession(connection.Caller);
        return await session.ReadLogAsync(scope.Job, scope.Types, after, upTo, PageSize, connection.Closing);
    }

    private async Task TellAsync(LiveConnection connection, List<StoredEvent> events)
    {
        var (scope, closing) = (connection.Scope, connection.Closing);
        if (scope.Project is { } project && events.Count > 0)
        {
            await using var session = store.OpenSession(connection.Caller);
            await project.LookUpAsync(session, events, closing);
        }

        foreach (var turn in events.Where(scope.Tells).Select(LiveMessage.Of).Chunk(PerTurn))
        {
            await connection.WriteAsync(turn);
            closing.ThrowIfCancellationRequested();
        }
    }

    private async Task<bool> HasEndedAsync(LiveConnection connection, long told)
    {
        await using var session = store.OpenSession(connection.Caller);
        return await HasEndedAsync(session, connection.Scope, told, connection.Closing);
    }

    private async Task<bool> IsOverAsync(LiveConnection connection, Guid job)
    {
        await using var session = store.OpenSession(connection.Caller);
        return await JobReader.HasEndedAsync(session, job, connection.Closing);
    }

    private static bool Ends(StoredEvent stored) =>
        stored.Data is JobCompleted or JobFailed or JobCancelled or JobDeleted;

    [LoggerMessage(LogLevel.Error, "A live connection broke.")]
    private static partial void LogBroken(ILogger log, Exception error);
}
