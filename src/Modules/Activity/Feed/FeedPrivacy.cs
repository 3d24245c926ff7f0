using System.Runtime.CompilerServices;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Activity.Feed;

/// <summary>
/// Erases what people read and cleared. The feed itself is made of events, which hold ids, codes
/// and counts only, and stays as they do; its words ask for names when they are read, and find none any more.
/// </summary>
internal sealed class FeedErasure(EventStore store) : IErasePart
{
    public Task<bool> EraseWorkspaceAsync(Guid workspace, CancellationToken stop) =>
        DeleteAsync("workspace_id", workspace, stop);

    public Task<bool> ErasePersonAsync(Guid person, CancellationToken stop) => DeleteAsync("person_id", person, stop);

    private async Task<bool> DeleteAsync(string column, Guid id, CancellationToken stop)
    {
        await using var session = store.OpenSystemSession();
        foreach (var table in (string[])["reading", "read_entries"])
            session.Execute($"delete from activity.{table} where {column} = $1", id);
        await session.SaveChangesAsync(stop);
        return true;
    }
}

/// <summary>Up to where a person has read and cleared a workspace's feed.</summary>
/// <param name="Workspace">The workspace.</param>
/// <param name="ReadUpTo">The place in the log up to which all is read.</param>
/// <param name="ClearedUpTo">The place in the log up to which all is hidden.</param>
/// <param name="ReadSingly">How many entries behind that were read singly.</param>
internal sealed record ExportedMarks(string Workspace, long ReadUpTo, long ClearedUpTo, long ReadSingly);

/// <summary>What Activity adds to an export: the feed of the personal workspace in words, and the person's marks.</summary>
internal sealed class FeedExport(EventStore store, NameReader names) : IExportPart
{
    private const int PageSize = 200;

    public string Name => "activity";

    public string About => "what happened in your personal workspace, and what you read and cleared of the feeds.";

    public async Task WriteAsync(DataSubject subject, ExportFolder folder, CancellationToken cancel)
    {
        var caller = new Caller(subject.Person, subject.Workspace, SharedKernel.Access.Role.Viewer);
        await using var session = store.OpenSession(caller);
        await folder.WriteLinesAsync("feed.jsonl", EntriesAsync(session, caller, cancel), cancel);

        // Marks are in every workspace that the person ever read in.
        await using var everywhere = store.OpenWorkerSession(caller);
        var marks = await everywhere.QueryAsync(
            """
            select workspace_id, read_seq, cleared_seq, (
                select count(*) from activity.read_entries e
                where e.workspace_id = r.workspace_id and e.person_id = r.person_id)
            from activity.reading r where person_id = $1 order by workspace_id
            """,
            row => new ExportedMarks(
                AccountIds.Workspace(row.GetGuid(0)),
                row.GetInt64(1),
                row.GetInt64(2),
                row.GetInt64(3)
            ),
            cancel,
            subject.Person
        );
        await folder.WriteJsonAsync("marks.json", marks, cancel);
    }

    private async IAsyncEnumerable<ActivityView> EntriesAsync(
        Session session,
        Caller caller,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var query = new FeedQuery(caller.Workspace);
        var everything = await FeedState.OfAsync(session, caller, cancel) with { Cleared = 0 };
        var before = long.MaxValue;
        while (true)
        {
            var page = await query.PageAsync(session, caller, everything, before, PageSize, cancel);
            var found = await names.ReadAsync(session, page.SelectMany(entry => entry.Named), cancel);
            foreach (var entry in page)
                yield return entry.Show(found, tellsKeys: true);
            if (page.Count < PageSize)
                yield break;
            before = page[^1].Seq;
        }
    }
}
