using Lectern.Activity.Webhooks;

namespace Lectern.Tests.Activity.Webhooks;

/// <summary>Who gets a place at an endpoint, and how long the others are sent away.</summary>
public sealed class EndpointPlacesTests
{
    private static readonly Guid Endpoint = Guid.NewGuid();
    private static readonly Guid Another = Guid.NewGuid();

    private readonly Clock _clock = new();
    private readonly EndpointPlaces _places;

    public EndpointPlacesTests() => _places = new EndpointPlaces(2, _clock);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task So_many_get_a_place_and_one_that_is_left_is_the_next_ones()
    {
        var first = await TakeAsync();
        await TakeAsync();

        var waiting = _places.EnterAsync(Endpoint, Cancel);
        waiting.IsCompleted.ShouldBeFalse(); // it has been quick so far
        first.Dispose();

        (await waiting).Place.ShouldNotBeNull();
        (await _places.EnterAsync(Another, Cancel)).Place.ShouldNotBeNull();
    }

    [Fact]
    public async Task Who_is_sent_away_comes_back_behind_those_before()
    {
        await TakeAsync();
        await TakeAsync();
        _clock.Pass(TimeSpan.FromSeconds(4)); // so long it takes at least, with two at a time

        (await WaitAsync()).ShouldBe(TimeSpan.FromSeconds(2));
        (await WaitAsync()).ShouldBe(TimeSpan.FromSeconds(4));
        _clock.Pass(TimeSpan.FromSeconds(1));
        (await WaitAsync()).ShouldBe(TimeSpan.FromSeconds(5.5));
    }

    [Fact]
    public async Task Who_found_nothing_to_try_does_not_make_a_slow_endpoint_look_quick()
    {
        using (var tried = await TakeAsync())
        {
            tried.Trying();
            _clock.Pass(TimeSpan.FromSeconds(8)); // a quarter of it counts
        }

        for (var i = 0; i < 20; i++)
            using (await TakeAsync()) { }
        await TakeAsync();
        await TakeAsync();

        (await WaitAsync()).ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(30, 30)]
    [InlineData(3600, 60)]
    public async Task Who_wants_a_pause_gets_one_of_a_minute_at_most(int wanted, int given)
    {
        _places.Pause(Endpoint, TimeSpan.FromSeconds(wanted));

        (await WaitAsync()).ShouldBe(TimeSpan.FromSeconds(given));
        (await _places.EnterAsync(Another, Cancel)).Place.ShouldNotBeNull();
        _clock.Pass(TimeSpan.FromSeconds(given));
        await TakeAsync();
    }

    [Fact]
    public async Task A_workspace_has_a_quarter_of_the_places_and_as_many_as_one_endpoint_at_least()
    {
        (await ShareAsync(parallelism: 32, perEndpoint: 4)).ShouldBe(8);
        (await ShareAsync(parallelism: 8, perEndpoint: 4)).ShouldBe(4);
    }

    private static async Task<int> ShareAsync(int parallelism, int perEndpoint)
    {
        var shares = WorkspacePlaces.Of(
            new WebhookSettings { Parallelism = parallelism, PerEndpoint = perEndpoint },
            new Clock()
        );
        var taken = 0;
        while ((await shares.Places.EnterAsync(Endpoint, Cancel)).Place is not null)
            taken++;
        return taken;
    }

    private async Task<EndpointPlaces.Place> TakeAsync() =>
        (await _places.EnterAsync(Endpoint, Cancel)).Place.ShouldNotBeNull();

    private async Task<TimeSpan> WaitAsync()
    {
        var (place, wait) = await _places.EnterAsync(Endpoint, Cancel);
        place.ShouldBeNull();
        return wait;
    }

    /// <summary>Time passes when the test says so.</summary>
    private sealed class Clock : TimeProvider
    {
        private TimeSpan _now = TimeSpan.FromDays(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + _now;

        public void Pass(TimeSpan duration) => _now += duration;
    }
}
