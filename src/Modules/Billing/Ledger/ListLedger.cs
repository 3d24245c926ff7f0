using System.Globalization;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Ledger;

/// <summary><c>GET /credits/ledger</c>.</summary>
internal static class ListLedgerEndpoint
{
    private static readonly string[] Kinds =
    [
        "granted",
        "held",
        "captured",
        "released",
        "expired",
        "refunded",
        "corrected",
    ];

    private static readonly string[] Columns =
    [
        "number",
        "at",
        "kind",
        "posted",
        "held",
        "balancePosted",
        "balanceHeld",
        "balanceAvailable",
        "job",
        "hold",
        "reason",
        "corrects",
        "note",
    ];

    private static readonly LedgerEntry Example = new(
        4,
        "captured",
        "-9.4",
        "-9.4",
        new BalanceView("10.6", "0", "10.6"),
        "hold_01h455vb4pex5vsknk084sn02q",
        "job_01h455vb4pex5vsknk084sn02r",
        "audiobook",
        null,
        null,
        DateTimeOffset.UnixEpoch
    );

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/credits/ledger", HandleAsync)
            .WithName("ListLedger")
            .WithTags("credits")
            .WithSummary("Every movement of the workspace's credits, newest first")
            .WithDescription(
                "Filter by kind, job, and days (from, to: UTC, both included). With format=csv the answer is a file with every entry that fits, oldest first."
            )
            .Produces<Page<LedgerEntry>>()
            .WithProblems(CommonProblems.InvalidValues)
            .WithExample(response: new Page<LedgerEntry>([Example], null));

    private static async Task<IResult> HandleAsync(
        int? limit,
        string? cursor,
        string? kind,
        string? job,
        string? from,
        string? to,
        string? format,
        HttpContext http,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        var (filter, refusal) = ReadFilter(kind, job, from, to, format);
        if (filter is null)
            return refusal!.AsResult();
        if (format == "csv")
        {
            var session = store.OpenSession(caller);
            http.Response.RegisterForDisposeAsync(session);
            return new CsvResult("ledger.csv", Columns, LedgerEntries.AllAsync(session, filter, cancel).Select(LineOf));
        }

        var list = $"ledger|{caller.Workspace}|{kind}|{job}|{from}|{to}";
        var (page, misfit) = ListPage.Of(cursors, list, limit, cursor);
        if (page is null)
            return misfit!.AsResult();
        await using var reading = store.OpenSession(caller);
        var before = (int)Math.Min(page.BeforeNumber, int.MaxValue);
        var entries = await LedgerEntries.BeforeAsync(reading, filter, before, page.Rows, cancel);
        return TypedResults.Ok(
            page.Cut([.. entries.Select(entry => new ListRow<LedgerEntry>(entry.At, entry.Number, entry))])
        );
    }

    private static (LedgerFilter? Filter, Problem? Refusal) ReadFilter(
        string? kind,
        string? job,
        string? from,
        string? to,
        string? format
    )
    {
        var faults = new List<FieldError>();
        var jobId = Guid.Empty;
        if (kind is not null && !Kinds.Contains(kind))
            faults.Add(new FieldError("kind", $"must be one of {string.Join(", ", Kinds)}"));
        if (job is not null && !PublicId.TryParse("job", job, out jobId))
            faults.Add(new FieldError("job", "must be the id of a job"));
        if (format is not (null or "json" or "csv"))
            faults.Add(new FieldError("format", "must be json or csv"));
        var first = UtcDay.Midnight(UtcDay.Read(from, "from", faults));
        var last = UtcDay.Midnight(UtcDay.Read(to, "to", faults));
        if (first > last)
            faults.Add(new FieldError("from", "must not be after to"));
        return faults.Count == 0
            ? (new LedgerFilter(kind, job is null ? null : jobId, first, last?.AddDays(1)), null)
            : (null, CommonProblems.InvalidValues.With("The entries can't be chosen like this.", [.. faults]));
    }

    private static string?[] LineOf(LedgerEntry entry) =>
        [
            entry.Number.ToString(CultureInfo.InvariantCulture),
            entry.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
            entry.Kind,
            entry.Posted,
            entry.Held,
            entry.Balance.Posted,
            entry.Balance.Held,
            entry.Balance.Available,
            entry.Job,
            entry.Hold,
            entry.Reason,
            entry.Corrects?.ToString(CultureInfo.InvariantCulture),
            entry.Note,
        ];
}
