namespace Lectern.Activity.Webhooks;

/// <summary>
/// Places of each workspace, a part of this host's: so that the slow endpoints of one don't take those of all others.
/// </summary>
internal sealed record WorkspacePlaces(EndpointPlaces Places)
{
    public static WorkspacePlaces Of(WebhookSettings settings, TimeProvider time) =>
        new(new EndpointPlaces(Math.Max(settings.PerEndpoint, settings.Parallelism / 4), time));
}

/// <summary>
/// So many deliveries at once to one endpoint from this host. Those for which there is no place are sent away for about
/// as long as those before them will take, so that a slow endpoint neither holds up the others nor has its messages go
/// round in circles.
/// </summary>
internal sealed class EndpointPlaces(int places, TimeProvider time)
{
    /// <summary>Who is as fast as this is worth waiting for.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Who is sent away for less comes back before others' newer messages, to be sent away again.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private const int MostRemembered = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Endpoint> _endpoints = [];

    /// <summary>A place, to be left when the try is over, or how long to stay away.</summary>
    public async Task<(Place? Place, TimeSpan Wait)> EnterAsync(Guid endpoint, CancellationToken stop)
    {
        var (found, wait) = Look(endpoint);
        if (wait > TimeSpan.Zero)
            return (null, wait);
        return await found.Free.WaitAsync(Quick, stop) ? (Take(found), TimeSpan.Zero) : (null, Book(found));
    }

    /// <summary>The endpoint said that it gets too much.</summary>
    public void Pause(Guid endpoint, TimeSpan pause)
    {
        lock (_lock)
            Of(endpoint).PausedUntil = time.GetUtcNow() + (pause < LongestPause ? pause : LongestPause);
    }

    private (Endpoint Endpoint, TimeSpan Wait) Look(Guid endpoint)
    {
        lock (_lock)
        {
            var found = Of(endpoint);
            var pause = found.PausedUntil - time.GetUtcNow();
            if (pause > TimeSpan.Zero)
                return (found, pause);
            var isQuick = found.Usual <= Quick && !found.Begun.Any(began => time.GetElapsedTime(began) > Quick);
            return found.Free.CurrentCount > 0 || isQuick ? (found, TimeSpan.Zero) : (found, Book(found));
        }
    }

    /// <summary>The next free moment behind everybody who was sent away before.</summary>
    private TimeSpan Book(Endpoint endpoint)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var longest = endpoint.Begun.Select(began => time.GetElapsedTime(began)).DefaultIfEmpty().Max();
            var each = (endpoint.Usual > longest ? endpoint.Usual : longest) / places;
            var from = endpoint.BookedUntil > now ? endpoint.BookedUntil : now;
            endpoint.BookedUntil = from + each < now + LongestWait ? from + each : now + LongestWait;
            return endpoint.BookedUntil - now;
        }
    }

    private Place Take(Endpoint endpoint)
    {
        var began = time.GetTimestamp();
        lock (_lock)
            endpoint.Begun.Add(began);
        return new Place(isTried => Leave(endpoint, began, isTried));
    }

    private void Leave(Endpoint endpoint, long began, bool isTried)
    {
        lock (_lock)
        {
            endpoint.Begun.Remove(began);
            if (isTried) // who finds nothing to do is quick, whatever the endpoint is
                endpoint.Usual = (endpoint.Usual * 3 + time.GetElapsedTime(began)) / 4;
        }

        endpoint.Free.Release();
    }

    private Endpoint Of(Guid id)
    {
        if (_endpoints.TryGetValue(id, out var known))
            return known;
        if (_endpoints.Count >= MostRemembered)
            foreach (
                var idle in _endpoints.Where(each => each.Value.Begun.Count == 0).Select(each => each.Key).ToList()
            )
                _endpoints.Remove(idle);
        return _endpoints[id] = new Endpoint(new SemaphoreSlim(places, places));
    }

    private sealed record Endpoint(SemaphoreSlim Free)
    {
        public List<long> Begun { get; } = [];
        public TimeSpan Usual { get; set; }
        public DateTimeOffset BookedUntil { get; set; }
        public DateTimeOffset PausedUntil { get; set; }
    }

    /// <summary>A place that is taken.</summary>
    internal sealed class Place(Action<bool> leave) : IDisposable
    {
        private bool _isTried;

        /// <summary>The endpoint is asked: how long the place is taken from now on tells how long it takes.</summary>
        public void Trying() => _isTried = true;

        public void Dispose() => leave(_isTried);
    }
}
