using Lectern.Billing.Contracts;
using Lectern.Eventing;

namespace Lectern.Jobs.Submission;

/// <summary>What is likely, and how far from it things may be.</summary>
internal sealed record Spread(double Low, double Expected, double High)
{
    /// <summary>What nine of ten exceed, the median, and what one of ten exceeds.</summary>
    public static Spread Of(IEnumerable<double> measured)
    {
        var sorted = measured.Order().ToArray();
        return new Spread(At(0.1), At(0.5), At(0.9));

        double At(double part)
        {
            var place = part * (sorted.Length - 1);
            var before = (int)place;
            var after = Math.Min(before + 1, sorted.Length - 1);
            return sorted[before] + (sorted[after] - sorted[before]) * (place - before);
        }
    }

    public Spread Times(double factor, double plus = 0) =>
        new(Low * factor + plus, Expected * factor + plus, High * factor + plus);
}

/// <summary>How long what is made plays, and takes to make, for each character; and how much of a hold is charged.</summary>
/// <param name="AudioMs">Milliseconds of audio for a character.</param>
/// <param name="MakeMs">Milliseconds of work for a character.</param>
/// <param name="StartMs">Milliseconds of work whatever the length.</param>
/// <param name="Charged">The part of a hold that is charged, up to 1.</param>
/// <param name="Jobs">Of how many jobs it was measured; 0 for the defaults.</param>
internal sealed record Pace(Spread AudioMs, Spread MakeMs, double StartMs, Spread Charged, int Jobs)
{
    /// <summary>Fewer jobs say too little.</summary>
    internal const int EnoughJobs = 3;

    private const int MostJobs = 20;
    private const int LookBack = 200;

    // A tiny text has long pauses for its length, and costs a start; so one of another size says nothing of this one.
    private const int SimilarLength = 10;

    /// <summary>
    /// Measured on samples/pride-and-prejudice.txt with four voices of flite and espeak-ng, as m4b and mp3, on two cores that
    /// had other work to do: 60.7 to 67.5 ms of audio and 0.55 to 1.33 ms of work for a character, 98.6 % of the hold
    /// charged. A whole novel (bench/README.md) plays a little faster; one sentence takes 0.3 s to make; and of a page of
    /// headings and short paragraphs, whose blank lines nobody speaks, 90 % are charged.
    /// </summary>
    public static readonly Pace Default = new(
        new Spread(56, 61, 68),
        new Spread(0.55, 0.85, 1.4),
        StartMs: 300,
        new Spread(0.9, 0.986, 1),
        Jobs: 0
    );

    /// <summary>That of the workspace's last completed audiobooks of the same provider and a similar length.</summary>
    public static async Task<Pace> OfAsync(Session session, Order order, CancellationToken cancel)
    {
        var jobs = await session.QueryAsync(
            """
            select id, duration_ms::float8 / characters, extract(epoch from ended_at - started_at)::float8 * 1000 / characters
            from (
                select id, status, kind, voice, run, characters, chunks, chunks_reused, duration_ms, started_at, ended_at
                from jobs.job_view where workspace_id = $1 order by created_at desc, id desc limit $2) recent
            where status = 'completed' and kind = $3 and starts_with(voice, $4) and run = 1
              and characters between $5 and $6 and chunks_reused * 10 <= chunks
            limit $7
            """,
            row => (Id: row.GetGuid(0), AudioMs: row.GetDouble(1), MakeMs: row.GetDouble(2)),
            cancel,
            session.Context.Workspace,
            LookBack,
            JobKinds.Audiobook,
            order.Provider + "-", // an engine's name begins the ids of its voices
            order.Characters / SimilarLength,
            (long)order.Characters * SimilarLength,
            MostJobs
        );
        if (jobs.Count < EnoughJobs)
            return Default;
        var charged = await Quotes.CapturedSharesAsync(session, [.. jobs.Select(job => job.Id)], cancel);
        return new Pace(
            Spread.Of(jobs.Select(job => job.AudioMs)),
            Spread.Of(jobs.Select(job => job.MakeMs)),
            StartMs: 0,
            charged.Count < EnoughJobs ? Default.Charged : Spread.Of(charged),
            jobs.Count
        );
    }
}
