using Lectern.Accounts.Contracts;
using Lectern.Jobs.Audio;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Preferences;
using Lectern.Voices.Contracts;

namespace Lectern.Jobs.Submission;

/// <summary>What a request gets that leaves things out.</summary>
/// <param name="Voice">A voice's id, or null for an available English one.</param>
/// <param name="Format">A format's name.</param>
/// <param name="Bitrate">Kilobits per second where the format has such a bitrate; null for its own default.</param>
internal sealed record AudioDefaults(string? Voice, string Format, int? Bitrate);

/// <summary>What people prefer to get, in so far as Jobs makes it.</summary>
internal sealed class AudioPreferences(VoiceCatalogue voices, PreferenceReader reader) : IPreferenceDefinitions
{
    private readonly Preference<string> _voice = new("audio.voice")
    {
        Description =
            "The voice of a job or quote whose request names none: an id of GET /api/v1/voices. Without one, an available "
            + "English voice.",
        Rule = id => voices.Find(id) is null ? "must be the id of a voice of GET /api/v1/voices" : null,
    };

    private readonly Preference<string> _format = new("audio.format")
    {
        Description = "The format of a job or quote whose request names none.",
        Default = AudioFormat.Default,
        Allowed = AudioFormat.Names,
    };

    private readonly Preference<int?> _bitrate = new("audio.bitrate")
    {
        Description =
            "Kilobits per second of a job or quote whose request names none. Where the format has no such bitrate, or none "
            + "is set, the format's own default holds.",
        Allowed =
        [
            .. AudioFormat.Names.SelectMany(AudioFormat.BitratesOf).Distinct().Order().Select(rate => (int?)rate),
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<Preference> All => [_voice, _format, _bitrate];

    /// <summary>What holds for a request of this caller. Nothing is read for a request that leaves nothing out.</summary>
    public async Task<AudioDefaults> DefaultsAsync(JobRequest request, Caller caller, CancellationToken cancel)
    {
        var isComplete =
            request is { Voice: not null, Format: { } format }
            && (request.Bitrate is not null || AudioFormat.BitratesOf(format) is []);
        if (isComplete)
            return new AudioDefaults(null, AudioFormat.Default, null);
        var values = await reader.ReadAsync(caller, All, cancel);
        return new AudioDefaults(values.Of(_voice), values.Of(_format)!, values.Of(_bitrate));
    }
}
