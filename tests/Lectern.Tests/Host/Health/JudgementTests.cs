using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Lectern.Host.Health;
using Lectern.Host.Telemetry;
using Lectern.SharedKernel.Secrets;
using Lectern.Tests.Host.Http.RateLimits;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lectern.Tests.Host.Health;

/// <summary>When a part is degraded, and how it says so.</summary>
public sealed class JudgementTests
{
    private readonly HandMovedClock _clock = new();

    [Fact]
    public void A_projection_that_is_never_at_the_head_but_keeps_up_is_healthy()
    {
        var health = new ProjectionHealth(null!, _clock);
        for (var position = 0; position < 100; position += 10)
        {
            health.Judge([Lag(position, events: 5, seconds: 0.2)]).Status.ShouldBe(HealthStatus.Healthy);
            _clock.Pass(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public void One_that_is_far_behind_and_moves_is_told_from_one_that_is_dead()
    {
        var health = new ProjectionHealth(null!, _clock);
        health.Judge([Lag(100, events: 900, seconds: 60)]).Description!.ShouldContain("x.y is behind");
        _clock.Pass(TimeSpan.FromSeconds(20));
        health.Judge([Lag(500, events: 500, seconds: 80)]).Description!.ShouldContain("x.y is behind");
        _clock.Pass(TimeSpan.FromSeconds(20));

        var dead = health.Judge([Lag(500, events: 501, seconds: 100)]);

        dead.Status.ShouldBe(HealthStatus.Degraded);
        dead.Description!.ShouldContain("x.y does not move");
    }

    [Fact]
    public void One_that_stopped_at_an_event_is_told_at_once()
    {
        var judged = new ProjectionHealth(null!, _clock).Judge([
            Lag(5, events: 1, seconds: 0.1, error: "no such column"),
        ]);

        judged.Status.ShouldBe(HealthStatus.Degraded);
        judged.Description!.ShouldContain("x.y has stopped");
    }

    [Theory]
    [InlineData(800, 0, HealthStatus.Healthy, null)]
    [InlineData(901, 0, HealthStatus.Degraded, "Messages wait for too long in render.")]
    [InlineData(0, 2, HealthStatus.Degraded, "There are dead letters of render: see 'lectern queue dead'.")]
    public void A_queue_is_judged_by_age_and_dead_letters_and_not_by_depth(
        int seconds,
        int dead,
        HealthStatus expected,
        string? reason
    )
    {
        var lane = new LaneStatus("render", 1_000_000, 2, 0, TimeSpan.FromSeconds(seconds), dead, null);
        var judged = QueueHealth.Judge([lane]);

        judged.Status.ShouldBe(expected);
        judged.Description.ShouldBe(reason);
    }

    [Fact]
    public void Load_and_memory_are_judged_by_what_the_host_has()
    {
        var fine = new MachineState(1000, 900, 2, 7.9);
        ProcessorHealth.Judge(fine).Status.ShouldBe(HealthStatus.Healthy);
        ProcessorHealth.Judge(fine with { Load = 8.1 }).Status.ShouldBe(HealthStatus.Degraded);
        ProcessorHealth.Judge(fine with { Load = null }).Status.ShouldBe(HealthStatus.Healthy);
        MemoryHealth.Judge(fine).Status.ShouldBe(HealthStatus.Healthy);
        MemoryHealth.Judge(fine with { MemoryUsed = 951 }).Status.ShouldBe(HealthStatus.Degraded);
    }

    [Fact]
    public void A_signing_key_is_good_when_it_accepts_what_it_signs() =>
        AuthenticationHealth.CanSignAndVerify(new SigningKey(new MasterKey(new byte[32]))).ShouldBeTrue();

    private static ProjectionLag Lag(long position, long events, double seconds, string? error = null) =>
        new("x.y", position, events, TimeSpan.FromSeconds(seconds), error);
}
