using Lectern.SharedKernel.Http;

namespace Lectern.Tests.SharedKernel.Http;

public sealed class DayRangeTests
{
    [Theory]
    [InlineData(null, null, "2026-02-13", "2026-03-14")]
    [InlineData(null, "2026-01-30", "2026-01-01", "2026-01-30")]
    [InlineData("2026-03-14", null, "2026-03-14", "2026-03-14")]
    [InlineData("2025-03-14", "2026-03-14", "2025-03-14", "2026-03-14")]
    [InlineData(null, "0001-01-05", "0001-01-01", "0001-01-05")]
    public void Days_that_are_not_named_have_a_default(string? from, string? to, string first, string last)
    {
        var range = DayRange.Read(from, to, new DateOnly(2026, 3, 14), maxDays: 366);

        range.Fault.ShouldBeNull();
        (range.From.ToString("O"), range.To.ToString("O")).ShouldBe((first, last));
    }

    [Theory]
    [InlineData("2026-3-1", null, "from", "must be a day such as 2026-10-07")]
    [InlineData("2026-02-30", null, "from", "must be a day such as 2026-10-07")]
    [InlineData(null, "yesterday", "to", "must be a day such as 2026-10-07")]
    [InlineData("2026-03-02", "2026-03-01", "from", "must not be after to")]
    [InlineData("2025-03-13", "2026-03-14", "from", "must be at most 365 days before to")]
    public void Days_that_do_not_fit_are_refused(string? from, string? to, string pointer, string detail)
    {
        var fault = DayRange.Read(from, to, new DateOnly(2026, 3, 14), maxDays: 366).Fault;

        (fault!.Pointer, fault.Detail).ShouldBe((pointer, detail));
    }
}
