using System.Diagnostics;
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
        description: "Ends of jobs by kind, status and the code of a failure."
    );

    /// <summary>Begins with nothing, so that the first end of a kind is an increase to who watches.</summary>
    public static void Begin()
    {
        foreach (var status in new[] { "completed", "failed", "cancelled" })
            Count(status, "", 0);
    }

    public static void Count(string status, string code = "", int jobs = 1) =>
        Ended.Add(
            jobs,
            new TagList
            {
                { "kind", JobKinds.Audiobook },
                { "status", status },
                { "code", code },
            }
        );
}
