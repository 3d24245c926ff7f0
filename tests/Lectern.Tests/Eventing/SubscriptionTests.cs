using Lectern.Eventing;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Eventing;

public sealed class SubscriptionTests : MeterTest
{
    private const string Name = "meters.tell";
    private const string Table = "meters.units_by_workspace";
    private const int Poison = 666;

    protected override void Model(EventingBuilder model)
    {
        MeterModel.Register(model);
        model.Subscribe(new TellOfReadings());
    }

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await ExecuteAsync(
            """
            create table meters.told (units int not null);
            grant select, insert on meters.told to lectern_worker;
            """
        );
        Script.Handle = (message, context, _) =>
        {
            context.Session.Execute("insert into meters.told values ($1)", message.Units);
            return Task.CompletedTask;
        };
    }

    [Fact]
    public async Task Messages_and_position_commit_together_whatever_is_killed()
    {
        const int readings = 400;
        var meter = await InstallAsync();
        var other = AnotherHost();
        await Database.Host.StartAsync(Cancel);
        await other.StartAsync(Cancel);
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; i < readings; i += 4)
                    await ReadAsync(meter, i, i + 1, i + 2, i + 3);
            },
            Cancel
        );
        await KillWorkers.UntilAsync(Database.ConnectionString, 20, TimeSpan.FromSeconds(60), Cancel);
        await writing;

        await EventuallyAsync(async () => await CountAsync("meters.told") >= readings, "all are told", 60);
        await EventuallyAsync(async () => await CountAsync("eventing.messages") == 0, "nothing waits", 60);
        (await CountAsync("meters.told")).ShouldBe(readings);
        (await CountAsync("(select distinct units from meters.told) t")).ShouldBe(readings);
        (await CountAsync("eventing.projections where error is not null")).ShouldBe(0);
    }

    [Fact]
    public async Task One_that_fails_stops_alone_right_before_the_event_and_goes_on_when_it_can()
    {
        var meter = await InstallAsync();
        await ReadAsync(meter, 1, 2);
        await ReadAsync(meter, Poison);
        await ReadAsync(meter, 3);
        var host = AnotherHost(model =>
        {
            MeterModel.Register(model);
            model.Subscribe(new TellOfReadings(Poison));
        });
        await host.StartAsync(Cancel);
        await EventuallyAsync(
            async () => await CountAsync($"eventing.projections where name = '{Name}' and error is not null") == 1,
            "it stopped"
        );
        await EventuallyAsync(async () => await CountAsync("meters.told") == 2, "what came before is told");
        await EventuallyAsync(
            async () => await ScalarAsync<long>($"select units from {Table}") == 6 + Poison,
            "others go on"
        );
        await host.StopAsync(Cancel);

        await Database.Host.StartAsync(Cancel); // a program that can
        await EventuallyAsync(async () => await CountAsync("meters.told") == 4, "the rest is told");
        (await CountAsync("eventing.projections where error is not null")).ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_is_told_of_what_happened_before_its_first_start()
    {
        var meter = await InstallAsync();
        await ReadAsync(meter, 1, 2, 3);
        void WithAnother(EventingBuilder model)
        {
            Model(model);
            model.Subscribe(new TellOfReadings(name: "meters.tell_late"));
        }

        var host = AnotherHost(WithAnother);
        await host.Services.GetRequiredService<Migrations>().ApplyAsync(Cancel);
        await ReadAsync(meter, 4);
        await host.StartAsync(Cancel);

        // The old one tells of all four, the new one of the last.
        await EventuallyAsync(async () => await CountAsync("meters.told") == 5, "they are told");
        (await CountAsync("meters.told where units = 4")).ShouldBe(2);
    }

    [Fact]
    public async Task It_is_asked_nothing_in_a_rebuild()
    {
        var meter = await InstallAsync();
        await Database.Host.StartAsync(Cancel);
        await ReadAsync(meter, 1, 2, 3);
        await EventuallyAsync(async () => await CountAsync("meters.told") == 3, "they are told");
        var rebuild = Database.Host.Services.GetRequiredService<ProjectionRebuild>();

        await rebuild.RebuildAsync(Table, Cancel);
        await ReadAsync(meter, 4);

        await EventuallyAsync(async () => await CountAsync("meters.told") == 4, "the next one is told");
        await Should.ThrowAsync<Exception>(() => rebuild.RebuildAsync(Name, Cancel));
        (await CountAsync("meters.told")).ShouldBe(4);
    }

    /// <summary>Has a message for each reading; chokes on one of so many units, if told to.</summary>
    private sealed class TellOfReadings(int? poison = null, string name = SubscriptionTests.Name) : Subscription
    {
        public override string Name => name;

        public override IReadOnlyList<Type> Events => [typeof(MeterRead)];

        public override Task ReactAsync(IReadOnlyList<StoredEvent> events, Reaction reaction, CancellationToken stop)
        {
            foreach (var stored in events)
            {
                var units = ((MeterRead)stored.Data).Units;
                if (units == poison)
                    throw new InvalidOperationException($"{units} units can't be.");
                reaction.Enqueue(new CountUnits(stored.Stream, units), stored);
            }

            return Task.CompletedTask;
        }
    }
}
