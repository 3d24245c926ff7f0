using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;

namespace Lectern.Activity.Live;

/// <summary>
/// Tells a connection everything behind a place in the log: what was there before from the database, what comes from the
/// log's tail, which is joined first. So nothing is missed and nothing comes twice.
/// </summary>
internal sealed partial class LiveFollowing(
    EventStore store,
    LogTail tail,
    LiveConnections connections,
    LiveProgress progress,
    ILogger<LiveFollowing> log
)
{
    /// <summary>Events that may wait for a client: with a hundred a second, for ten seconds.</summary>
    private const int Waiting = 1000;

    private const int PageSize = 200;

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
                connection.Close(LiveEnd.HostStopping); // unless it was closed for another reason, or the client is gone
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

    private async Task TellAsync(LiveConnection connection, LivePlace? after)
    {
        var (scope, closing) = (connection.Scope, connection.Closing);
        using var listener = await tail.JoinAsync(scope.Workspace, scope.Job, Waiting, closing);
        if (scope.Project is { } project)
        {
            await using var session = store.OpenSession(connection.Caller);
            await project.LoadAsync(session, closing);
        }

        var version = after is { } place ? await TellPastAsync(connection, place, listener.From) : 0;
        if (scope.Job is { } job && await HasEndedAsync(connection, job, version))
            return;
        if (scope.WithProgress)
            progress.Add(connection);
        while (await listener.Events.WaitToReadAsync(closing))
        {
            var mayHaveEnded = false;
            await connection.WriteAsync(() =>
            {
                while (listener.Events.TryRead(out var stored))
                {
                    version = stored.Version!.Value;
                    mayHaveEnded |= Ends(stored);
                    if (
                        scope is { WithProgress: true, Job: null }
                        && stored.Data is JobSubmitted or JobReopened or JobStarted
                    )
                        progress.Notice(scope.Workspace, stored.Stream);
                    if (scope.Tells(stored))
                        return LiveMessage.Of(stored);
                }

                return null;
            });
            closing.ThrowIfCancellationRequested();
            if (mayHaveEnded && scope.Job is { } followed && await HasEndedAsync(connection, followed, version))
                return;
        }

        connection.Close(LiveEnd.HostStopping);
    }

    /// <summary>What was there before; gives the version of the last event, which matters where it is one job.</summary>
    private async Task<int> TellPastAsync(LiveConnection connection, LivePlace place, long upTo)
    {
        var scope = connection.Scope;
        var (after, version) = place;
        while (true)
        {
            await using var session = store.OpenSession(connection.Caller);
            var page = await session.ReadLogAsync(scope.Job, after, upTo, PageSize, connection.Closing);
            using var told = page.Where(scope.Tells).GetEnumerator();
            await connection.WriteAsync(() => told.MoveNext() ? LiveMessage.Of(told.Current) : null);
            if (page.Count > 0)
                (after, version) = (page[^1].Seq, page[^1].Version!.Value);
            if (page.Count < PageSize)
                return version;
        }
    }

    private async Task<bool> HasEndedAsync(LiveConnection connection, Guid job, int version)
    {
        await using var session = store.OpenSession(connection.Caller);
        if (!await JobReader.HasEndedAtAsync(session, job, version, connection.Closing))
            return false;
        connection.Close(LiveEnd.JobEnded);
        return true;
    }

    private static bool Ends(StoredEvent stored) =>
        stored.Data is JobCompleted or JobFailed or JobCancelled or JobDeleted;

    [LoggerMessage(LogLevel.Error, "A live connection broke.")]
    private static partial void LogBroken(ILogger log, Exception error);
}
