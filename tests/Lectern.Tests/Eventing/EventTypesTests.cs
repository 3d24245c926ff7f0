using System.Text;
using Lectern.Eventing;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Eventing;

public sealed class EventTypesTests
{
    [Fact]
    public void An_event_is_stored_under_its_name_and_reads_back()
    {
        var types = Types();
        var (name, json) = types.Write(new MeterRead(5));
        name.ShouldBe("meters.meter_read.v1");
        Encoding.UTF8.GetString(json).ShouldBe("""{"units":5}""");
        types.Read(name, json).ShouldBe(new MeterRead(5));
    }

    [Fact]
    public void An_older_version_is_read_as_the_newest() =>
        Types().Read("meters.meter_read.v0", """{"kiloUnits":2}"""u8.ToArray()).ShouldBe(new MeterRead(2000));

    [Fact]
    public void A_stored_name_stands_for_one_type()
    {
        var model = Model();
        Should.Throw<ArgumentException>(() => model.Event("meters.meter_read.v1", MeterJson.Default.CountUnits));
        Should.Throw<ArgumentException>(() => model.Event("meters.another_name.v1", MeterJson.Default.MeterRead));
        Should.Throw<ArgumentException>(() =>
            model.OldEvent("meters.meter_read.v1", MeterJson.Default.MeterReadV0, old => new MeterRead(old.KiloUnits))
        );
    }

    [Fact]
    public void An_unknown_name_is_an_error_that_names_it()
    {
        var types = Types();
        Should
            .Throw<UnknownTypeException>(() => types.Read("meters.gone.v1", []))
            .Message.ShouldContain("meters.gone.v1");
        Should.Throw<InvalidOperationException>(() => types.Write("a string"));
    }

    [Fact]
    public void A_message_that_waits_in_a_lane_that_is_not_there_stops_the_start()
    {
        var model = Model();
        model.Lanes.Remove(MeterModel.Lane);
        Should.Throw<InvalidOperationException>(() => new EventStore(model, "Host=nowhere", TimeProvider.System));
    }

    private static EventTypes Types() => Model().EventTypes;

    private static EventingBuilder Model()
    {
        var model = new EventingBuilder(new ServiceCollection());
        MeterModel.Register(model);
        return model;
    }
}
