using System.Diagnostics;

namespace Lectern.Eventing;

/// <summary>
/// The one hook by which the recovery tests kill the process at a chosen commit: <c>LECTERN_CRASH_AT=before:17</c> or
/// <c>after:17</c> ends it as SIGKILL does, before or after the 17th commit of a unit of work. Unset, it does nothing.
/// </summary>
internal static class CommitFailpoint
{
    private static readonly (bool After, int Nth)? Target = Parse(
        Environment.GetEnvironmentVariable("LECTERN_CRASH_AT")
    );
    private static int _before;
    private static int _after;

    public static void BeforeCommit()
    {
        if (Target is { After: false } target && Interlocked.Increment(ref _before) == target.Nth)
            Process.GetCurrentProcess().Kill();
    }

    public static void AfterCommit()
    {
        if (Target is { After: true } target && Interlocked.Increment(ref _after) == target.Nth)
            Process.GetCurrentProcess().Kill();
    }

    private static (bool, int)? Parse(string? text) =>
        text?.Split(':') is [("before" or "after") and var when, var nth]
            ? (when == "after", int.Parse(nth, null))
            : null;
}
