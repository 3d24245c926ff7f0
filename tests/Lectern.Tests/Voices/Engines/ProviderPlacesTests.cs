using Lectern.Eventing;
using Lectern.Providers;
using Lectern.Tests.Http;
using Lectern.Voices.Engines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Lectern.Tests.Voices.Engines;

/// <summary>
/// The places of an account at a provider. They are rows, so what holds for two objects here holds for two hosts.
/// </summary>
public sealed class ProviderPlacesTests : IAsyncLifetime
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private readonly ProviderAccount _account = new(Guid.NewGuid().ToString("n"), "key", IsWorkspaces: false);
    private readonly FakeEngine _engine = new("cloud") { Limits = new EngineLimits(4) { IsRemote = true } };
    private ApiHost _api = null!;
    private ProviderPlaces _here = null!;
    private ProviderPlaces _there = null!;
    private NpgsqlDataSource _database = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _api = await VoicesHost.StartAsync(_engine);
        _database = NpgsqlDataSource.Create(_api.ConnectionString);
        var store = _api.Services.GetRequiredService<EventStore>();
        _here = new ProviderPlaces(store, TimeProvider.System, NullLogger<ProviderPlaces>.Instance);
        _there = new ProviderPlaces(store, TimeProvider.System, NullLogger<ProviderPlaces>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task However_many_want_a_place_no_more_get_one_than_the_provider_takes()
    {
        var taken = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(i => TryAsync(i % 2 == 0 ? _here : _there, Guid.NewGuid()))
        );

        taken.Count(refusal => refusal is null).ShouldBe(4);
        var refusals = taken.OfType<ProviderException>().ToList();
        refusals.ShouldAllBe(refusal => refusal.IsPassing && refusal.RetryAfter > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_place_that_is_given_back_is_free()
    {
        var calls = await FillAsync(4);
        await _there.LeaveAsync(calls[0], PlaceOutcome.Answered, null);

        await TakeAsync(_here);
        (await TryAsync(_here, Guid.NewGuid())).ShouldNotBeNull();
    }

    [Fact]
    public async Task Too_many_requests_halve_the_places_and_answers_bring_them_back_one_by_one()
    {
        var calls = await FillAsync(4);
        await LeaveAllAsync(calls[..1], PlaceOutcome.Limited, TimeSpan.Zero);
        await LeaveAllAsync(calls[1..], PlaceOutcome.Unknown);
        await SetAsync("paused_until = null");

        (await FillAsync(2)).Length.ShouldBe(2);
        (await TryAsync(_there, Guid.NewGuid())).ShouldNotBeNull().IsPassing.ShouldBeTrue();

        await SetAsync("places = 2");
        await FreeAllAsync();
        for (var i = 0; i < 10; i++)
            await LeaveAllAsync([await TakeAsync(_here)], PlaceOutcome.Answered);
        await FillAsync(3);
        (await TryAsync(_there, Guid.NewGuid())).ShouldNotBeNull();
    }

    [Fact]
    public async Task Busy_or_broken_takes_no_place_away()
    {
        var calls = await FillAsync(2);
        await LeaveAllAsync(calls[..1], PlaceOutcome.Busy, TimeSpan.Zero);
        await LeaveAllAsync(calls[1..], PlaceOutcome.Failed);
        await SetAsync("paused_until = null");

        await FillAsync(4);
    }

    [Theory]
    [InlineData("limited")]
    [InlineData("busy")]
    public async Task Nobody_asks_before_the_provider_wants_to_be_asked(string outcome)
    {
        await LeaveAllAsync(
            [await TakeAsync(_here)],
            outcome == "busy" ? PlaceOutcome.Busy : PlaceOutcome.Limited,
            TimeSpan.FromSeconds(90)
        );

        var refusal = (await TryAsync(_there, Guid.NewGuid())).ShouldNotBeNull();
        refusal.Failure.ShouldBe(ProviderFailure.RateLimited);
        refusal.IsPassing.ShouldBeTrue();
        refusal.RetryAfter!.Value.TotalSeconds.ShouldBeInRange(60, 90);

        await SetAsync("paused_until = now() - interval '1 second'");
        await TakeAsync(_there);
    }

    [Fact]
    public async Task A_short_pause_is_waited_for()
    {
        await LeaveAllAsync([await TakeAsync(_here)], PlaceOutcome.Busy, TimeSpan.FromMilliseconds(300));
        await TakeAsync(_there);
    }

    [Fact]
    public async Task A_provider_that_only_ever_says_too_many_is_not_waited_for_without_end()
    {
        await LeaveAllAsync([await TakeAsync(_here)], PlaceOutcome.Limited, TimeSpan.FromSeconds(90));
        await SetAsync("limited_since = now() - interval '61 minutes'");

        var refusal = (await TryAsync(_here, Guid.NewGuid())).ShouldNotBeNull();
        refusal.IsPassing.ShouldBeFalse();
        refusal.IsTransient.ShouldBeTrue();

        await SetAsync("paused_until = null");
        await LeaveAllAsync([await TakeAsync(_here)], PlaceOutcome.Answered);
        (await ScalarAsync<bool>("limited_since is null")).ShouldBeTrue();
    }

    [Fact]
    public async Task After_five_outages_in_a_row_nobody_asks_then_one_does()
    {
        for (var i = 0; i < 4; i++)
            await LeaveAllAsync([await TakeAsync(_here)], PlaceOutcome.Failed);
        await LeaveAllAsync([await TakeAsync(_here)], PlaceOutcome.Failed);

        var refusal = (await TryAsync(_there, Guid.NewGuid())).ShouldNotBeNull();
        refusal.Failure.ShouldBe(ProviderFailure.Outage);
        refusal.RetryAfter!.Value.TotalSeconds.ShouldBeInRange(10, 15);

        await SetAsync("open_until = now() - interval '1 second'");
        var first = await TakeAsync(_there);
        (await TryAsync(_here, Guid.NewGuid())).ShouldNotBeNull().Failure.ShouldBe(ProviderFailure.Outage);

        await LeaveAllAsync([first], PlaceOutcome.Answered);
        await FillAsync(4);
    }

    [Fact]
    public async Task Each_further_outage_keeps_the_others_away_for_longer()
    {
        await LeaveAllAsync([await TakeAsync(_here)], PlaceOutcome.Failed);
        await SetAsync("failures = 20, open_until = null");
        await LeaveAllAsync([await TakeAsync(_here)], PlaceOutcome.Failed);

        (await TryAsync(_here, Guid.NewGuid())).ShouldNotBeNull().RetryAfter!.Value.TotalMinutes.ShouldBeInRange(4, 5);
    }

    [Theory]
    [InlineData(ProviderFailure.KeyRefused)]
    [InlineData(ProviderFailure.QuotaExhausted)]
    public async Task A_key_that_was_refused_is_not_tried_by_the_next_call_and_another_key_is(ProviderFailure failure)
    {
        await LeaveAllAsync([await TakeAsync(_here)], PlaceOutcomes.Of(new ProviderException("cloud", failure, "No.")));

        var refusal = (await TryAsync(_there, Guid.NewGuid())).ShouldNotBeNull();
        refusal.Failure.ShouldBe(failure);
        refusal.IsTransient.ShouldBeFalse();

        var other = _account with { Id = Guid.NewGuid().ToString("n") };
        await _there.TakeAsync(_engine, other, Guid.NewGuid(), Life, Token);
    }

    [Fact]
    public async Task A_refusal_of_one_request_keeps_no_other_from_being_made()
    {
        var refused = new ProviderException("cloud", ProviderFailure.QuotaExhausted, "No more voices.")
        {
            ConcernsThisRequestOnly = true,
        };
        await LeaveAllAsync([await TakeAsync(_here)], PlaceOutcomes.Of(refused));
        await TakeAsync(_there);
    }

    [Fact]
    public async Task Nobody_is_kept_away_for_longer_than_an_hour()
    {
        await LeaveAllAsync([await TakeAsync(_here)], PlaceOutcome.Limited, TimeSpan.FromDays(400));
        (await TryAsync(_there, Guid.NewGuid()))
            .ShouldNotBeNull()
            .RetryAfter!.Value.TotalMinutes.ShouldBeInRange(50, 60);
    }

    [Fact]
    public async Task Who_gets_a_place_is_told_that_the_provider_has_only_refused_for_an_hour()
    {
        await LeaveAllAsync([await TakeAsync(_here)], PlaceOutcome.Limited, TimeSpan.Zero);
        await SetAsync("limited_since = now() - interval '61 minutes', paused_until = now() - interval '1 second'");
        (await _there.TakeAsync(_engine, _account, Guid.NewGuid(), Life, Token)).ShouldBeTrue();

        // What it said long ago tells nothing of now.
        await FreeAllAsync();
        await SetAsync("paused_until = now() - interval '16 minutes'");
        (await _there.TakeAsync(_engine, _account, Guid.NewGuid(), Life, Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task The_place_of_a_host_that_died_runs_out()
    {
        for (var i = 0; i < 4; i++)
            await _here.TakeAsync(_engine, _account, Guid.NewGuid(), TimeSpan.FromMilliseconds(1), Token);
        await TakeAsync(_there);
    }

    private async Task<Guid> TakeAsync(ProviderPlaces places)
    {
        var call = Guid.NewGuid();
        await places.TakeAsync(_engine, _account, call, Life, Token);
        return call;
    }

    private async Task<Guid[]> FillAsync(int count)
    {
        var calls = new Guid[count];
        for (var i = 0; i < count; i++)
            calls[i] = await TakeAsync(i % 2 == 0 ? _here : _there);
        return calls;
    }

    private async Task LeaveAllAsync(Guid[] calls, PlaceOutcome outcome, TimeSpan? retryAfter = null)
    {
        foreach (var call in calls)
            await _here.LeaveAsync(call, outcome, retryAfter);
    }

    private async Task<ProviderException?> TryAsync(ProviderPlaces places, Guid call)
    {
        try
        {
            await places.TakeAsync(_engine, _account, call, Life, Token);
            return null;
        }
        catch (ProviderException refusal)
        {
            return refusal;
        }
    }

    // The clock that decides is the database's, so time passes by moving what is compared with it.
    private Task<object?> SetAsync(string assignments) =>
        QueryAsync($"update voices.provider_accounts set {assignments} where id = $1");

    private Task<object?> FreeAllAsync() => QueryAsync("delete from voices.provider_places where account = $1");

    private async Task<T> ScalarAsync<T>(string expression) =>
        (T)(await QueryAsync($"select {expression} from voices.provider_accounts where id = $1"))!;

    private async Task<object?> QueryAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = _account.Id });
        return await command.ExecuteScalarAsync(Token);
    }
}
