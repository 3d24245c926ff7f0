using Lectern.Activity.Analytics;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;

namespace Lectern.Tests.Activity.Analytics;

/// <summary>
/// What the figures are to be, said a second time as plainly as can be: one event after the other, with everything that was
/// before in memory.
/// </summary>
internal sealed class UsageModel
{
    private readonly Dictionary<Guid, Run> _runs = []; // the latest of a job
    private readonly Dictionary<Guid, Run> _byHold = [];
    private readonly Dictionary<(Guid, int), Run> _byEntry = [];
    private readonly Dictionary<(Guid Workspace, string Dimension, DateOnly Day, string Value), UsageSums> _sums = [];

    public UsageModel(IEnumerable<StoredEvent> events)
    {
        foreach (var stored in events)
            Add(stored);
    }

    /// <summary>As the database tells the rows.</summary>
    public IEnumerable<string> Rows =>
        _sums
            .OrderBy(row => row.Key.Workspace.ToString(), StringComparer.Ordinal)
            .ThenBy(row => row.Key.Dimension, StringComparer.Ordinal)
            .ThenBy(row => row.Key.Day)
            .ThenBy(row => row.Key.Value, StringComparer.Ordinal)
            .Select(row =>
                $$"""{"workspace_id":"{{row.Key.Workspace}}","dimension":"{{row.Key.Dimension}}","day":"{{row.Key.Day:yyyy-MM-dd}}","value":"{{row.Key.Value}}",{{string.Join(
                    ',',
                    Enum.GetValues<Measure>().Select(measure => $"\"{UsageSums.Columns[(int)measure]}\":{row.Value[measure]}")
                )}}}"""
            );

    private void Add(StoredEvent stored)
    {
        switch (stored.Data)
        {
            case JobSubmitted e:
                Begin(
                    stored,
                    e.Hold,
                    e.Held,
                    e.Kind,
                    e.Voice,
                    (e.PricedAs ?? e.Voice).Split('/', '-')[0],
                    $"{e.Project}"
                );
                Count(stored, OfJob(), (Measure.Submitted, 1), (Measure.CharactersOrdered, e.Characters));
                break;
            case JobReopened e:
                var before = OfJob();
                Begin(
                    stored,
                    e.Hold,
                    e.Held,
                    before.Kind,
                    before.Voice,
                    e.PricedAs?.Split('/')[0] ?? before.Provider,
                    before.Project
                );
                Count(stored, OfJob(), (Measure.Retried, 1));
                break;
            case ChunkSynthesized e:
                var length = e.Samples * 1000L / e.Rate;
                Count(
                    stored,
                    OfJob() with
                    {
                        Voice = e.Voice ?? OfJob().Voice,
                        Provider = e.Provider ?? OfJob().Provider,
                    },
                    (Measure.ChunksSpoken, 1),
                    (Measure.CharactersSpoken, e.Characters ?? 0),
                    (Measure.SpokenMs, length),
                    (Measure.TimedMs, e.TookMs is null ? 0 : length),
                    (Measure.EngineMs, e.TookMs ?? 0)
                );
                break;
            case ChunkReused e:
                Count(
                    stored,
                    OfJob(),
                    (Measure.ChunksReused, 1),
                    (Measure.CharactersReused, e.Characters ?? 0),
                    (Measure.ReusedMs, e.Samples * 1000L / e.Rate)
                );
                break;
            case VoiceFellBack e:
                Count(stored, OfJob() with { Failure = $"synthesize/{e.Code}" }, (Measure.FellBack, 1));
                break;
            case AudioAssembled e:
                Count(stored, OfJob(), (Measure.DeliveredMs, e.DurationMs));
                break;
            case JobCompleted e:
                Count(stored, OfJob(), (Measure.Completed, 1), (Measure.Saved, OfJob().Held - e.Charged));
                break;
            case JobFailed e:
                Count(stored, OfJob() with { Failure = $"{e.Step}/{e.Code}" }, (Measure.Failed, 1));
                break;
            case JobCancelled:
                Count(stored, OfJob(), (Measure.Cancelled, 1));
                break;
            case CreditsDeducted e:
                Count(stored, OfEntry(_byHold[e.Hold]), (Measure.Charges, 1), (Measure.Charged, e.Captured));
                break;
            case CreditsRefunded e:
                Count(stored, OfEntry(_byHold[e.Hold]), (Measure.Refunded, e.Amount));
                break;
            case CreditsCorrected e when _byEntry.TryGetValue((stored.Stream, e.Entry), out var corrected):
                Count(stored, OfEntry(corrected), (Measure.Corrected, e.Amount));
                break;
        }

        Run OfJob() => _runs[stored.Stream];

        Run OfEntry(Run run) => _byEntry[(stored.Stream, stored.Version!.Value)] = run;
    }

    private void Begin(
        StoredEvent stored,
        Guid hold,
        long held,
        string kind,
        string voice,
        string provider,
        string project
    ) =>
        _runs[stored.Stream] = _byHold[hold] = new Run(
            held,
            kind,
            voice,
            provider,
            stored.Actor["person:".Length..],
            stored.Credential?.StartsWith("session:", StringComparison.Ordinal) == true ? stored.Credential[8..] : "",
            stored.Credential?.StartsWith("key:", StringComparison.Ordinal) == true ? stored.Credential[4..] : "",
            project,
            null
        );

    private void Count(StoredEvent stored, Run run, params (Measure Measure, long Amount)[] amounts)
    {
        foreach (
            var (workspace, dimension, value) in new (Guid, string, string?)[]
            {
                (stored.Workspace, "all", ""),
                (stored.Workspace, "kind", run.Kind),
                (stored.Workspace, "provider", run.Provider),
                (stored.Workspace, "voice", run.Voice),
                (stored.Workspace, "person", run.Person),
                (stored.Workspace, "session", run.Session),
                (stored.Workspace, "api_key", run.ApiKey),
                (stored.Workspace, "project", run.Project),
                (stored.Workspace, "failure", run.Failure),
                (Guid.Empty, "all", ""),
                (Guid.Empty, "workspace", stored.Workspace.ToString()),
                (Guid.Empty, "kind", run.Kind),
                (Guid.Empty, "provider", run.Provider),
                (Guid.Empty, "voice", run.Voice),
                (Guid.Empty, "failure", run.Failure),
            }
        )
        {
            if (value is null)
                continue;
            var key = (workspace, dimension, DateOnly.FromDateTime(stored.At!.Value.UtcDateTime), value);
            if (!_sums.TryGetValue(key, out var sums))
                _sums[key] = sums = new UsageSums();
            foreach (var (measure, amount) in amounts)
                sums[measure] += amount;
        }
    }

    private sealed record Run(
        long Held,
        string Kind,
        string Voice,
        string Provider,
        string Person,
        string Session,
        string ApiKey,
        string Project,
        string? Failure
    );
}
