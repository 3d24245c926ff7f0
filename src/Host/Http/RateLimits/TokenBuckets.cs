using System.Collections.Concurrent;

namespace Lectern.Host.Http.RateLimits;

/// <summary>
/// One limit: a token bucket for each key. A bucket is one number, the moment at which it is full again (the generic cell
/// rate algorithm, ITU-T I.371), so there is nothing to refill. One that is full is the same as none and is dropped.
/// </summary>
/// <remarks>
/// System.Threading.RateLimiting has token buckets per key, too. They read a clock of their own, so that no test can say
/// whether Retry-After is true; don't tell when they are full again, which the headers say; and hold every key until it
/// has been idle for a while, so that a flood of addresses fills the memory.
/// </remarks>
internal sealed class TokenBuckets
{
    private const long Dropped = long.MinValue;
    private const int SharedBuckets = 64;

    private readonly ConcurrentDictionary<UInt128, Bucket> _buckets = new();
    private readonly Bucket[] _shared = [.. Enumerable.Range(0, SharedBuckets).Select(_ => new Bucket())];
    private readonly TimeProvider _time;
    private readonly long _interval;
    private readonly long _whole;
    private readonly int _most;
    private int _count;
    private long _droppedAt;

    /// <param name="name">As the headers and the refusal call it.</param>
    /// <param name="permits">Sustained.</param>
    /// <param name="per">For so many permits.</param>
    /// <param name="burst">At once, after a pause.</param>
    /// <param name="time">The clock.</param>
    /// <param name="most">Keys that have a bucket of their own at most.</param>
    public TokenBuckets(string name, int permits, TimeSpan per, int burst, TimeProvider time, int most = 100_000)
    {
        Name = name;
        _time = time;
        _most = most;
        _interval = (long)(per.TotalSeconds * time.TimestampFrequency / permits);
        _whole = _interval * burst;
        _droppedAt = time.GetTimestamp();
        Policy = $"\"{name}\";q={burst};w={Seconds(_whole)}";
        Rule = $"The limit '{name}' allows {permits} in {per.TotalMinutes:0} min, and {burst} at once.";
    }

    /// <summary>As the headers and the refusal call it.</summary>
    public string Name { get; }

    /// <summary>The item of <c>RateLimit-Policy</c> (draft-ietf-httpapi-ratelimit-headers-10): a full bucket, and how long it takes.</summary>
    public string Policy { get; }

    /// <summary>The limit in a sentence.</summary>
    public string Rule { get; }

    /// <summary>How many keys have a bucket of their own.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes a permit if there is one.</summary>
    public Permit Take(UInt128 key)
    {
        var now = _time.GetTimestamp();
        while (true)
        {
            var bucket = Find(key, now);
            var seen = Volatile.Read(ref bucket.FullAt);
            if (seen == Dropped)
                continue;
            var next = Math.Max(seen, now) + _interval;
            var missing = next - now;
            if (missing > _whole)
                return new Permit(false, 0, Seconds(missing - _interval), Wait(missing - _whole));
            if (Interlocked.CompareExchange(ref bucket.FullAt, next, seen) == seen)
                return new Permit(true, (_whole - missing) / _interval, Seconds(missing), default);
        }
    }

    /// <summary>Puts back a permit that was taken.</summary>
    public void GiveBack(UInt128 key)
    {
        var bucket = Find(key, _time.GetTimestamp());
        long seen;
        do
        {
            seen = Volatile.Read(ref bucket.FullAt);
        } while (seen != Dropped && Interlocked.CompareExchange(ref bucket.FullAt, seen - _interval, seen) != seen);
    }

    private Bucket Find(UInt128 key, long now)
    {
        if (_buckets.TryGetValue(key, out var known))
            return known;
        DropFull(now);
        // Who comes while so many others are remembered shares a bucket with some of them: a flood slows newcomers down
        // rather than filling the memory, and nobody gets rid of a refusal by it.
        if (Count >= _most)
            return _shared[(uint)key.GetHashCode() % SharedBuckets];
        var bucket = new Bucket();
        if (!_buckets.TryAdd(key, bucket))
            return Find(key, now);
        Interlocked.Increment(ref _count);
        return bucket;
    }

    /// <summary>Every ten seconds, or every second when there is no room left.</summary>
    private void DropFull(long now)
    {
        var since = Volatile.Read(ref _droppedAt);
        var every = (Count >= _most ? 1 : 10) * _time.TimestampFrequency;
        if (now - since < every || Interlocked.CompareExchange(ref _droppedAt, now, since) != since)
            return;
        foreach (var (key, bucket) in _buckets)
        {
            var seen = Volatile.Read(ref bucket.FullAt);
            if (seen > now || Interlocked.CompareExchange(ref bucket.FullAt, Dropped, seen) != seen)
                continue;
            _buckets.TryRemove(key, out _);
            Interlocked.Decrement(ref _count);
        }
    }

    private TimeSpan Wait(long ticks) => TimeSpan.FromSeconds((double)ticks / _time.TimestampFrequency);

    private long Seconds(long ticks) => (ticks + _time.TimestampFrequency - 1) / _time.TimestampFrequency;

    private sealed class Bucket
    {
        public long FullAt;
    }
}

/// <summary>What came of asking for a permit.</summary>
/// <param name="IsGranted">Whether there was one.</param>
/// <param name="Remaining">How many are left.</param>
/// <param name="SecondsUntilFull">When all are there again, rounded up.</param>
/// <param name="RetryAfter">When there is one again, if there was none.</param>
internal readonly record struct Permit(bool IsGranted, long Remaining, long SecondsUntilFull, TimeSpan RetryAfter);
