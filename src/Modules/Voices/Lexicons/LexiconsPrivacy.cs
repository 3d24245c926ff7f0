using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Voices.Lexicons;

/// <summary>Erases a workspace's lexicons with all of their versions.</summary>
internal sealed class LexiconsErasure(EventStore store) : IErasePart
{
    public async Task<bool> EraseWorkspaceAsync(Guid workspace, CancellationToken stop)
    {
        await using var session = store.OpenSystemSession(workspace);
        session.Execute("delete from voices.lexicons where workspace_id = $1", workspace);
        await session.SaveChangesAsync(stop);
        return true;
    }
}

/// <summary>What lexicons add to an export: each of the personal workspace with its entries.</summary>
internal sealed class LexiconsExport(EventStore store) : IExportPart
{
    public string Name => "lexicons";

    public string About => "the lexicons of your personal workspace: how words are to be said.";

    public async Task WriteAsync(DataSubject subject, ExportFolder folder, CancellationToken cancel)
    {
        await using var session = store.OpenSession(subject);
        var lexicons = await session.QueryAsync(
            $"select {LexiconSummary.Columns} from voices.lexicons where workspace_id = $1 order by created_at, id",
            row => (Id: row.GetGuid(0), Lexicon: LexiconSummary.Read(row)),
            cancel,
            subject.Workspace
        );
        foreach (var (id, lexicon) in lexicons)
        {
            var entries = await LexiconSummary.EntriesAsync(session, id, lexicon.Version, cancel);
            await folder.WriteJsonAsync($"{lexicon.Id}.json", new LexiconView(lexicon, entries), cancel);
        }
    }
}
