using System.Globalization;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Activity.Analytics;

/// <summary>
/// <c>GET /analytics/usage</c>, <c>/spend</c> and <c>/failures</c> of the workspace, and the same of the platform for its
/// administrators.
/// </summary>
internal static class AnalyticsEndpoints
{
    private const string About =
        "Days are UTC and written 2026-10-07; by default the last 30, at most 366. Weeks begin on Monday; the first and the "
        + "last period may be cut off. format=csv, or an Accept header that wants text/csv, gives a file. Figures follow what "
        + "happens within a second or so.";

    private static readonly DateOnly First = new(2026, 10, 1);
    private static readonly DateOnly Last = new(2026, 10, 31);

    private static readonly Answer Usage = DividedAsync(
        "usage",
        [Measure.CharactersOrdered, Measure.CharactersSpoken, Measure.CharactersReused],
        UsageRow.Of
    );
    private static readonly Answer Spend = DividedAsync("spend", [Measure.Charged], SpendRow.Of);

    /// <summary>The routes of a workspace, or of the platform.</summary>
    public static void Map(IEndpointRouteBuilder api)
    {
        Map(api, ofPlatform: false);
        Map(api, ofPlatform: true);
    }

    private static void Map(IEndpointRouteBuilder api, bool ofPlatform)
    {
        var dimensions = ofPlatform ? Dimension.OfPlatform : Dimension.OfWorkspace;
        var divided =
            $" by divides by {string.Join(", ", dimensions.Select(each => each.Name))}; the top values that have most come each"
            + " by themselves and all others together, or only one with value.";
        const string byCode =
            " The top steps and codes that most failed by come each by themselves and all others together.";
        var forAdmins = ofPlatform ? "" : " By session and api_key is for admins of the workspace who logged in.";

        Describe(Divided("usage", Usage), "usage", "What was made", divided + forAdmins)
            .Produces<AnalyticsView<UsageRow>>()
            .WithExample(response: UsageExample());
        Describe(Divided("spend", Spend), "spend", "What was spent", divided + forAdmins)
            .Produces<AnalyticsView<SpendRow>>()
            .WithExample(response: SpendExample());
        Describe(Undivided("failures", FailuresAsync), "failures", "What failed, by step and code", byCode)
            .Produces<FailuresView>()
            .WithExample(
                response: new FailuresView(
                    First,
                    Last,
                    Every.Total,
                    40,
                    2,
                    0.05,
                    [new FailuresRow(First, Last, "synthesize", "provider-unavailable", 2, 0.05, 7)]
                )
            );

        RouteHandlerBuilder Divided(string what, Answer answer) =>
            api.MapGet(
                AddressOf(what),
                ([AsParameters] AnalyticsParameters parameters, [AsParameters] Asked asked, CancellationToken cancel) =>
                    AnswerAsync(parameters, asked, ofPlatform, answer, cancel)
            );

        RouteHandlerBuilder Undivided(string what, Answer answer) =>
            api.MapGet(
                AddressOf(what),
                (
                    string? from,
                    string? to,
                    string? every,
                    int? top,
                    string? format,
                    [AsParameters] Asked asked,
                    CancellationToken cancel
                ) =>
                    AnswerAsync(
                        new AnalyticsParameters
                        {
                            From = from,
                            To = to,
                            Every = every,
                            Top = top,
                            Format = format,
                        },
                        asked,
                        ofPlatform,
                        answer,
                        cancel
                    )
            );

        string AddressOf(string what) => ofPlatform ? $"/admin/analytics/{what}" : $"/analytics/{what}";

        RouteHandlerBuilder Describe(RouteHandlerBuilder route, string what, string summary, string description)
        {
            route
                .WithName($"Get{(ofPlatform ? "Platform" : "")}{char.ToUpperInvariant(what[0])}{what[1..]}")
                .WithTags(ofPlatform ? "admin" : "analytics")
                .WithSummary(ofPlatform ? $"{summary}, on the whole platform" : summary)
                .WithDescription(About + description)
                .WithProblems(CommonProblems.InvalidValues, CommonProblems.Forbidden);
            return ofPlatform ? route.ForPlatformAdmins() : route;
        }
    }

    private static async Task<IResult> AnswerAsync(
        AnalyticsParameters parameters,
        Asked asked,
        bool ofPlatform,
        Answer answer,
        CancellationToken cancel
    )
    {
        var (http, caller, store, time) = asked;
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var dimensions = ofPlatform ? Dimension.OfPlatform : Dimension.OfWorkspace;
        var (request, refusal) = AnalyticsRequest.Read(parameters, dimensions, http, caller, today);
        if (request is null)
            return refusal!.AsResult();
        await using var session = ofPlatform ? store.OpenWorkerSession(caller) : store.OpenSession(caller);
        return await answer(request, session, ofPlatform ? Guid.Empty : caller.Workspace, cancel);
    }

    /// <summary>A report that can be divided by something.</summary>
    /// <param name="what">What the file is called.</param>
    /// <param name="rank">Of which measures those values have most that are told each.</param>
    /// <param name="rowOf">What is told of a line.</param>
    private static Answer DividedAsync<TRow>(string what, Measure[] rank, Func<UsageLine, TRow> rowOf)
        where TRow : notnull =>
        async (request, session, workspace, cancel) =>
        {
            var report = await UsageReport.ReadAsync(session, workspace, request, rank, cancel);
            var rows = report.Lines.Select(rowOf).ToList();
            return request.AsCsv
                ? Csv(what, request, rows)
                : TypedResults.Ok(
                    new AnalyticsView<TRow>(
                        request.From,
                        request.To,
                        request.Every,
                        request.By == Dimension.All ? null : request.By.Name,
                        rowOf(new UsageLine(new Period(request.From, request.To), null, report.Total)),
                        rows
                    )
                );
        };

    private static async Task<IResult> FailuresAsync(
        AnalyticsRequest request,
        Session session,
        Guid workspace,
        CancellationToken cancel
    )
    {
        request = request with { By = Dimension.Failure };
        Measure[] rank = [Measure.Failed, Measure.FellBack];
        var report = await UsageReport.ReadAsync(session, workspace, request, rank, cancel);
        var ended = report.Undivided.ToDictionary(line => line.Period, line => line.Sums.Ended);
        var rows = report.Lines.Select(line => FailuresRow.Of(line, ended[line.Period])).ToList();
        if (request.AsCsv)
            return Csv("failures", request, rows);
        var (all, failed) = (report.Total.Ended, report.Total[Measure.Failed]);
        return TypedResults.Ok(
            new FailuresView(request.From, request.To, request.Every, all, failed, Rate.Of(failed, all), rows)
        );
    }

    private static CsvResult Csv<TRow>(string what, AnalyticsRequest request, IEnumerable<TRow> rows) =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{what}-{request.From:yyyy-MM-dd}-{request.To:yyyy-MM-dd}.csv"
            ),
            RowCsv<TRow>.Columns,
            rows.Select(RowCsv<TRow>.LineOf).ToAsyncEnumerable()
        );

    private static AnalyticsView<UsageRow> UsageExample()
    {
        var sums = new UsageSums
        {
            [Measure.Submitted] = 40,
            [Measure.Completed] = 38,
            [Measure.Failed] = 2,
            [Measure.CharactersOrdered] = 1_900_000,
            [Measure.CharactersSpoken] = 1_400_000,
            [Measure.CharactersReused] = 460_000,
            [Measure.ChunksSpoken] = 7_000,
            [Measure.ChunksReused] = 2_300,
            [Measure.SpokenMs] = 93_000_000,
            [Measure.ReusedMs] = 30_000_000,
            [Measure.DeliveredMs] = 121_000_000,
            [Measure.TimedMs] = 93_000_000,
            [Measure.EngineMs] = 1_860_000,
        };
        var total = UsageRow.Of(new UsageLine(new Period(First, Last), null, sums));
        return new AnalyticsView<UsageRow>(
            First,
            Last,
            Every.Total,
            "provider",
            total,
            [total with { Value = "flite" }]
        );
    }

    private static AnalyticsView<SpendRow> SpendExample()
    {
        var sums = new UsageSums
        {
            [Measure.Charges] = 38,
            [Measure.Charged] = 28_000_000,
            [Measure.Refunded] = 500_000,
            [Measure.Saved] = 9_200_000,
            [Measure.DeliveredMs] = 121_000_000,
        };
        var total = SpendRow.Of(new UsageLine(new Period(First, Last), null, sums));
        return new AnalyticsView<SpendRow>(
            First,
            Last,
            Every.Total,
            "person",
            total,
            [total with { Value = "person_01h455vb4pex5vsknk084sn02r" }]
        );
    }

    private delegate Task<IResult> Answer(
        AnalyticsRequest request,
        Session session,
        Guid workspace,
        CancellationToken cancel
    );

    /// <summary>Who asks for a report, and what it is read with.</summary>
    internal readonly record struct Asked(
        HttpContext Http,
        Caller Caller,
        [property: FromServices] EventStore Store,
        [property: FromServices] TimeProvider Time
    );
}
