using Lectern.Eventing;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Eventing;

/// <summary>Who is given what, and when, while followers stand at different places.</summary>
public sealed class CatchingUpTests : MeterTest
{
    private readonly List<(string Name, int Events)> _given = [];

    protected override void Model(EventingBuilder model)
    {
        MeterModel.Register(model);
        model.Subscribe(new Listener("meters.readings", typeof(MeterRead), 5000, _given));
        model.Subscribe(new Listener("meters.two_at_once", typeof(MeterRead), 2, _given));
        model.Subscribe(new Listener("meters.installed", typeof(MeterInstalled), 1, _given));
    }

    [Fact]
    public async Task Who_is_far_behind_does_not_hold_up_the_others()
    {
        var meter = await InstallAsync();
        await ReadAsync(meter, [.. Enumerable.Range(0, 20)]);
        await CatchUpAsync();
        await ExecuteAsync("update eventing.projections set position = 0 where name = 'meters.two_at_once'");
        await ReadAsync(meter, 20);
        _given.Clear();

        await CatchUpAsync();

        _given.Count(given => given.Name == "meters.two_at_once").ShouldBe(11, "21 readings, two at once");
        _given.FindIndex(given => given.Name == "meters.readings").ShouldBeLessThan(2, "it had its turn at once");
        _given.Where(given => given.Name == "meters.readings").Sum(given => given.Events).ShouldBe(1);
    }

    [Fact]
    public async Task One_that_takes_few_at_once_is_given_few_of_its_own()
    {
        await ExecuteAsync("update eventing.projections set version = 99 where name = 'meters.two_at_once'"); // not ours
        var meter = await InstallAsync();
        await ReadAsync(meter, [.. Enumerable.Range(0, 100)]);
        await InstallAsync();

        await CatchUpAsync();

        _given.ShouldBe([("meters.installed", 1), ("meters.readings", 100), ("meters.installed", 1)]);
    }

    [Fact]
    public async Task A_view_that_is_new_is_made_beside_while_the_others_follow()
    {
        var meter = await InstallAsync();
        await ReadAsync(meter, 1, 2, 3);
        var newer = AnotherHost(model =>
        {
            Model(model);
            model.Project(new UnitsByWorkspaceProjection("units_again"));
        });
        await newer.Services.GetRequiredService<Migrations>().ApplyAsync(Cancel);
        (await ScalarAsync<int>("select version from eventing.projections where name = 'meters.units_again'")).ShouldBe(
            0,
            "it is passed over by who follows"
        );

        await newer.StartAsync(Cancel);
        await ReadAsync(meter, 4);

        await EventuallyAsync(
            async () => await ScalarAsync<long>("select units from meters.units_again") == 10,
            "it has all, and follows"
        );
        (await ScalarAsync<int>("select version from eventing.projections where name = 'meters.units_again'")).ShouldBe(
            1
        );
    }

    private Task CatchUpAsync() => Database.Host.Services.GetRequiredService<ProjectionDaemon>().CatchUpAsync(Cancel);

    /// <summary>Writes down what it is given.</summary>
    private sealed class Listener(string name, Type type, int mostAtOnce, List<(string, int)> given) : Subscription
    {
        public override string Name => name;

        public override int MostAtOnce => mostAtOnce;

        public override IReadOnlyList<Type> Events => [type];

        public override Task ReactAsync(IReadOnlyList<StoredEvent> events, Reaction reaction, CancellationToken stop)
        {
            lock (given)
                given.Add((name, events.Count));
            return Task.CompletedTask;
        }
    }
}
