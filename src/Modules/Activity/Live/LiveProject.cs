using Lectern.Eventing;
using Lectern.Jobs.Contracts;

namespace Lectern.Activity.Live;

/// <summary>
/// Which jobs are in a project, for one connection: those that are in it when it begins, and from then on what the events
/// say. A job that comes in is told from then on, one that goes is told up to that.
/// </summary>
internal sealed class LiveProject(Guid project)
{
    private readonly HashSet<Guid> _jobs = [];

    /// <summary>To be called when events are being kept for the connection, so that none is between.</summary>
    public async Task LoadAsync(Session session, CancellationToken cancel) =>
        _jobs.UnionWith(await JobReader.InProjectAsync(session, project, cancel));

    /// <summary>Whether an event happened to the project or a job in it; to be asked about each, in their order.</summary>
    public bool Has(StoredEvent stored)
    {
        var wasIn = _jobs.Contains(stored.Stream);
        switch (stored.Data)
        {
            case JobSubmitted submitted when submitted.Project == project:
            case JobMoved moved when moved.Project == project:
                _jobs.Add(stored.Stream);
                return true;
            case JobMoved:
                _jobs.Remove(stored.Stream);
                break;
        }

        return wasIn || stored.Stream == project;
    }
}
