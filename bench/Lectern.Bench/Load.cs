using System.Diagnostics;

namespace Lectern.Bench;

/// <summary>Ways to apply load.</summary>
internal static class Load
{
    /// <summary>So many writers, each as fast as it can; answers how often a second, after a warm-up.</summary>
    public static async Task<(double PerSecond, long Total)> ClosedAsync(
        int writers,
        TimeSpan duration,
        Func<int, Task> once
    )
    {
        var warmUp = duration / 4;
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(
            Enumerable
                .Range(0, writers)
                .Select(writer =>
                    Task.Run(async () =>
                    {
                        long total = 0,
                            counted = 0;
                        while (clock.Elapsed < warmUp + duration)
                        {
                            await once(writer);
                            total++;
                            if (clock.Elapsed >= warmUp && clock.Elapsed < warmUp + duration)
                                counted++;
                        }

                        return (total, counted);
                    })
                )
        );
        return (counts.Sum(c => c.counted) / duration.TotalSeconds, counts.Sum(c => c.total));
    }

    /// <summary>So often a second, whether or not the last one is done.</summary>
    public static async Task OpenAsync(int perSecond, int count, Func<int, Task> once)
    {
        var clock = Stopwatch.StartNew();
        var running = new List<Task>();
        for (var i = 0; i < count; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / perSecond) - clock.Elapsed;
            if (due > TimeSpan.Zero)
                await Task.Delay(due);
            var n = i;
            running.Add(Task.Run(() => once(n)));
        }

        await Task.WhenAll(running);
    }
}
