using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Lectern.Voices.Contracts;

namespace Lectern.Activity.Analytics;

/// <summary>
/// What a run of events means: runs of jobs that began, entries of ledgers, and sums. It knows only these events, so that
/// a sum names whose it is (a run of a job, or an entry of a ledger) and the tables say the rest.
/// </summary>
internal sealed class UsageOfEvents
{
    private readonly Dictionary<(Guid Job, int Run), UsageRun> _runs = [];
    private readonly Dictionary<(Guid Wallet, int Number), UsageEntry> _entries = [];
    private readonly Dictionary<UsageKey, UsageSums> _sums = [];
    private readonly Dictionary<Guid, int> _running = [];

    private UsageOfEvents() { }

    public IReadOnlyCollection<UsageRun> Runs => _runs.Values;

    public IReadOnlyCollection<UsageEntry> Entries => _entries.Values;

    public IReadOnlyDictionary<UsageKey, UsageSums> Sums => _sums;

    public static UsageOfEvents Of(IReadOnlyList<StoredEvent> events)
    {
        var usage = new UsageOfEvents();
        // What comes before a retry is the run's before it; without one it is that of the latest run there is.
        foreach (var stored in events)
            if (stored.Data is JobReopened reopened)
                usage._running.TryAdd(stored.Stream, reopened.Run - 1);
        foreach (var stored in events)
            usage.Add(stored);
        return usage;
    }

    private void Add(StoredEvent stored)
    {
        switch (stored.Data)
        {
            case JobSubmitted e:
                Begin(
                    stored,
                    1,
                    e.Hold,
                    e.Held,
                    null,
                    e.Kind,
                    e.Voice,
                    EngineOf(e.PricedAs, e.Voice),
                    $"{e.Project}" // where it was ordered; moving it later changes no figures
                );
                var ordered = OfRun(stored);
                ordered[Measure.Submitted]++;
                ordered[Measure.CharactersOrdered] += e.Characters;
                break;
            case JobReopened e:
                // Whoever tries it again spends from here on; what is made stays the same.
                var before = _runs.GetValueOrDefault((stored.Stream, e.Run - 1));
                Begin(
                    stored,
                    e.Run,
                    e.Hold,
                    e.Held,
                    before is null ? e.Run - 1 : before.Like,
                    before?.Kind,
                    before?.Voice,
                    EngineOf(e.PricedAs) ?? before?.Provider,
                    before?.Project
                );
                OfRun(stored)[Measure.Retried]++;
                break;
            case ChunkSynthesized e:
                var spokenMs = Milliseconds(e.Samples, e.Rate);
                var spoken = OfRun(stored, voice: e.Voice, provider: e.Provider);
                spoken[Measure.ChunksSpoken]++;
                spoken[Measure.CharactersSpoken] += e.Characters ?? 0;
                spoken[Measure.SpokenMs] += spokenMs;
                spoken[Measure.TimedMs] += e.TookMs is null ? 0 : spokenMs;
                spoken[Measure.EngineMs] += e.TookMs ?? 0;
                break;
            case ChunkReused e:
                var reused = OfRun(stored);
                reused[Measure.ChunksReused]++;
                reused[Measure.CharactersReused] += e.Characters ?? 0;
                reused[Measure.ReusedMs] += Milliseconds(e.Samples, e.Rate);
                break;
            case VoiceFellBack e:
                OfRun(stored, failure: $"synthesize/{e.Code}")[Measure.FellBack]++;
                break;
            case AudioAssembled e:
                OfRun(stored)[Measure.DeliveredMs] += e.DurationMs;
                break;
            case JobCompleted e:
                var completed = OfRun(stored);
                completed[Measure.Completed]++;
                completed[Measure.Saved] -= e.Charged; // what was held is added where the run is known
                break;
            case JobFailed e:
                OfRun(stored, failure: $"{e.Step}/{e.Code}")[Measure.Failed]++;
                break;
            case JobCancelled:
                OfRun(stored)[Measure.Cancelled]++;
                break;
            case CreditsDeducted e:
                var captured = OfEntry(stored, e.Hold, kind: e.Kind, provider: e.Delivered.Provider);
                captured[Measure.Charges]++;
                captured[Measure.Charged] += e.Captured;
                break;
            case CreditsRefunded e:
                OfEntry(stored, e.Hold)[Measure.Refunded] += e.Amount;
                break;
            case CreditsCorrected e:
                // Of an entry that is among these events, or else of one that the table has.
                var corrected = _entries.GetValueOrDefault((stored.Stream, e.Entry));
                OfEntry(stored, corrected?.Hold, corrected is null ? e.Entry : corrected.Corrects)[Measure.Corrected] +=
                    e.Amount;
                break;
        }
    }

    private void Begin(
        StoredEvent stored,
        int run,
        Guid hold,
        long held,
        int? like,
        string? kind,
        string? voice,
        string? provider,
        string? project
    )
    {
        _running[stored.Stream] = run;
        _runs[(stored.Stream, run)] = new UsageRun(
            stored.Stream,
            run,
            hold,
            held,
            like,
            kind,
            voice,
            provider,
            $"{CallerSessions.PersonOf(stored.Actor)}",
            $"{CallerSessions.SessionOf(stored.Credential)}",
            $"{CallerSessions.KeyOf(stored.Credential)}",
            project
        );
    }

    private UsageSums OfRun(
        StoredEvent stored,
        string? voice = null,
        string? provider = null,
        string? failure = null
    ) =>
        SumsOf(
            new UsageKey(
                stored.Workspace,
                DayOf(stored),
                stored.Stream,
                _running.GetValueOrDefault(stored.Stream),
                Wallet: null,
                Entry: 0,
                Kind: null,
                voice,
                provider,
                failure
            )
        );

    private UsageSums OfEntry(
        StoredEvent stored,
        Guid? hold,
        int? corrects = null,
        string? kind = null,
        string? provider = null
    )
    {
        var number = stored.Version!.Value; // of the entry in the ledger: each event of a wallet has one
        _entries[(stored.Stream, number)] = new UsageEntry(stored.Stream, number, hold, corrects);
        return SumsOf(
            new UsageKey(
                stored.Workspace,
                DayOf(stored),
                Job: null,
                Run: 0,
                stored.Stream,
                number,
                kind,
                Voice: null,
                provider,
                Failure: null
            )
        );
    }

    private UsageSums SumsOf(UsageKey key)
    {
        if (!_sums.TryGetValue(key, out var sums))
            _sums[key] = sums = new UsageSums();
        return sums;
    }

    private static DateOnly DayOf(StoredEvent stored) => DateOnly.FromDateTime(stored.At!.Value.UtcDateTime);

    /// <summary>Rounded down passage by passage, as in the job's view.</summary>
    private static long Milliseconds(int samples, int rate) => samples * 1000L / rate;

    /// <summary>The engine that a price was for: <c>flite</c> of <c>flite/standard</c>.</summary>
    private static string? EngineOf(string? pricedAs) => pricedAs?.Split('/')[0];

    private static string EngineOf(string? pricedAs, string voice) =>
        EngineOf(pricedAs) ?? VoiceCatalogue.EngineOf(voice);
}

/// <summary>A run of a job began.</summary>
/// <param name="Like">The earlier run that says what isn't said here; null when all is.</param>
internal sealed record UsageRun(
    Guid Job,
    int Run,
    Guid Hold,
    long Held,
    int? Like,
    string? Kind,
    string? Voice,
    string? Provider,
    string Person,
    string Session,
    string ApiKey,
    string? Project
);

/// <summary>An entry of a ledger that moved what was spent.</summary>
/// <param name="Hold">The hold that was captured or refunded; null when it is that of another entry.</param>
/// <param name="Corrects">That other entry.</param>
internal sealed record UsageEntry(Guid Wallet, int Number, Guid? Hold, int? Corrects);

/// <summary>Whose a sum is: of a run of a job (run 0 is the latest there is), or of an entry of a ledger.</summary>
/// <param name="Kind">For an entry whose hold is no known job's.</param>
/// <param name="Voice">Who spoke when it was not the run's voice.</param>
/// <param name="Provider">Who spoke, or, of an entry, who did when the run doesn't say.</param>
/// <param name="Failure">The step and the code, for what failed.</param>
internal readonly record struct UsageKey(
    Guid Workspace,
    DateOnly Day,
    Guid? Job,
    int Run,
    Guid? Wallet,
    int Entry,
    string? Kind,
    string? Voice,
    string? Provider,
    string? Failure
);
