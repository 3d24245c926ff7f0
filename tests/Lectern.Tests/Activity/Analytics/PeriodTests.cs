using Lectern.Activity.Analytics;

namespace Lectern.Tests.Activity.Analytics;

public sealed class PeriodTests
{
    [Theory]
    [InlineData("day", "2026-02-27", "2026-03-01", "02-27..02-27 02-28..02-28 03-01..03-01")]
    [InlineData("week", "2026-12-30", "2027-01-12", "12-30..01-03 01-04..01-10 01-11..01-12")] // Wednesday to Tuesday
    [InlineData("week", "2026-03-02", "2026-03-08", "03-02..03-08")]
    [InlineData("week", "2026-03-01", "2026-03-02", "03-01..03-01 03-02..03-02")] // a Sunday and a Monday
    [InlineData("month", "2028-01-31", "2028-03-01", "01-31..01-31 02-01..02-29 03-01..03-01")]
    [InlineData("total", "2026-02-27", "2026-03-01", "02-27..03-01")]
    [InlineData("week", "9999-12-30", "9999-12-31", "12-30..12-31")]
    [InlineData("month", "9999-12-30", "9999-12-31", "12-30..12-31")]
    public void Periods_cover_all_days_and_are_cut_off_at_the_ends(
        string every,
        string from,
        string to,
        string expected
    ) =>
        string.Join(
                ' ',
                Period
                    .Of(Enum.Parse<Every>(every, ignoreCase: true), DateOnly.Parse(from), DateOnly.Parse(to))
                    .Select(period => $"{period.From:MM-dd}..{period.To:MM-dd}")
            )
            .ShouldBe(expected);
}
