using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Billing.Corrections;

/// <summary>
/// Erases what administrators wrote about a deleted workspace. The money stays in the books: it is ids, codes and amounts.
/// </summary>
internal sealed class NotesErasure(EventStore store) : IErasePart
{
    public async Task<bool> EraseWorkspaceAsync(Guid workspace, CancellationToken stop)
    {
        await using var session = store.OpenSystemSession(workspace);
        session.Execute("delete from billing.notes where workspace_id = $1", workspace);
        await session.SaveChangesAsync(stop);
        return true;
    }
}
