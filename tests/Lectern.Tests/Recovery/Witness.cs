using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Lectern.Eventing;
using Lectern.Host;
using Lectern.SharedKernel.Audit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lectern.Tests.Recovery;

/// <summary>
/// Looks at an installation from outside, after all has come to rest: at its files, its tables and the engine's journal.
/// </summary>
internal sealed class Witness : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Everything that projections write.</summary>
    private static readonly string[] Views =
    [
        "jobs.job_view",
        "jobs.chunks",
        "jobs.segments",
        "billing.wallets",
        "billing.holds",
        "billing.hold_ends",
        "billing.ledger",
        "billing.spend_by_day",
        "activity.usage_runs",
        "activity.usage_entries",
        "activity.usage_by_day",
    ];

    private readonly Installation _installation;
    private readonly NpgsqlDataSource _database;

    public Witness(Installation installation)
    {
        _installation = installation;
        _database = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(installation.ConnectionString) { Pooling = false }.ConnectionString
        );
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>All that has to hold whatever happened.</summary>
    public async Task AssertAllIsWellAsync()
    {
        await AssertNothingWasLostAsync();
        await AssertNothingWasSpokenAgainAsync();
        await AssertEveryCallWasOnRecordAsync();
        await AssertNothingWasChargedTwiceAsync();
        await AssertViewsEqualReplayAsync();
    }

    /// <summary>Every job that was accepted has its file, whole and with its chapters.</summary>
    public async Task AssertNothingWasLostAsync()
    {
        foreach (var job in _installation.Jobs)
        {
            var view = (await _installation.FindAsync(job)).ShouldNotBeNull($"{job.Id} is gone");
            view.GetProperty("status").GetString().ShouldBe("completed", $"{view}");
            view.GetProperty("chapters").GetProperty("total").GetInt32().ShouldBe(job.Book.Chapters);
            await AssertFileIsWholeAsync(job, view.GetProperty("result"));
        }

        (await ReadAsync("select type || ': ' || error from eventing.dead_letters")).ShouldBeEmpty();
        // Each key that a client submitted with stands for one job, however often it had to try.
        (await ReadAsync("select id::text from jobs.job_view")).Count.ShouldBe(_installation.Jobs.Count);
    }

    /// <summary>
    /// The engine is never called for a chunk whose result was committed, and twice for one only if something was away
    /// between the calls.
    /// </summary>
    public async Task AssertNothingWasSpokenAgainAsync()
    {
        var committed = await SpokenAsync();
        var calls = _installation.Engine.Calls().Where(call => committed.ContainsKey(call.Text)).ToList();
        calls.Select(call => call.Text).Distinct().Count().ShouldBe(committed.Count, "a chunk that no call made");
        calls.Where(call => call.At > committed[call.Text]).ShouldBeEmpty("spoken again after its event was committed");
        calls
            .GroupBy(call => call.Text)
            .SelectMany(same => same.OrderBy(call => call.At).Zip(same.OrderBy(call => call.At).Skip(1)))
            .Where(pair => !_installation.Outages.Any(o => o.From < pair.Second.At && o.To > pair.First.At))
            .ShouldBeEmpty("spoken twice though nothing was away");
    }

    /// <summary>
    /// When the engine was called for the nth time with a text, at least n calls for it were on record; and no more of
    /// them succeeded than were made.
    /// </summary>
    public async Task AssertEveryCallWasOnRecordAsync()
    {
        var recorded = (
            await ReadAsync(
                """
                select c.spoken || E'\t' || (extract(epoch from p.started_at) * 1000000)::bigint || E'\t' || coalesce(e.outcome, '')
                from jobs.chunks c join billing.provider_calls p on p.job_id = c.job_id and p.chunk = c.chunk
                left join billing.provider_call_ends e on e.call_id = p.id
                """
            )
        ).Select(line => line.Split('\t')).ToLookup(parts => JournalingEngine.HashOf(parts[0]), parts => (At: long.Parse(parts[1], CultureInfo.InvariantCulture) * 1000, Outcome: parts[2]), StringComparer.Ordinal);
        var spoken = await SpokenAsync();
        foreach (
            var made in _installation.Engine.Calls().Where(call => spoken.ContainsKey(call.Text)).GroupBy(c => c.Text)
        )
        {
            foreach (var (n, call) in made.OrderBy(call => call.At).Index())
                recorded[made.Key]
                    .Count(row => row.At <= call.At)
                    .ShouldBeGreaterThan(n, "called before it was on record");
            recorded[made.Key].Count(row => row.Outcome == "succeeded").ShouldBeInRange(1, made.Count());
        }
    }

    /// <summary>How many calls were made for a chunk that an earlier call was made for.</summary>
    public async Task<int> RepeatedCallsAsync()
    {
        var committed = await SpokenAsync();
        return _installation.Engine.Calls().Count(call => committed.ContainsKey(call.Text)) - committed.Count;
    }

    /// <summary>Each run has one hold with one end, and the wallet is what its events say.</summary>
    public async Task AssertNothingWasChargedTwiceAsync()
    {
        (
            await ReadAsync(
                """
                select format('job %s run %s: %s holds, %s ends', coalesce(h.job, e.job), h.run, h.n, e.n)
                from (select data ->> 'job' as job, data ->> 'run' as run, min(data ->> 'hold') as hold, count(*) as n
                      from eventing.events where type = 'billing.credits_held.v1' group by 1, 2) h
                full join (select data ->> 'job' as job, data ->> 'hold' as hold, count(*) as n
                           from eventing.events where type in ('billing.credits_deducted.v1', 'billing.hold_released.v1')
                           group by 1, 2) e on e.hold = h.hold
                where h.n is distinct from 1 or e.n is distinct from 1
                """
            )
        ).ShouldBeEmpty("every hold has exactly one end once all jobs have ended");
        (
            await ReadAsync(
                """
                select format('wallet %s has %s, held %s; its events say %s', w.id, w.posted, w.held, e.posted)
                from billing.wallets w
                join (select stream_id,
                             sum(case type when 'billing.credits_granted.v1' then (data ->> 'amount')::bigint
                                           when 'billing.credits_deducted.v1' then -(data ->> 'captured')::bigint
                                           else 0 end) as posted
                      from eventing.events group by 1) e on e.stream_id = w.id
                where w.posted <> e.posted or w.held <> 0
                """
            )
        ).ShouldBeEmpty();
        (
            await ReadAsync(
                """
                select format('job %s: %s characters captured, %s paid for, of %s', v.id, e.characters, p.characters, v.characters)
                from jobs.job_view v
                left join (select (data ->> 'job')::uuid as job, sum((data #>> '{delivered,characters}')::bigint) as characters
                           from eventing.events where type = 'billing.credits_deducted.v1' group by 1) e on e.job = v.id
                left join (select c.job_id, sum(c.source_length) as characters
                           from jobs.chunks c
                           join jobs.paid_audio a on a.job_id = c.job_id and a.workspace_id = c.workspace_id and a.hash = c.audio
                           group by 1) p on p.job_id = v.id
                where coalesce(e.characters, 0) <> coalesce(p.characters, 0)
                   or (v.status = 'completed' and coalesce(p.characters, 0) = 0)
                """
            )
        ).ShouldBeEmpty("what was captured is what is noted as paid");
    }

    /// <summary>A rebuild of every projection changes no row, and no invariant that the program knows is breached.</summary>
    public async Task AssertViewsEqualReplayAsync()
    {
        await using var app = LecternHost.Build(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:Lectern"] = _installation.ConnectionString,
                ["Lectern:Data:Folder"] = _installation.DataFolder,
                ["Lectern:Voices:FlitePath"] = _installation.Engine.Program,
            },
            configure: builder => builder.Logging.ClearProviders()
        );
        var rebuild = app.Services.GetRequiredService<ProjectionRebuild>();
        await Poll.UntilAsync(
            "all projections have caught up",
            Patience,
            async () => (await rebuild.ListAsync(Cancel)).All(p => p.Inline || p.Position == p.Head),
            Cancel
        );

        var live = await DumpAsync();
        foreach (var view in rebuild.Views)
            await rebuild.RebuildAsync(view, Cancel);
        var replayed = await DumpAsync();
        foreach (var view in Views)
            replayed[view].ShouldBe(live[view], $"{view} is not what its events say");

        foreach (var check in app.Services.GetServices<IAuditCheck>())
            (await check.FindBreachesAsync(Cancel)).ShouldBeEmpty(check.Name);
    }

    /// <summary>The first column of each row, as the database's owner sees it.</summary>
    public async Task<List<string>> ReadAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await using var row = await command.ExecuteReaderAsync(Cancel);
        var values = new List<string>();
        while (await row.ReadAsync(Cancel))
            values.Add(row.GetString(0));
        return values;
    }

    /// <summary>How long each restart took to the first event after it, where nothing else went away before.</summary>
    public async Task<List<TimeSpan>> RecoveryTimesAsync()
    {
        var events = (
            await ReadAsync(
                "select (extract(epoch from at) * 1000000)::bigint::text from eventing.events where type like 'jobs.%' and type <> 'jobs.job_submitted.v1' order by at"
            )
        )
            .Select(text => long.Parse(text, CultureInfo.InvariantCulture) * 1000)
            .ToList();
        var outages = _installation.Outages.OrderBy(o => o.To).ToList();
        return
        [
            .. outages
                .Select((outage, i) => (outage.To, Next: i + 1 < outages.Count ? outages[i + 1].From : long.MaxValue))
                .Select(o => (o.To, First: events.FirstOrDefault(at => at > o.To && at < o.Next)))
                .Where(o => o.First > 0)
                .Select(o => TimeSpan.FromMicroseconds((o.First - o.To) / 1000)),
        ];
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    /// <summary>When each text's event was written, in nanoseconds since 1970.</summary>
    private async Task<Dictionary<string, long>> SpokenAsync() => (
            await ReadAsync(
                """
                select c.spoken || E'\t' || (extract(epoch from e.at) * 1000000)::bigint::text
                from eventing.events e
                join jobs.chunks c on c.job_id = e.stream_id and c.chunk = (e.data ->> 'chunk')::int
                where e.type = 'jobs.chunk_synthesized.v1'
                """
            )
        ).Select(line => line.Split('\t')).ToDictionary(parts => JournalingEngine.HashOf(parts[0]), parts => long.Parse(parts[1], CultureInfo.InvariantCulture) * 1000, StringComparer.Ordinal);

    private async Task<Dictionary<string, string>> DumpAsync()
    {
        var dump = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var view in Views)
            dump[view] = string.Join('\n', await ReadAsync($"select row_to_json(t)::text from {view} t order by 1"));
        return dump;
    }

    private async Task AssertFileIsWholeAsync(AcceptedJob job, JsonElement result)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(
                path,
                await _installation.Client.GetByteArrayAsync($"/api/v1/jobs/{job.Id}/download", Cancel),
                Cancel
            );
            Convert
                .ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path, Cancel)))
                .ShouldBe(result.GetProperty("sha256").GetString());
            var probe = await ProbeAsync(path);
            var seconds = double.Parse(
                probe.GetProperty("format").GetProperty("duration").GetString()!,
                CultureInfo.InvariantCulture
            );
            seconds.ShouldBe(result.GetProperty("durationMs").GetInt64() / 1000.0, 0.1);
            if (job.Book.Format != "wav") // has no chapters
                probe.GetProperty("chapters").GetArrayLength().ShouldBe(job.Book.Chapters);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<JsonElement> ProbeAsync(string path)
    {
        var start = new ProcessStartInfo(
            "ffprobe",
            ["-v", "error", "-show_format", "-show_chapters", "-of", "json", path]
        )
        {
            RedirectStandardOutput = true,
        };
        using var ffprobe = Process.Start(start)!;
        var output = await ffprobe.StandardOutput.ReadToEndAsync(Cancel);
        await ffprobe.WaitForExitAsync(Cancel);
        ffprobe.ExitCode.ShouldBe(0);
        return JsonElement.Parse(output);
    }
}
