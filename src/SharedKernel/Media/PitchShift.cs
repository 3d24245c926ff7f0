using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Lectern.SharedKernel.Processes;

namespace Lectern.SharedKernel.Media;

/// <summary>
/// Makes a voice higher or lower at the same pace. With ffmpeg's rubberband filter its timbre stays a person's; an
/// ffmpeg without it moves the timbre along, which sounds like a tape that runs too fast.
/// </summary>
public sealed class PitchShift(Ffmpeg ffmpeg)
{
    /// <summary>So far a voice can be moved and still be a voice.</summary>
    public const double MostSemitones = 12;

    private Task<bool>? _rubberband;

    /// <summary>The semitones from one pitch to another, to a tenth, within what can be done.</summary>
    public static double Semitones(double from, double to) =>
        Math.Round(Math.Clamp(12 * Math.Log2(to / from), -MostSemitones, MostSemitones), 1);

    /// <summary>The same speech at another pitch.</summary>
    /// <exception cref="ExternalProgramException">ffmpeg is not installed, or failed.</exception>
    public async Task<Pcm> ApplyAsync(Pcm audio, double semitones, CancellationToken cancel) =>
        semitones == 0 || audio.Samples.IsEmpty
            ? audio
            : await ApplyAsync(
                audio,
                semitones,
                await (_rubberband ??= HasRubberbandAsync()).WaitAsync(cancel),
                cancel
            );

    internal async Task<Pcm> ApplyAsync(Pcm audio, double semitones, bool rubberband, CancellationToken cancel)
    {
        var ratio = Math.Pow(2, Math.Clamp(semitones, -MostSemitones, MostSemitones) / 12);
        var filter = rubberband
            ? string.Create(CultureInfo.InvariantCulture, $"rubberband=pitch={ratio:0.######}:formant=preserved")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"asetrate={Math.Round(audio.Rate * ratio)},aresample={audio.Rate},atempo={1 / ratio:0.######}"
            );
        var call = ffmpeg.Call([
            .. Ffmpeg.RawInput(audio.Rate),
            .. (string[])["-af", filter, "-f", "s16le", "-ac", "1", "-ar", $"{audio.Rate}", "pipe:1"],
        ]) with
        {
            Input = MemoryMarshal.AsBytes(audio.Samples.Span).ToArray(),
        };
        var result = await ExternalProgram.RunAsync(call, cancel);
        return new Pcm(MemoryMarshal.Cast<byte, short>(result.Output.Span).ToArray(), audio.Rate);
    }

    /// <summary>Asked once; an answer of an ffmpeg that can't be run is not an answer, and the work itself says why.</summary>
    private async Task<bool> HasRubberbandAsync()
    {
        try
        {
            var filters = await ExternalProgram.RunAsync(ffmpeg.Call("-filters"), CancellationToken.None);
            return Encoding.UTF8.GetString(filters.Output.Span).Contains(" rubberband ", StringComparison.Ordinal);
        }
        catch (ExternalProgramException)
        {
            _rubberband = null;
            return false;
        }
    }
}
