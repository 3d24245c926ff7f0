using Lectern.Eventing;

namespace Lectern.Tests.Eventing;

/// <summary>What operators are told of lanes and projections, also when nobody works.</summary>
public sealed class OperatorsViewTests : MeterTest
{
    private const string Table = "meters.units_by_workspace";

    [Fact]
    public async Task A_projection_whose_projector_is_dead_is_behind_the_true_head_by_events_and_by_time()
    {
        (await LagAsync()).Events.ShouldBe(0);
        var meter = await InstallAsync();
        await ReadAsync(meter, 1, 2, 3);
        await ExecuteAsync("update eventing.events set at = at - interval '90 seconds'");

        var dead = await LagAsync();

        (dead.Events, dead.IsStopped).ShouldBe((4, false));
        dead.Age.TotalSeconds.ShouldBeGreaterThanOrEqualTo(90);

        await Database.Host.StartAsync(Cancel);
        await EventuallyAsync(async () => (await LagAsync()) is { Events: 0, Age.Ticks: 0 }, "it has caught up");
        await ExecuteAsync("update eventing.projections set error = 'It hurts.'");
        (await LagAsync()).IsStopped.ShouldBeTrue();
    }

    [Fact]
    public async Task Every_lane_is_told_with_what_waits_died_and_may_run()
    {
        var meter = await InstallAsync();
        await EnqueueAsync(meter);
        await EnqueueAsync(meter, delay: TimeSpan.FromHours(1));
        await EnqueueAsync(meter, lane: MeterModel.LimitedLane);
        await ExecuteAsync(
            "update eventing.messages set lane = 'left_over' where lane = $1", // of a version that had it
            MeterModel.LimitedLane
        );
        await ExecuteAsync(
            "update eventing.messages set due_at = due_at - interval '70 seconds' where lane = $1",
            MeterModel.Lane
        );
        await ExecuteAsync(
            """
            insert into eventing.dead_letters
                (id, lane, type, data, workspace_id, actor, correlation_id, attempts, generation, error, enqueued_at)
            values (gen_random_uuid(), $1, 'meters.count_units.v1', '{}', gen_random_uuid(), 'system', gen_random_uuid(), 1, 1, 'x', now())
            """,
            MeterModel.NarrowLane
        );

        var lanes = (await Operations.StatusAsync(Cancel)).ToDictionary(lane => lane.Lane);

        lanes.Keys.ShouldBe(
            [MeterModel.Lane, MeterModel.NarrowLane, MeterModel.LimitedLane, "left_over"],
            ignoreOrder: true
        );
        var busy = lanes[MeterModel.Lane];
        (busy.Ready, busy.Delayed, busy.DeadLetters, busy.Limit).ShouldBe((1, 1, 0, null));
        busy.OldestReady.TotalSeconds.ShouldBeGreaterThanOrEqualTo(70);
        (lanes[MeterModel.NarrowLane].Ready, lanes[MeterModel.NarrowLane].DeadLetters).ShouldBe((0, 1));
        lanes["left_over"].Ready.ShouldBe(1, "nobody handles that lane, and nobody forgets it");
        (await Operations.DeadLetterCountsAsync(Cancel)).ShouldBe(
            new Dictionary<string, long> { ["meters.count_units.v1"] = 1 }
        );
    }

    private async Task<ProjectionLag> LagAsync() =>
        (await ProjectionLag.ReadAsync(Store, Cancel)).Single(lag => lag.Name == Table);
}
