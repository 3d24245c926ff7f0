using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Library.Projects;

/// <summary>Erases a workspace's projects.</summary>
internal sealed class ProjectsErasure(EventStore store) : IErasePart
{
    public async Task<bool> EraseWorkspaceAsync(Guid workspace, CancellationToken stop)
    {
        await using var session = store.OpenSystemSession(workspace);
        session.Execute("delete from library.projects where workspace_id = $1", workspace);
        await session.SaveChangesAsync(stop);
        return true;
    }
}

/// <summary>What Library adds to an export.</summary>
internal sealed class ProjectsExport(EventStore store) : IExportPart
{
    public string Name => "projects";

    public string About => "the projects of your personal workspace.";

    public async Task WriteAsync(DataSubject subject, ExportFolder folder, CancellationToken cancel)
    {
        await using var session = store.OpenSession(subject);
        var projects = await session.QueryAsync(
            $"select {ProjectView.Columns} from library.projects where workspace_id = $1 order by created_at, id",
            ProjectView.Read,
            cancel,
            subject.Workspace
        );
        await folder.WriteJsonAsync("projects.json", projects.Select(row => row.Item).ToList(), cancel);
    }
}
