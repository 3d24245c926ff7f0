using Lectern.Jobs.Submission;

namespace Lectern.Tests.Jobs.Submission;

public sealed class SpreadTests
{
    [Fact]
    public void It_goes_from_the_first_to_the_ninth_decile() =>
        Spread.Of(Enumerable.Range(0, 101).Select(i => (double)i).Reverse()).ShouldBe(new Spread(10, 50, 90));

    [Fact]
    public void Between_two_measurements_it_is_taken_in_proportion() =>
        Spread.Of([2, 1]).ShouldBe(new Spread(1.1, 1.5, 1.9));

    [Fact]
    public void One_measurement_is_all_three() => Spread.Of([7]).ShouldBe(new Spread(7, 7, 7));
}
