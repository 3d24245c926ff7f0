using Lectern.Providers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lectern.Voices.Contracts;

/// <summary>A voice with the engine that speaks it.</summary>
/// <param name="Voice">The voice.</param>
/// <param name="Engine">Its engine.</param>
/// <param name="EngineVersion">Takes part in the hash of what it speaks; empty while the engine isn't available.</param>
/// <param name="Unavailable">Why it can't be used at present, in a sentence; null when it can.</param>
public sealed record CatalogueVoice(EngineVoice Voice, ISpeechEngine Engine, string EngineVersion, string? Unavailable);

/// <summary>An engine as the catalogue lists it.</summary>
/// <param name="Name">Stable lower-case name.</param>
/// <param name="Version">Its version when it is available.</param>
/// <param name="Unavailable">Why it can't be used, and what would help; null when it can.</param>
public sealed record CatalogueEngine(string Name, string? Version, string? Unavailable);

/// <summary>
/// The voices of all engines. They are inspected at the start and every few minutes, in the background; questions are
/// answered from memory. An engine that vanishes keeps its voices in the list, as unavailable.
/// </summary>
public sealed partial class VoiceCatalogue(IEnumerable<ISpeechEngine> engines, ILogger<VoiceCatalogue> log)
    : BackgroundService
{
    private static readonly TimeSpan RefreshEvery = TimeSpan.FromMinutes(5);
    private readonly TaskCompletionSource _inspected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Snapshot _snapshot = new([], new Dictionary<string, CatalogueVoice>());

    /// <summary>Completes when every engine was inspected once.</summary>
    public Task FirstInspection => _inspected.Task;

    /// <summary>The engines, in the order of their registration.</summary>
    public IReadOnlyList<CatalogueEngine> Engines => _snapshot.Engines;

    /// <summary>All voices, in order of id.</summary>
    public IEnumerable<CatalogueVoice> Voices =>
        _snapshot.Voices.Values.OrderBy(v => v.Voice.Id, StringComparer.Ordinal);

    /// <summary>A voice by its id, available or not, listed or not; null when there is none.</summary>
    public CatalogueVoice? Find(string id) => _snapshot.Voices.GetValueOrDefault(id) ?? FindUnlisted(id);

    private CatalogueVoice? FindUnlisted(string id)
    {
        var name = EngineOf(id);
        return
            engines.FirstOrDefault(engine => engine.Name == name) is { } engine
            && engine.FindUnlisted(id) is { } voice
            && Engines.FirstOrDefault(known => known.Name == name) is { } state
            ? new CatalogueVoice(voice, engine, state.Version ?? "", state.Unavailable)
            : null;
    }

    /// <summary>The name of a voice's engine, also of one that is gone: its id begins with it.</summary>
    public static string EngineOf(string id) => id.Split('-')[0];

    /// <summary>The voice for somebody who doesn't choose: an available English one, the first engine's best known.</summary>
    public CatalogueVoice? Default() =>
        Find("flite-slt") is { Unavailable: null } slt
            ? slt
            : Voices.FirstOrDefault(v =>
                v.Unavailable is null && v.Voice.Language.StartsWith("en", StringComparison.Ordinal)
            );

    /// <summary>A voice that must be usable now.</summary>
    /// <exception cref="ProviderException">There is no such voice any more, or its engine isn't available.</exception>
    public CatalogueVoice FindAvailable(string id) =>
        Find(id) switch
        {
            { Unavailable: null } voice => voice,
            { } voice => throw new ProviderException(voice.Engine.Name, ProviderFailure.Outage, voice.Unavailable),
            null => throw new ProviderException("catalogue", ProviderFailure.BadInput, $"There is no voice {id}."),
        };

    /// <summary>Inspects every engine anew.</summary>
    public async Task RefreshAsync(CancellationToken stop)
    {
        var before = _snapshot;
        var list = new List<CatalogueEngine>();
        var voices = new Dictionary<string, CatalogueVoice>(StringComparer.Ordinal);
        foreach (var engine in engines)
        {
            var found = await engine.InspectAsync(null, stop);
            list.Add(new CatalogueEngine(engine.Name, found.Version, found.Unavailable));
            foreach (var voice in found.Voices)
                voices[voice.Id] = new CatalogueVoice(voice, engine, found.Version ?? "", found.Unavailable);
            if (found.Unavailable is null)
                continue;
            LogUnavailable(log, engine.Name, found.Unavailable);
            foreach (
                var voice in before.Voices.Values.Where(v => v.Engine == engine && !voices.ContainsKey(v.Voice.Id))
            )
                voices[voice.Voice.Id] = voice with { Unavailable = found.Unavailable };
        }

        _snapshot = new Snapshot(list, voices);
        _inspected.TrySetResult();
    }

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken); // some milliseconds; the first request then finds the voices
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(RefreshEvery);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RefreshAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(log, e); // the catalogue of before still stands
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "The engine {Engine} is not available: {Reason}")]
    private static partial void LogUnavailable(ILogger log, string engine, string reason);

    [LoggerMessage(LogLevel.Error, "The engines could not be inspected.")]
    private static partial void LogFailed(ILogger log, Exception error);

    private sealed record Snapshot(
        IReadOnlyList<CatalogueEngine> Engines,
        IReadOnlyDictionary<string, CatalogueVoice> Voices
    );
}
