using System.Collections.Concurrent;
using Lectern.Providers;
using Lectern.SharedKernel.Media;
using Lectern.Voices.Contracts;
using Lectern.Voices.Previews;

namespace Lectern.Voices.Characters.Speaking;

/// <summary>A voice that can stand in for a character's.</summary>
/// <param name="Voice">Of the catalogue.</param>
/// <param name="Median">Its own pitch in hertz.</param>
internal sealed record BaseVoice(CatalogueVoice Voice, double Median);

/// <summary>
/// Which voice a character without a clone speaks with: one on this machine, of its language and gender, that is nearest
/// in pitch, for the less a voice is moved, the better it sounds. Pitches are measured in the voices' previews, once for
/// each version of an engine.
/// </summary>
internal sealed class BaseVoices(VoiceCatalogue catalogue, VoicePreviews previews, TimeProvider time)
{
    private const int LeastRate = 16_000; // no telephone quality

    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMinutes(1); // a list asks once for each character

    private readonly ConcurrentDictionary<string, DateTimeOffset> _failed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, double?> _medians = new(StringComparer.Ordinal);

    /// <summary>The nearest voice; null when none of the language can speak at present.</summary>
    public async Task<BaseVoice?> NearestAsync(
        string language,
        string gender,
        PitchRange? pitch,
        CancellationToken cancel
    )
    {
        BaseVoice? nearest = null;
        foreach (var voice in Candidates(language, gender))
        {
            if (await MedianAsync(voice, cancel) is not { } median)
                continue;
            var candidate = new BaseVoice(voice, median);
            if (pitch is null)
                return candidate;
            if (nearest is null || Distance(candidate) < Distance(nearest))
                nearest = candidate;
        }

        return nearest;

        double Distance(BaseVoice voice) => Math.Abs(Math.Log2(voice.Median / pitch.Median));
    }

    /// <summary>
    /// The voices of the first engine that has some: engines are registered in the order in which people understand
    /// them, and no nearness in pitch makes up for that. A gender that no voice has is no reason to stay silent.
    /// </summary>
    internal IReadOnlyList<CatalogueVoice> Candidates(string language, string gender)
    {
        var primary = language.Split('-')[0];
        var speaking = catalogue
            .Voices.Where(voice =>
                !voice.Engine.Limits.IsRemote
                && voice.Voice.SampleRate >= LeastRate
                && voice.Voice.Language.Split('-')[0].Equals(primary, StringComparison.OrdinalIgnoreCase)
            )
            .GroupBy(voice => voice.Engine.Name)
            .OrderBy(engine => Place(engine.Key))
            .FirstOrDefault();
        if (speaking is null)
            return [];
        var wanted = speaking
            .Where(voice =>
                gender == "neutral" || voice.Voice.Gender.ToString().Equals(gender, StringComparison.OrdinalIgnoreCase)
            )
            .ToList();
        return wanted.Count > 0 ? wanted : [.. speaking];
    }

    private int Place(string engine) => catalogue.Engines.TakeWhile(listed => listed.Name != engine).Count();

    /// <summary>Null when the voice can't be heard now.</summary>
    private async Task<double?> MedianAsync(CatalogueVoice voice, CancellationToken cancel)
    {
        var key = VoicePreviews.TagOf(voice);
        if (_medians.TryGetValue(key, out var known))
            return known;
        if (_failed.TryGetValue(key, out var at) && time.GetUtcNow() - at < TryAgainAfter)
            return null;
        try
        {
            await using var preview = await previews.OpenAsync(voice, null, cancel);
            using var bytes = new MemoryStream();
            await preview.CopyToAsync(bytes, cancel);
            return _medians[key] = Wav.Read(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)).Audio is { } audio
                ? Pitch.Measure(audio)?.Median
                : null;
        }
        catch (ProviderException)
        {
            _failed[key] = time.GetUtcNow();
            return null;
        }
    }
}
