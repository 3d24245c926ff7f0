using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Lectern.SharedKernel.Blobs;
using NpgsqlTypes;

namespace Lectern.Jobs.Audit;

/// <summary>Walks every job, page by page, and collects what a look at each finds.</summary>
internal abstract class JobCheck(EventStore store) : IAuditCheck
{
    private const int PageSize = 200;

    public abstract string Name { get; }

    protected EventStore Store { get; } = store;

    public async Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel)
    {
        var breaches = new List<string>();
        var after = Guid.Empty;
        while (true)
        {
            await using var session = OpenSession();
            var jobs = await session.QueryAsync(
                "select id from jobs.job_view where id > $1 order by id limit $2",
                row => row.GetGuid(0),
                cancel,
                after,
                PageSize
            );
            foreach (var job in jobs)
                breaches.AddRange(await LookAsync(session, job, cancel));
            if (jobs.Count < PageSize)
                return breaches;
            after = jobs[^1];
        }
    }

    protected abstract Task<IEnumerable<string>> LookAsync(Session session, Guid job, CancellationToken cancel);

    protected Session OpenSession() => Store.OpenSystemSession();
}

/// <summary>
/// Each history is one that can happen: a run begins, ends once, and nothing but what may come after an end does. And the
/// view of the job says what its history says.
/// </summary>
internal sealed class HistoryCheck(EventStore store) : JobCheck(store)
{
    public override string Name => "jobs.history_is_possible_and_shown";

    protected override async Task<IEnumerable<string>> LookAsync(Session session, Guid job, CancellationToken cancel)
    {
        var shown = await session.QueryAsync(
            "select version, status, chunks_done, segments_encoded, chapters_assembled, run, project_id from jobs.job_view where id = $1",
            row => new
            {
                Version = row.GetInt32(0),
                Status = row.GetString(1),
                Chunks = row.GetInt32(2),
                Segments = row.GetInt32(3),
                Chapters = row.GetInt32(4),
                Run = row.GetInt32(5),
                Project = row.IsDBNull(6) ? (Guid?)null : row.GetGuid(6),
            },
            cancel,
            job
        );
        if (shown is not [var view])
            return []; // deleted since the page was read
        var events = await session.ReadStreamAsync(job, 0, view.Version, cancel);
        var breaches = new List<string>();
        var state = Job.Initial;
        foreach (var stored in events)
        {
            if (!MayHappen(state, stored.Data))
                breaches.Add($"job {job}: {stored.Type} at version {stored.Version} can't follow {state.Status}");
            state = Job.Evolve(state, stored.Data);
        }

        if (
            events.Count != view.Version
            || !string.Equals(state.Status.ToString(), view.Status, StringComparison.OrdinalIgnoreCase)
            || (state.ChunksDone, state.SegmentsEncoded, state.ChaptersAssembled, state.Run, state.Project)
                != (view.Chunks, view.Segments, view.Chapters, view.Run, view.Project)
        )
            breaches.Add($"job {job}: the view says {view}, the history of {events.Count} events says {state}");
        return breaches;
    }

    /// <summary>The published table of transitions.</summary>
    internal static bool MayHappen(Job job, object e) =>
        e switch
        {
            JobSubmitted => job.Status == JobStatus.None,
            JobStarted => job.Status == JobStatus.Pending,
            JobCompleted or JobFailed or JobCancellationRequested => job.Status == JobStatus.Running,
            JobCancelled => job.Status is JobStatus.Pending or JobStatus.Running,
            JobReopened => job.Status is JobStatus.Failed or JobStatus.Cancelled,
            JobMoved or JobRenamed => job.Status is not (JobStatus.None or JobStatus.Deleted),
            JobDeletionRequested => job.Status is JobStatus.Pending or JobStatus.Running,
            JobDeleted => job.HasEnded,
            _ => job is { Status: JobStatus.Running, StopRequested: false },
        };
}

/// <summary>A completed job has all its parts, in order, and its result is as long as they are together.</summary>
internal sealed class ResultCheck(EventStore store) : JobCheck(store)
{
    public override string Name => "jobs.result_is_whole";

    protected override async Task<IEnumerable<string>> LookAsync(Session session, Guid job, CancellationToken cancel) =>
        await session.QueryAsync(
            """
            select format('job %s: %s of %s chunks, %s of %s segments, %s ms in parts, %s ms in the result',
                          v.id, c.done, v.chunks, s.done, v.segments, s.ms, v.duration_ms)
            from jobs.job_view v
            cross join lateral (
                select count(*) filter (where audio is not null) as done, coalesce(max(chunk), -1) + 1 as next
                from jobs.chunks where job_id = v.id) c
            cross join lateral (
                select count(*) as done, coalesce(max(s.segment), -1) + 1 as next,
                       sum(e.samples) * 1000 / max(case when v.format = 'wav' then a.rate else 44100 end) as ms
                from jobs.segments s
                join jobs.encodings e on e.workspace_id = s.workspace_id and e.hash = s.encoding
                left join jobs.chunks k on k.job_id = s.job_id and k.chunk = s.first_chunk
                left join jobs.audio a on a.workspace_id = k.workspace_id and a.hash = k.audio
                where s.job_id = v.id) s
            where v.id = $1 and v.status = 'completed'
              and (c.done <> v.chunks or c.next <> v.chunks or s.done <> v.segments or s.next <> v.segments
                   or abs(s.ms - v.duration_ms) > 1)
            """,
            row => row.GetString(0),
            cancel,
            job
        );
}

/// <summary>Every file that a row names is there, with its size.</summary>
internal sealed class FilesCheck(EventStore store, IBlobStore blobs) : IAuditCheck
{
    public string Name => "jobs.files_are_there";

    public async Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel)
    {
        var breaches = new List<string>();
        await using var session = store.OpenSystemSession();
        var after = "";
        while (true)
        {
            var page = await session.QueryAsync(
                """
                select blob, bytes from (
                    select blob, bytes from jobs.audio union all
                    select blob, bytes from jobs.encodings union all
                    select blob, bytes from jobs.artifacts) b
                where blob > $1 order by blob limit 1000
                """,
                row => (Blob: row.GetString(0), Bytes: row.GetInt64(1)),
                cancel,
                after
            );
            foreach (var (blob, bytes) in page)
            {
                await using var file = await blobs.OpenReadAsync(blob, cancel);
                if (file?.Length != bytes && await IsStillNamedAsync(session, blob, cancel))
                    breaches.Add($"{blob}: {(file is null ? "missing" : $"{file.Length} bytes")}, should be {bytes}");
            }

            if (page.Count < 1000)
                return breaches;
            after = page[^1].Blob;
        }
    }

    /// <summary>A file that was deleted while this looked is no breach: its row went first.</summary>
    private static async Task<bool> IsStillNamedAsync(Session session, string blob, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                """
                select 1 from jobs.audio where blob = $1 union all select 1 from jobs.encodings where blob = $1
                union all select 1 from jobs.artifacts where blob = $1
                """,
                row => row.GetInt32(0),
                cancel,
                blob
            )
        ).Count > 0;
}

/// <summary>No hold is open for a job that has ended, and no live job is without its hold.</summary>
internal sealed class HoldsCheck(EventStore store) : IAuditCheck, IWalletCheck
{
    public string Name => "jobs.holds_follow_jobs";

    public async Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel)
    {
        await using var session = store.OpenSystemSession();
        // Jobs move while two modules are read one after the other; what both of two looks find has not moved.
        var first = await LookAsync(session, null, cancel);
        return first.Count == 0
            ? []
            : [.. first.Intersect(await LookAsync(session, null, cancel)).Select(breach => breach.Text)];
    }

    public async Task<IReadOnlyList<WalletBreach>> FindAsync(
        Session session,
        Guid[] workspaces,
        CancellationToken cancel
    ) => await LookAsync(session, workspaces, cancel);

    private static async Task<List<WalletBreach>> LookAsync(
        Session session,
        Guid[]? workspaces,
        CancellationToken cancel
    )
    {
        var open = (await Wallets.OpenHoldsAsync(session, workspaces, cancel)).ToDictionary(h => h.Hold);
        var live = await session.QueryAsync(
            """
            select workspace_id, id, hold from jobs.job_view
            where status in ('pending', 'running') and ($1::uuid[] is null or workspace_id = any($1))
            """,
            row => (Workspace: row.GetGuid(0), Job: row.GetGuid(1), Hold: row.GetGuid(2)),
            cancel,
            new Typed(workspaces, NpgsqlDbType.Array | NpgsqlDbType.Uuid)
        );
        var expected = live.Select(l => l.Hold).ToHashSet();
        return
        [
            .. live.Where(l => !open.ContainsKey(l.Hold))
                .Select(l => new WalletBreach(l.Workspace, $"job {l.Job} is live without its hold {l.Hold}")),
            .. open
                .Values.Where(h => !expected.Contains(h.Hold))
                .Select(h => new WalletBreach(
                    h.Workspace,
                    $"hold {h.Hold} is open, but run {h.Run} of job {h.Job} is not live"
                )),
        ];
    }
}

/// <summary>
/// What was captured of each run's hold is what the run's last event charged: for a finished result, or for the part of
/// it that was delivered. Nothing was captured for a run that charged nothing.
/// </summary>
internal sealed class ChargesCheck(EventStore store) : JobCheck(store)
{
    private const int PageSize = 1000;

    public override string Name => "jobs.charges_are_captures";

    protected override async Task<IEnumerable<string>> LookAsync(Session session, Guid job, CancellationToken cancel)
    {
        var charged = new Dictionary<int, long>();
        var run = 1;
        for (var version = 0; ; )
        {
            var events = await session.ReadStreamAsync(job, version, PageSize, cancel);
            foreach (var stored in events)
            {
                version = stored.Version!.Value;
                switch (stored.Data)
                {
                    case JobReopened reopened:
                        run = reopened.Run;
                        break;
                    case JobCompleted completed:
                        charged[run] = completed.Charged;
                        break;
                    case JobFailed failed:
                        charged[run] = failed.Charged;
                        break;
                    case JobCancelled cancelled:
                        charged[run] = cancelled.Charged;
                        break;
                }
            }

            if (events.Count < PageSize)
                break;
        }

        // Read after the events, so that a run which ends in between is not a breach.
        var captured = await Wallets.EndedHoldsAsync(session, job, cancel);
        return captured
            .Where(hold => charged.TryGetValue(hold.Run, out var amount) && amount != hold.Captured)
            .Select(hold =>
                $"run {hold.Run} of job {job} charged {charged[hold.Run]}, but {hold.Captured} were captured"
            )
            .Concat(
                charged
                    .Keys.Except(captured.Select(hold => hold.Run))
                    .Select(missing => $"run {missing} of job {job} has ended, but its hold has not")
            );
    }
}
