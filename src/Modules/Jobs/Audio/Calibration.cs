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
    /// <param name="voice">The voice's id.</param>
    /// <param name="spoken"><see cref="Text"/>, as the voice says it.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    /// <exception cref="ProviderException">Nothing can be heard that could be measured.</exception>
    public async Task<double> GainAsync(string voice, Pcm spoken, CancellationToken cancellationToken)
    {
        if (await ffmpeg.LoudnessAsync(spoken, cancellationToken) is not (> LeastLufs and var lufs))
            throw new ProviderException(voice, ProviderFailure.BadAnswer, "The voice can't be heard.");
        return Math.Round(Math.Min(MostGainDb, Loudness.TargetLufs - lufs), 1);
    }
}
