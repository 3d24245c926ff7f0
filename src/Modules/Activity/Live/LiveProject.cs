using Lectern.Activity.Catalogue;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;

namespace Lectern.Activity.Live;

/// <summary>
/// Which jobs are in a project, for one connection, as the log says it: what happens to a job is told while it is in the
/// project. Only of jobs to which something happens it is known, and of the first of it looked up.
/// </summary>
internal sealed class LiveProject(Guid project)
{
    private const int MostKnown = 10_000;

    // They are told of projects, so they are among what is read and heard for one.
    private static readonly Type[] Places = [typeof(JobSubmitted), typeof(JobMoved)];

    private readonly Dictionary<Guid, bool> _jobs = [];

    /// <summary>Looks up where the jobs of some events were before the first of them, as far as that isn't known.</summary>
    public async Task LookUpAsync(Session session, IReadOnlyList<StoredEvent> events, CancellationToken cancel)
    {
        if (_jobs.Count > MostKnown)
            _jobs.Clear();
        // Those that begin here were nowhere before.
        foreach (var stored in events)
            if (stored.Data is JobSubmitted)
                _jobs.TryAdd(stored.Stream, false);
        var unknown = events
            .Where(stored => IsOfJob(stored) && !_jobs.ContainsKey(stored.Stream))
            .Select(stored => stored.Stream)
            .Distinct()
            .ToArray();
        if (unknown.Length == 0)
            return;
        foreach (var stored in await session.ReadLastAsync(unknown, Places, events[0].Seq - 1, cancel))
            Note(stored);
        foreach (var job in unknown)
            _jobs.TryAdd(job, false);
    }

    /// <summary>Whether an event happened to the project or a job in it; to be asked about each, in their order.</summary>
    public bool Has(StoredEvent stored)
    {
        var wasIn = _jobs.GetValueOrDefault(stored.Stream);
        Note(stored);
        return wasIn || _jobs.GetValueOrDefault(stored.Stream) || stored.Stream == project;
    }

    private void Note(StoredEvent stored)
    {
        if (stored.Data is JobSubmitted submitted)
            _jobs[stored.Stream] = submitted.Project == project;
        else if (stored.Data is JobMoved moved)
            _jobs[stored.Stream] = moved.Project == project;
    }

    private static bool IsOfJob(StoredEvent stored) =>
        PublicEvents.TypeOf(stored) is { } type && type.Name.StartsWith("job.", StringComparison.Ordinal);
}
