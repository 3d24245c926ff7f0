using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;

namespace Lectern.Activity.Live;

/// <summary>
/// Tells how far jobs are: twice a second it reads all those that somebody follows, whoever and however many they are, in
/// one query, and tells what has changed.
/// </summary>
internal sealed class LiveProgress(EventStore store, TimeProvider time, ILogger<LiveProgress> log)
    : PeriodicWork(Every, time, log)
{
    /// <summary>Jobs of a workspace that are looked at: all that run, and of those that wait the first of the queue.</summary>
    private const int MostOfWorkspace = 100;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(0.5);

    private readonly Lock _changing = new();
    private readonly HashSet<LiveConnection> _connections = [];
    private readonly Dictionary<Guid, HashSet<Guid>> _underway = []; // by workspaces that are followed as a whole
    private Dictionary<Guid, (JobNow Now, LiveMessage Message)> _last = [];

    /// <summary>Tells a connection from now on.</summary>
    public void Add(LiveConnection connection)
    {
        lock (_changing)
            _connections.Add(connection);
    }

    /// <summary>No more.</summary>
    public void Remove(LiveConnection connection)
    {
        lock (_changing)
        {
            _connections.Remove(connection);
            var workspace = connection.Scope.Workspace;
            if (!_connections.Any(other => IsOf(other, workspace)))
                _underway.Remove(workspace);
        }
    }

    /// <summary>Something happened to a job, so it may be underway. One that runs takes the place of one that waits.</summary>
    public void Notice(Guid workspace, Guid job, bool runs)
    {
        lock (_changing)
        {
            if (!_underway.TryGetValue(workspace, out var jobs) || jobs.Contains(job))
                return;
            if (jobs.Count < MostOfWorkspace || runs)
                jobs.Add(job);
            if (jobs.Count > MostOfWorkspace)
                jobs.Remove(jobs.FirstOrDefault(other => other != job && IsWaiting(other)));
        }
    }

    /// <inheritdoc/>
    protected override async Task DoAsync(CancellationToken stop)
    {
        LiveConnection[] connections;
        lock (_changing)
            connections = [.. _connections];
        if (connections.Length == 0)
        {
            _last = [];
            return;
        }

        await using var session = store.OpenSystemSession();
        await BeginWorkspacesAsync(session, connections, stop);
        Guid[] jobs;
        ILookup<Guid, Guid> byWorkspace;
        lock (_changing)
        {
            byWorkspace = _underway
                .SelectMany(u => u.Value.Select(job => (u.Key, job)))
                .ToLookup(u => u.Key, u => u.job);
            jobs =
            [
                .. connections
                    .Select(connection => connection.Scope.Job)
                    .OfType<Guid>()
                    .Concat(byWorkspace.SelectMany(of => of))
                    .Distinct(),
            ];
        }

        var now = jobs.Length == 0 ? [] : await JobReader.NowAsync(session, jobs, stop);
        var changed = new HashSet<Guid>();
        var messages = new Dictionary<Guid, (JobNow Now, LiveMessage Message)>();
        foreach (var (job, state) in now)
        {
            var isKnown = _last.TryGetValue(job, out var last) && last.Now == state;
            messages[job] = isKnown ? last : (state, LiveMessage.Of(state));
            if (!isKnown)
                changed.Add(job);
        }

        _last = messages;
        foreach (var connection in connections)
            Tell(connection, connection.Scope.Job is { } one ? [one] : byWorkspace[connection.Scope.Workspace]);
        Forget(jobs.Where(job => !messages.TryGetValue(job, out var known) || !IsUnderway(known.Now)));

        void Tell(LiveConnection connection, IEnumerable<Guid> jobs)
        {
            var all = !connection.KnowsProgress;
            var told = jobs.Where(job => messages.ContainsKey(job) && (all || changed.Contains(job)))
                .Select(job => messages[job].Message)
                .ToList();
            if (told.Count > 0)
                connection.Offer(told);
        }
    }

    /// <summary>What is underway in a workspace is looked for once; from then on its events say what comes.</summary>
    private async Task BeginWorkspacesAsync(Session session, LiveConnection[] connections, CancellationToken stop)
    {
        Guid[] unknown;
        lock (_changing)
        {
            unknown =
            [
                .. connections
                    .Where(connection => connection.Scope.Job is null)
                    .Select(connection => connection.Scope.Workspace)
                    .Distinct()
                    .Where(workspace => !_underway.ContainsKey(workspace)),
            ];
            foreach (var workspace in unknown)
                _underway[workspace] = []; // first, so that what happens during the query is noticed
        }

        var known = 0;
        try
        {
            for (; known < unknown.Length; known++)
            {
                var found = await JobReader.UnderwayAsync(session, unknown[known], MostOfWorkspace, stop);
                lock (_changing)
                    if (_underway.TryGetValue(unknown[known], out var jobs))
                        jobs.UnionWith(found);
            }
        }
        finally
        {
            // Of those that could not be read, the next round finds out.
            lock (_changing)
                foreach (var workspace in unknown.AsSpan(known))
                    _underway.Remove(workspace);
        }
    }

    private void Forget(IEnumerable<Guid> jobs)
    {
        lock (_changing)
            foreach (var job in jobs)
            foreach (var of in _underway.Values)
                of.Remove(job);
    }

    private static bool IsOf(LiveConnection connection, Guid workspace) =>
        connection.Scope.Job is null && connection.Scope.Workspace == workspace;

    private bool IsWaiting(Guid job) => _last.GetValueOrDefault(job).Now is { Status: "pending" };

    private static bool IsUnderway(JobNow now) => now.Status is "pending" or "running";
}
