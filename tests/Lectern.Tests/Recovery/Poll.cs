using System.Diagnostics;

namespace Lectern.Tests.Recovery;

/// <summary>Asks again and again, since nobody outside of a process is told of what happens in it.</summary>
internal static class Poll
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Returns once it is so.</summary>
    /// <exception cref="TimeoutException">It was not so in time; the message says what.</exception>
    public static async Task UntilAsync(string what, TimeSpan patience, Func<Task<bool>> isSo, CancellationToken cancel)
    {
        var waiting = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Pause);
        while (!await isSo())
        {
            if (waiting.Elapsed > patience)
                throw new TimeoutException($"After {patience.TotalSeconds} s it is still not so: {what}.");
            await timer.WaitForNextTickAsync(cancel);
        }
    }
}
