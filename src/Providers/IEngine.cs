namespace Lectern.Providers;

/// <summary>What an engine can do. Named in the API and in records of calls, in snake case: <c>voice_clone</c>.</summary>
public enum Ability
{
    /// <summary>Text to speech.</summary>
    Speech,

    /// <summary>Speech to text.</summary>
    Transcription,

    /// <summary>Text in one language to text in another.</summary>
    Translation,

    /// <summary>A source to a dialogue or a monologue.</summary>
    Script,

    /// <summary>A sample of somebody's speech to a voice.</summary>
    VoiceClone,

    /// <summary>A description to a picture.</summary>
    Image,

    /// <summary>A recording in one language to one in another, in the same voices.</summary>
    Dubbing,
}

/// <summary>
/// One ability of one provider: a program on this machine or a service. Implementations are thread-safe and hold no key:
/// it comes with each call, for it may be a workspace's own.
/// </summary>
public interface IEngine
{
    /// <summary>
    /// The provider's stable lower-case name without a hyphen, with which its voices' ids begin: <c>flite</c>, <c>openai</c>.
    /// </summary>
    string Name { get; }

    /// <summary>What it can do.</summary>
    Ability Ability { get; }

    /// <summary>What one request may be. Known without asking the provider.</summary>
    EngineLimits Limits { get; }

    /// <summary>
    /// Finds out whether it can be used now, and with what. An absent engine is no error: the answer says why, and lists
    /// what is known of it all the same.
    /// </summary>
    /// <param name="key">The key that a call would be made with; null when there is none.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ProviderException">A service could not be asked, so nothing new is known.</exception>
    Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel);
}

/// <summary>On whose account a call is made, and which one it is.</summary>
/// <param name="Key">The provider's key; null for what needs none.</param>
/// <param name="Call">The call's id: the idempotency key, for a provider that has one. Another try is another call.</param>
public sealed record CallContext(string? Key, Guid Call)
{
    /// <summary>A call of a program on this machine, or of a service that takes anyone.</summary>
    public static CallContext WithoutKey(Guid call) => new(null, call);

    /// <summary>Without the key, which must not get into a log.</summary>
    public override string ToString() => $"call {Call}";
}

/// <summary>What an engine can take and give, as data. What doesn't apply is null, empty or false.</summary>
/// <param name="Concurrency">How many requests at a time use it well, for one key in the whole cluster.</param>
public sealed record EngineLimits(int Concurrency)
{
    /// <summary>The longest text of one request, in UTF-16 units.</summary>
    public int? MaxCharacters { get; init; }

    /// <summary>The slowest and the fastest pace of speech, where 1 is natural; both 1 where it can't be chosen.</summary>
    public double MinSpeed { get; init; } = 1;

    /// <inheritdoc cref="MinSpeed"/>
    public double MaxSpeed { get; init; } = 1;

    /// <summary>The longest recording of one request, in seconds.</summary>
    public double? MaxSeconds { get; init; }

    /// <summary>The largest upload of one request.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Formats that it gives (speech, images) or takes (recordings), as file name endings.</summary>
    public IReadOnlyList<string> Formats { get; init; } = [];

    /// <summary>BCP-47 tags; for translation, pairs such as <c>en-es</c>. Empty when it is not bound to some.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>Whether it says when each word, or at least each phone, is spoken.</summary>
    public bool GivesTimings { get; init; }

    /// <summary>Whether it speaks a given pronunciation: see <see cref="Pronunciation"/>.</summary>
    public bool TakesIpa { get; init; }

    /// <summary>The languages whose pronunciations it speaks, as primary subtags; empty when it takes IPA in all of its own.</summary>
    public IReadOnlyList<string> IpaLanguages { get; init; } = [];

    /// <summary>Whether it speaks a pronunciation in a text of this language.</summary>
    /// <param name="language">BCP-47 tag.</param>
    public bool TakesIpaIn(string language) =>
        TakesIpa && (IpaLanguages.Count == 0 || IpaLanguages.Contains(language.Split('-')[0].ToLowerInvariant()));

    /// <summary>Refuses a text or a pace that is beyond the limits, before anything is asked.</summary>
    /// <exception cref="ProviderException">It is; the failure is <see cref="ProviderFailure.BadInput"/>.</exception>
    internal void Check(string provider, SpeechRequest request)
    {
        if (MaxCharacters is { } most && Pronunciation.Strip(request.Text).Length > most)
            throw new ProviderException(
                provider,
                ProviderFailure.BadInput,
                $"The text has {Pronunciation.Strip(request.Text).Length} characters; the limit is {most}."
            );
        if (request.Speed < MinSpeed || request.Speed > MaxSpeed)
            throw new ProviderException(
                provider,
                ProviderFailure.BadInput,
                $"The speed must lie between {MinSpeed} and {MaxSpeed}."
            );
    }

    /// <summary>Whether it is a service, called over a network: its calls wait for a place, and for its recovery.</summary>
    public bool IsRemote { get; init; }
}

/// <summary>Whether an engine can be used, and with what.</summary>
/// <param name="Version">Its version, or the last one known. It takes part in the hash of what it speaks.</param>
/// <param name="Unavailable">Why it can't be used and what would help, in a sentence; null when it can.</param>
/// <param name="Voices">Its voices, also those that are known of one that can't be used; none but of speech.</param>
public sealed record EngineInspection(string? Version, string? Unavailable, IReadOnlyList<EngineVoice> Voices)
{
    /// <summary>Whether it can be used.</summary>
    public bool IsAvailable => Unavailable is null;

    /// <summary>Its models, the first being the one that is used; one that has no name for it counts as one.</summary>
    public IReadOnlyList<EngineModel> Models { get; init; } = [];

    /// <summary>The languages it speaks, as BCP-47 tags.</summary>
    public IEnumerable<string> Languages => Voices.Select(voice => voice.Language).Distinct();

    /// <summary>An engine that can't be used.</summary>
    public static EngineInspection Absent(string reason) => new(null, reason, []);
}

/// <summary>A model of an engine.</summary>
/// <param name="Id">As the provider calls it: <c>gpt-4o-mini-tts</c>.</param>
/// <param name="Title">For people.</param>
public sealed record EngineModel(string Id, string Title);
