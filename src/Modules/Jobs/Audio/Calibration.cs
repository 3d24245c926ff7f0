using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Lectern.Providers;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Jobs.Audio;

/// <summary>Measures, once per voice and engine version, the gain that brings the voice to the target loudness.</summary>
internal sealed partial class Calibration(Ffmpeg ffmpeg)
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
        if (await LoudnessAsync(spoken, cancellationToken) is not (> LeastLufs and var lufs))
            throw new ProviderException(voice, ProviderFailure.BadAnswer, "The voice can't be heard.");
        return Math.Round(Math.Min(MostGainDb, Loudness.TargetLufs - lufs), 1);
    }

    /// <summary>Integrated loudness in LUFS by EBU R 128; -70 for silence.</summary>
    public async Task<double> LoudnessAsync(Pcm audio, CancellationToken cancellationToken)
    {
        var call = ffmpeg.Call([
            .. (string[])["-v", "info", "-nostats"],
            .. Ffmpeg.RawInput(audio.Rate),
            .. (string[])["-af", "ebur128=framelog=verbose", "-f", "null", "-"],
        ]) with
        {
            Input = MemoryMarshal.AsBytes(audio.Samples.Span).ToArray(),
        };
        var result = await ExternalProgram.RunAsync(call, cancellationToken);
        var summary = IntegratedLoudness().Match(result.ErrorTail);
        return summary.Success
            ? double.Parse(summary.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException("ffmpeg's ebur128 printed no summary: " + result.ErrorTail);
    }

    [GeneratedRegex(@"Integrated loudness:\s+I:\s+(-?[0-9.]+) LUFS")]
    private static partial Regex IntegratedLoudness();
}
