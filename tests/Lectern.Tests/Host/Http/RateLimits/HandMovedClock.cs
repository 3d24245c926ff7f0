namespace Lectern.Tests.Host.Http.RateLimits;

/// <summary>Durations pass when the test says so; the time of day goes on.</summary>
internal sealed class HandMovedClock : TimeProvider
{
    private long _now = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public void Pass(TimeSpan duration) => Interlocked.Add(ref _now, duration.Ticks);
}
