using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.Voices.Contracts;

namespace Lectern.Jobs.Ending;

/// <summary>
/// Ends a run, in the caller's unit of work: what was delivered is paid, the rest of the hold released, the place freed
/// for the next job. Delivered is the finished result, or, when a run ends early, the chunks whose audio was played.
/// </summary>
internal static class RunEnding
{
    public static async Task CompleteAsync(
        Session session,
        StreamForWriting<Job> job,
        AudioAssembled audio,
        CancellationToken stop
    )
    {
        var bill = await BillAsync(session, job, everything: true, stop);
        job.Append(audio, new JobCompleted(bill.Amount));
        Settle(session, job, bill, audio);
        JobEnds.Completed();
    }

    public static async Task FailAsync(
        Session session,
        StreamForWriting<Job> job,
        string step,
        string code,
        string detail,
        CancellationToken stop
    )
    {
        var bill = await BillAsync(session, job, everything: false, stop);
        job.Append(new JobFailed(step, code, bill.Amount));
        session.Execute(
            """
            insert into jobs.failures (job_id, run, workspace_id, detail) values ($1, $2, $3, $4)
            on conflict (job_id, run) do update set detail = excluded.detail
            """,
            job.Id,
            job.State.Run,
            job.Workspace,
            detail
        );
        Settle(session, job, bill, null);
        JobEnds.Failed(code);
    }

    public static async Task CancelAsync(Session session, StreamForWriting<Job> job, CancellationToken stop)
    {
        var bill = await BillAsync(session, job, everything: false, stop);
        job.Append(new JobCancelled(bill.Amount));
        Settle(session, job, bill, null);
        JobEnds.Cancelled();
    }

    /// <summary>
    /// What this run owes: audio that is delivered and that the workspace has not paid before. A sentence that occurs
    /// twice is one audio.
    /// </summary>
    private static async Task<Bill> BillAsync(
        Session session,
        StreamForWriting<Job> job,
        bool everything,
        CancellationToken stop
    )
    {
        var unpaid = await session.QueryAsync(
            """
            select c.audio, max(c.source_length), bool_and(c.spoken_by is not null)
            from jobs.chunks c join jobs.segments s on s.job_id = c.job_id and s.segment = c.segment
            where c.job_id = $1 and c.audio is not null and ($2 or s.delivered_at is not null)
              and not exists (select from jobs.paid_audio p where p.workspace_id = c.workspace_id and p.hash = c.audio)
            group by c.audio
            """,
            row => (Hash: row.GetString(0), Characters: row.GetInt32(1), ByFallback: row.GetBoolean(2)),
            stop,
            job.Id,
            everything
        );
        // The hold was made for the characters that were not paid then; of nothing there is no share.
        var heldFor = job.State.HeldFor;
        var characters = Math.Min(unpaid.Sum(u => u.Characters), heldFor);
        var byFallback = Math.Min(unpaid.Where(u => u.ByFallback).Sum(u => u.Characters), characters);
        var amount = heldFor == 0 ? 0 : Quote.ShareOf(job.State.Held, characters - byFallback, heldFor);
        if (byFallback > 0)
            amount += (long)(
                (Int128)Quote.ShareOf(job.State.Held, byFallback, heldFor) * job.State.FallbackPrice / 1_000_000
            );
        return new Bill(unpaid.Select(u => u.Hash).ToArray(), characters, amount);
    }

    /// <summary>The wallet comes last: that is the order in which locks are taken everywhere.</summary>
    private static void Settle(Session session, StreamForWriting<Job> job, Bill bill, AudioAssembled? audio)
    {
        session.Execute("delete from jobs.places where job_id = $1", job.Id);
        session.DropWaiting(job.Id);
        session.Enqueue(new StartJobs(job.Workspace));
        if (bill.Audio.Length > 0)
            // The key refuses audio that another job paid in the meantime; then this run's bill is made out again.
            session.Execute(
                "insert into jobs.paid_audio (workspace_id, hash, job_id) select $1, hash, $2 from unnest($3::text[]) hash",
                job.Workspace,
                job.Id,
                bill.Audio
            );
        if (bill.Amount > 0)
            Wallets.Capture(
                session,
                job.State.Hold,
                job.Id,
                JobKinds.Audiobook,
                job.State.Held,
                bill.Amount,
                new Delivery(
                    bill.Characters,
                    audio?.Artifact,
                    audio?.Sha256,
                    audio?.Bytes,
                    audio?.DurationMs,
                    VoiceCatalogue.EngineOf(job.State.Voice)
                )
            );
        else
            Wallets.Release(session, job.State.Hold, job.Id, job.State.Held, "nothing_to_pay");
    }

    private sealed record Bill(string[] Audio, int Characters, long Amount);
}
