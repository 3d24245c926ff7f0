using Lectern.Providers;
using Lectern.Voices.Engines;

namespace Lectern.Voices.Contracts;

/// <summary>
/// The voices and models of all engines. What a provider has is asked in the background and answered from memory; one
/// that doesn't answer keeps what it had. A workspace with a key of its own at a provider has that account's voices.
/// </summary>
public sealed class VoiceCatalogue
{
    private readonly IReadOnlyList<IEngine> _engines;
    private readonly Inspections _inspections;
    private readonly ProviderAccounts _accounts;
    private volatile Snapshot _snapshot = Snapshot.Empty;

    internal VoiceCatalogue(EngineSet engines, Inspections inspections, ProviderAccounts accounts)
    {
        _engines = engines.All;
        _inspections = inspections;
        _accounts = accounts;
    }

    /// <summary>Every ability of every provider, as it is for whoever has no key of their own, in order of registration.</summary>
    public IReadOnlyList<CatalogueEngine> Engines => _snapshot.Engines;

    /// <summary>The engines that speak.</summary>
    public IEnumerable<CatalogueEngine> SpeechEngines => _snapshot.Engines.Where(e => e.Engine is ISpeechEngine);

    /// <summary>All voices, in order of id.</summary>
    public IEnumerable<CatalogueVoice> Voices => _snapshot.Ordered;

    /// <summary>A voice by its id, available or not, listed or not; null when there is none.</summary>
    public CatalogueVoice? Find(string id) => _snapshot.Voices.GetValueOrDefault(id) ?? FindUnlisted(id);

    private CatalogueVoice? FindUnlisted(string id)
    {
        var known = SpeechEngines.FirstOrDefault(engine => engine.Name == EngineOf(id));
        return known?.Engine is ISpeechEngine engine && engine.FindUnlisted(id) is { } voice
            ? new CatalogueVoice(voice, engine, known.Found.Version ?? "", known.Unavailable)
            : null;
    }

    /// <summary>The name of a voice's engine, also of one that is gone: its id begins with it.</summary>
    public static string EngineOf(string id) => id.Split('-')[0];

    /// <summary>Whether a service speaks with this voice of the catalogue.</summary>
    internal bool IsRemote(string id) =>
        _engines.Any(engine => engine is ISpeechEngine { Limits.IsRemote: true } && engine.Name == EngineOf(id));

    /// <summary>The voice for somebody who doesn't choose: an available English one, the first engine's best known.</summary>
    public CatalogueVoice? Default() =>
        Find("flite-slt") is { Unavailable: null } slt
            ? slt
            : Voices.FirstOrDefault(v =>
                v.Unavailable is null && v.Voice.Language.StartsWith("en", StringComparison.Ordinal)
            );

    /// <summary>A voice as it is for a workspace: by its own key at the provider, if it has one.</summary>
    /// <param name="workspace">Whose; null for anyone's.</param>
    /// <param name="id">The voice's id.</param>
    /// <param name="cancel">Ends the wait, which is for a provider that was not asked before.</param>
    public async Task<CatalogueVoice?> FindAsync(Guid? workspace, string id, CancellationToken cancel)
    {
        var known = Find(id);
        var engine = known?.Engine ?? _engines.OfType<ISpeechEngine>().FirstOrDefault(e => e.Name == EngineOf(id));
        if (workspace is not { } whose || engine is not { Limits.IsRemote: true })
            return known;
        if (await _accounts.FindOwnAsync(engine.Name, whose, cancel) is not { } own)
            return known;
        var found = await _inspections.OfAsync(engine, own, cancel);
        return VoicesOf(engine, found, own).FirstOrDefault(voice => voice.Voice.Id == id)
            ?? (
                known is null
                    ? null
                    : known with
                    {
                        Unavailable = "The workspace's own account there has no such voice.",
                    }
            );
    }

    /// <summary>Whether a workspace asks a provider with a key of its own.</summary>
    public async Task<bool> IsOwnAccountAsync(Guid workspace, string provider, CancellationToken cancel) =>
        await _accounts.FindOwnAsync(provider, workspace, cancel) is not null;

    /// <summary>Every ability of every provider as it is for a workspace, by its own keys where it has some.</summary>
    public async Task<IReadOnlyList<CatalogueEngine>> EnginesAsync(Guid? workspace, CancellationToken cancel) =>
        [.. (await LookAsync(workspace, cancel)).Select(seen => seen.Engine)];

    /// <summary>Every engine and all voices, in order of id, as they are for a workspace.</summary>
    public async Task<(IReadOnlyList<CatalogueEngine> Engines, IReadOnlyList<CatalogueVoice> Voices)> AllAsync(
        Guid? workspace,
        CancellationToken cancel
    )
    {
        var seen = await LookAsync(workspace, cancel);
        var voices = seen.All(s => s.Own is null)
            ? _snapshot.Ordered
            : InOrder(
                seen.SelectMany(s =>
                    s.Engine.Engine is ISpeechEngine speech ? VoicesOf(speech, s.Engine.Found, s.Own) : []
                )
            );
        return ([.. seen.Select(s => s.Engine)], voices);
    }

    /// <summary>Asks every engine anew, with the platform's keys.</summary>
    /// <param name="patience">How long each has to answer; one that doesn't keeps what it had.</param>
    /// <param name="stop">Ends the wait.</param>
    public async Task RefreshAsync(TimeSpan patience, CancellationToken stop)
    {
        var found = await Task.WhenAll(
            _engines.Select(engine => _inspections.AskAsync(engine, _accounts.OfPlatform(engine.Name), patience, stop))
        );
        CatalogueEngine[] list = [.. _engines.Zip(found, (engine, it) => new CatalogueEngine(engine, it))];
        var voices = list.SelectMany(e => e.Engine is ISpeechEngine speech ? VoicesOf(speech, e.Found, null) : []);
        _snapshot = new Snapshot(list, InOrder(voices));
    }

    private async Task<IReadOnlyList<(CatalogueEngine Engine, ProviderAccount? Own)>> LookAsync(
        Guid? workspace,
        CancellationToken cancel
    )
    {
        var platform = _snapshot.Engines;
        var own = workspace is { } whose
            ? await _accounts.OwnAsync(whose, platform.Select(e => e.Name), cancel)
            : new Dictionary<string, ProviderAccount>();
        return await Task.WhenAll(
            platform.Select(async known =>
                own.GetValueOrDefault(known.Name) is { } account
                    ? (
                        new CatalogueEngine(known.Engine, await _inspections.OfAsync(known.Engine, account, cancel)),
                        account
                    )
                    : (known, (ProviderAccount?)null)
            )
        );
    }

    private static IEnumerable<CatalogueVoice> VoicesOf(
        ISpeechEngine engine,
        EngineInspection found,
        ProviderAccount? own
    ) =>
        found.Voices.Select(voice => new CatalogueVoice(
            own is null ? voice : voice with { Class = EngineVoice.OwnAccountClass },
            engine,
            found.Version ?? "",
            found.Unavailable
        ));

    private static IReadOnlyList<CatalogueVoice> InOrder(IEnumerable<CatalogueVoice> voices) =>
        [.. voices.DistinctBy(v => v.Voice.Id).OrderBy(v => v.Voice.Id, StringComparer.Ordinal)];

    private sealed record Snapshot(IReadOnlyList<CatalogueEngine> Engines, IReadOnlyList<CatalogueVoice> Ordered)
    {
        public static readonly Snapshot Empty = new([], []);

        public IReadOnlyDictionary<string, CatalogueVoice> Voices { get; } =
            Ordered.ToDictionary(voice => voice.Voice.Id, StringComparer.Ordinal);
    }
}
