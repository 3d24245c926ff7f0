using System.Diagnostics.Metrics;

namespace Lectern.Jobs.Ending;

/// <summary>
/// Counts ends of jobs for the metrics. It counts decisions: one whose commit loses a race is made and counted again, so
/// this is for rates and alerts; statistics come from the events.
/// </summary>
internal static class JobEnds
{
    private static readonly Meter Meter = new("Lectern.Jobs");
    private static readonly Counter<long> Ended = Meter.CreateCounter<long>(
        "lectern.jobs.ended",
        description: "Ends of jobs by kind and status."
    );
    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "lectern.jobs.failures",
        description: "Failures of jobs by kind and code."
    );

    /// <summary>
    /// Begins with nothing, so that the first end of a kind is an increase to who watches. Codes are in a counter of their
    /// own, so that the first failure with a code is one, too; of them only that for what nobody foresaw begins.
    /// </summary>
    public static void Begin()
    {
        foreach (var status in new[] { "completed", "failed", "cancelled" })
            Count(status, 0);
        Failures.Add(0, new("kind", JobKinds.Audiobook), new("code", StepFailure.Internal));
    }

    public static void Completed() => Count("completed", 1);

    public static void Cancelled() => Count("cancelled", 1);

    public static void Failed(string code)
    {
        Count("failed", 1);
        Failures.Add(1, new("kind", JobKinds.Audiobook), new("code", code));
    }

    private static void Count(string status, int jobs) =>
        Ended.Add(jobs, new("kind", JobKinds.Audiobook), new("status", status));
}
