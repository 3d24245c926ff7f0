using Lectern.Providers;
using Lectern.SharedKernel.Media;

namespace Lectern.Jobs.Audio;

/// <summary>Measures, once per voice and engine version, the gain that brings the voice to the target loudness.</summary>
internal sealed class Calibration(Ffmpeg ffmpeg)
{
    /// <summary>Sentences of ordinary prose, long enough (about 20 s) for the integrated loudness to settle.</summary>
    public const string Text =
        "The morning was clear, and the road ran down to the sea between low stone walls. Nobody had expected a visitor "
        + "so early. She put the letter on the table, read it again from the beginning, and laughed. Was it possible? "
        + "Outside, a cart went by with a load of apples, and two boys ran after it, shouting. It would be a long day.";

    // Quieter than this is a broken voice; its gain would only raise noise.
    private const double LeastLufs = -50;
    private const double MostGainDb = 24;

    /// <summary>The gain in dB, rounded to a tenth so that measuring again gives the same audio.</summary>
    /// <exception cref="ProviderException">The engine failed, or spoke nothing that can be measured.</exception>
    public async Task<double> GainAsync(
        ISpeechEngine engine,
        string voice,
        CallContext context,
        CancellationToken cancellationToken
    )
    {
        var spoken = await engine.SynthesizeAsync(new SpeechRequest(Text, voice), context, cancellationToken);
        if (await ffmpeg.LoudnessAsync(spoken.Audio, cancellationToken) is not (> LeastLufs and var lufs))
            throw new ProviderException(engine.Name, ProviderFailure.BadAnswer, $"The voice {voice} can't be heard.");
        return Math.Round(Math.Min(MostGainDb, Loudness.TargetLufs - lufs), 1);
    }
}
