using System.Runtime.CompilerServices;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.History;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Jobs.Views;

/// <summary>A finished file, as an export lists it.</summary>
/// <param name="Job">The job.</param>
/// <param name="Title">The book's title.</param>
/// <param name="File">Where in the archive it is; null when there was no room for it.</param>
/// <param name="Download">Where to get it while the account is there.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Of its bytes.</param>
internal sealed record ExportedResult(
    string Job,
    string Title,
    string? File,
    string Download,
    long Bytes,
    string Sha256
);

/// <summary>
/// What Jobs adds to an export: each job of the personal workspace as the API shows it, its text, its history, and its
/// finished file. Files are streamed, newest jobs first, as long as they fit into
/// <see cref="JobsOptions.ExportedAudioMegabytes"/>; the rest are listed with where to download them.
/// </summary>
internal sealed class JobsExport(EventStore store, IBlobStore blobs, JobsOptions options) : IExportPart
{
    private const int PageSize = 200;

    public string Name => "jobs";

    public string About => "the jobs of your personal workspace with their texts, histories and finished files.";

    public async Task WriteAsync(DataSubject subject, ExportFolder folder, CancellationToken cancel)
    {
        await using var session = store.OpenSession(subject);
        var room = options.ExportedAudioMegabytes * 1024L * 1024;
        var results = new List<ExportedResult>();
        await foreach (var (id, view) in JobsAsync(session, subject.Workspace, cancel))
        {
            var own = folder.Folder(view.Id);
            await own.WriteJsonAsync("job.json", view, cancel);
            await WriteTextAsync(session, id, own, cancel);
            await own.WriteLinesAsync("events.jsonl", EventsAsync(session, id, cancel), cancel);
            if (view.Result is not { } result)
                continue;
            var fits = result.Bytes <= room;
            if (fits && await WriteResultAsync(session, id, view, own, cancel))
                room -= result.Bytes;
            else
                fits = false;
            results.Add(
                new ExportedResult(
                    view.Id,
                    view.Title,
                    fits ? $"{view.Id}/result.{view.Format}" : null,
                    view.Links.Download,
                    result.Bytes,
                    result.Sha256
                )
            );
        }

        await folder.WriteJsonAsync("results.json", results, cancel);
    }

    private static async IAsyncEnumerable<(Guid Id, JobView View)> JobsAsync(
        Session session,
        Guid workspace,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        DateTimeOffset? before = null;
        var beforeId = Guid.Empty;
        while (true)
        {
            var page = await JobView.QueryAsync(
                session,
                """
                v.workspace_id = $1 and ($2::timestamptz is null or (v.created_at, v.id) < ($2, $3))
                order by v.created_at desc, v.id desc limit $4
                """,
                cancel,
                workspace,
                before,
                beforeId,
                PageSize
            );
            foreach (var (view, _, id) in page)
                yield return (id, view);
            if (page.Count < PageSize)
                yield break;
            (before, beforeId) = (page[^1].View.CreatedAt, page[^1].Id);
        }
    }

    private static async Task WriteTextAsync(Session session, Guid job, ExportFolder folder, CancellationToken cancel)
    {
        var found = await session.QueryAsync(
            "select author, language, markdown, text from jobs.manuscripts where job_id = $1",
            row =>
                (
                    About: new { author = row.IsDBNull(0) ? null : row.GetString(0), language = row.GetString(1) },
                    Extension: row.GetBoolean(2) ? "md" : "txt",
                    Text: row.GetString(3)
                ),
            cancel,
            job
        );
        if (found is not [var manuscript])
            return; // deleted since the list was read
        await folder.WriteJsonAsync("text.json", manuscript.About, cancel);
        await folder.WriteTextAsync($"text.{manuscript.Extension}", manuscript.Text, cancel);
    }

    private static async IAsyncEnumerable<HistoryEntry> EventsAsync(
        Session session,
        Guid job,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var after = 0;
        while (true)
        {
            var page = await session.ReadRecordedAsync(job, after, int.MaxValue, null, PageSize, cancel);
            foreach (var recorded in page)
                yield return HistoryEntry.Of(recorded);
            if (page.Count < PageSize)
                yield break;
            after = page[^1].Version;
        }
    }

    /// <summary>False when the job was deleted in the meantime.</summary>
    private async Task<bool> WriteResultAsync(
        Session session,
        Guid job,
        JobView view,
        ExportFolder folder,
        CancellationToken cancel
    )
    {
        var found = await session.QueryAsync(
            "select a.blob from jobs.job_view v join jobs.artifacts a on a.id = v.artifact where v.id = $1",
            row => row.GetString(0),
            cancel,
            job
        );
        if (found is not [var blob] || await blobs.OpenReadAsync(blob, cancel) is not { } content)
            return false;
        await using var file = content;
        await folder.WriteFileAsync($"result.{view.Format}", file, cancel);
        return true;
    }
}
