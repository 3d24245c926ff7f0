using Lectern.Activity.Analytics;
using Lectern.Eventing;

namespace Lectern.Tests.Activity.Analytics;

/// <summary>What is read, over a log that was drawn by chance.</summary>
public sealed class UsageReportTests(UsageReportTests.Log log) : IClassFixture<UsageReportTests.Log>
{
    private static readonly History History = new(8, 1_200);
    private static readonly DateOnly First = new(2026, 2, 18);
    private static readonly DateOnly Last = new(2026, 3, 12);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_and_others_together_are_all_there_is_in_every_period()
    {
        foreach (var workspace in History.Workspaces.Append(Guid.Empty))
        foreach (var by in workspace == Guid.Empty ? Dimension.OfPlatform : Dimension.OfWorkspace)
        foreach (var every in Enum.GetValues<Every>())
        foreach (var top in new[] { 1, 2, 100 })
        {
            var report = await ReadAsync(workspace, every, by, top: top);

            var periods = Period.Of(every, First, Last);
            report.Undivided.Select(line => line.Period).ShouldBe(periods);
            var values = report.Lines.Select(line => line.Value!).Distinct().ToList();
            values.Count.ShouldBeLessThanOrEqualTo(top + 1);
            report
                .Lines.Select(line => (line.Period, line.Value!))
                .ShouldBe(periods.SelectMany(period => values.Select(value => (period, value))));
            foreach (var (period, lines) in periods.Zip(report.Lines.Chunk(values.Count)))
                Text(Sum(lines)).ShouldBe(Text(report.Undivided.Single(line => line.Period == period).Sums));
            Text(Sum(report.Undivided)).ShouldBe(Text(report.Total));
            report.Total[Measure.Submitted].ShouldBeGreaterThan(0);
        }
    }

    [Fact]
    public async Task Weeks_and_months_are_the_sums_of_their_days()
    {
        var workspace = History.Workspaces.First();
        var days = (await ReadAsync(workspace, Every.Day, Dimension.All)).Lines;
        foreach (var every in new[] { Every.Week, Every.Month, Every.Total })
        foreach (var line in (await ReadAsync(workspace, every, Dimension.All)).Lines)
            Text(line.Sums)
                .ShouldBe(
                    Text(Sum(days.Where(day => day.Period.From >= line.Period.From && day.Period.To <= line.Period.To)))
                );
    }

    [Fact]
    public async Task The_values_with_most_come_first_and_one_alone_has_the_same_figures()
    {
        var workspace = History.Workspaces.First();
        var voices = Dimension.OfWorkspace.Single(each => each.Name == "voice");
        var top = (await ReadAsync(workspace, Every.Total, voices)).Lines;

        top.Select(line => line.Sums[Measure.CharactersSpoken]).ShouldBeInOrder(SortDirection.Descending);
        top.Count.ShouldBe(3);
        foreach (var line in top)
        {
            var alone = (await ReadAsync(workspace, Every.Total, voices, value: line.Value)).Lines;
            Text(alone.ShouldHaveSingleItem().Sums).ShouldBe(Text(line.Sums));
        }
    }

    [Fact]
    public async Task Of_a_value_that_nothing_happened_with_there_are_zeros()
    {
        var voices = Dimension.OfWorkspace.Single(each => each.Name == "voice");

        var report = await ReadAsync(History.Workspaces.First(), Every.Week, voices, value: "flite-nobody");

        report.Lines.Select(line => line.Value).Distinct().ShouldBe(["flite-nobody"]);
        report.Lines.Count.ShouldBe(Period.Of(Every.Week, First, Last).Count);
        report.Lines.ShouldAllBe(line => line.Sums.IsZero);
        report.Total.IsZero.ShouldBeFalse();
    }

    [Fact]
    public async Task Failures_are_all_that_failed()
    {
        var report = await ReadAsync(History.Workspaces.First(), Every.Total, Dimension.Failure);

        report.Lines.Count.ShouldBeInRange(2, 4);
        report.Lines.Sum(line => line.Sums[Measure.Failed]).ShouldBe(report.Total[Measure.Failed]);
        report.Lines.Sum(line => line.Sums[Measure.FellBack]).ShouldBe(report.Total[Measure.FellBack]);
        report.Total[Measure.Failed].ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Failures_that_are_not_among_the_top_ones_are_told_together()
    {
        foreach (var every in Enum.GetValues<Every>())
        {
            var all = await ReadAsync(History.Workspaces.First(), every, Dimension.Failure, top: 100);
            var report = await ReadAsync(History.Workspaces.First(), every, Dimension.Failure, top: 1);

            report.Lines.Select(line => line.Value).Distinct().Count().ShouldBe(2);
            report.Lines[^1].Value.ShouldBe(Dimension.Others);
            var told = FailuresRow.Of(report.Lines[^1], ended: 1);
            (told.Step, told.Code).ShouldBe((Dimension.Others, Dimension.Others));
            Text(Sum(report.Lines)).ShouldBe(Text(Sum(all.Lines)));
            foreach (var (undivided, lines) in report.Undivided.Zip(report.Lines.Chunk(2)))
                Sum(lines)[Measure.Failed].ShouldBe(undivided.Sums[Measure.Failed]);
        }
    }

    private async Task<UsageReport> ReadAsync(
        Guid workspace,
        Every every,
        Dimension by,
        string? value = null,
        int top = 10
    )
    {
        var context = new SessionContext(workspace, "system", Guid.NewGuid());
        await using var session =
            workspace == Guid.Empty
                ? log.Database.Store.OpenWorkerSession(context)
                : log.Database.Store.OpenSession(context);
        return await UsageReport.ReadAsync(
            session,
            workspace,
            new AnalyticsRequest(First, Last, every, by, value, top, AsCsv: false),
            [Measure.CharactersSpoken],
            Cancel
        );
    }

    private static UsageSums Sum(IEnumerable<UsageLine> lines)
    {
        var sum = new UsageSums();
        foreach (var line in lines)
            sum.Add(line.Sums);
        return sum;
    }

    private static string Text(UsageSums sums) =>
        string.Join(' ', Enum.GetValues<Measure>().Select(measure => $"{measure}={sums[measure]}"));

    public sealed class Log : IAsyncLifetime
    {
        internal AnalyticsDatabase Database { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Database = await AnalyticsDatabase.CreateAsync();
            await Database.StoreAsync(History.Events);
            await Database.CatchUpAsync();
        }

        public ValueTask DisposeAsync() => Database.DisposeAsync();
    }
}
