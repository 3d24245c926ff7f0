namespace Lectern.SharedKernel.Privacy;

/// <summary>
/// How a module erases personal data. A durable message asks every module, again after a crash and again until it says
/// that it is done; so each call does what is still to be done, in small units of work of its own, and doing it twice
/// does no harm. Events stay: they hold ids, codes and counts only.
/// </summary>
public interface IErasePart
{
    /// <summary>Erases what a deleted workspace holds: rows, files, and what is being made of them.</summary>
    /// <returns>False while something has to come to rest first, such as a job that is stopping: it is asked again soon.</returns>
    Task<bool> EraseWorkspaceAsync(Guid workspace, CancellationToken stop);

    /// <summary>Erases what is kept about a person outside of their own workspace.</summary>
    /// <returns>False while something has to come to rest first: it is asked again soon.</returns>
    Task<bool> ErasePersonAsync(Guid person, CancellationToken stop) => Task.FromResult(true);
}
