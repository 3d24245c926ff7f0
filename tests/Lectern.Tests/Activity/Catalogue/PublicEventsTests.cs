using Lectern.Activity.Catalogue;

namespace Lectern.Tests.Activity.Catalogue;

public sealed class PublicEventsTests
{
    // Several stored types may be told as one: then what is told of them must have one form, or the feed could not read it.
    [Fact]
    public void The_data_of_everything_that_is_told_can_be_written_and_each_name_has_one_form()
    {
        foreach (var type in PublicEvents.All)
            PublicJson.Of(type).Type.ShouldBe(type.Data, type.Name);
        PublicEvents
            .All.GroupBy(type => type.Name)
            .ShouldAllBe(types => types.Select(type => type.Data).Distinct().Count() == 1);
    }
}
