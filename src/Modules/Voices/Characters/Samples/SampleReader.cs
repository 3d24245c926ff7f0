using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;
using Microsoft.Extensions.Options;

namespace Lectern.Voices.Characters.Samples;

/// <summary>A sample that was found good.</summary>
/// <param name="Audio">24 kHz, at <see cref="SampleReader.TargetLufs"/>, as far as its peaks allow.</param>
/// <param name="Description">What was sent, in figures.</param>
internal sealed record CheckedSample(Pcm Audio, SampleDescription Description);

/// <summary>
/// Reads hostile bytes as a voice sample. The kind is known by content and forced upon ffmpeg, so that nothing else is
/// read; all of it is decoded, for a container's word on its length is not the length of what is in it.
/// </summary>
internal sealed class SampleReader(Ffmpeg ffmpeg, IOptions<CharactersSettings> settings)
{
    /// <summary>What F5-TTS and most cloners work at.</summary>
    public const int Rate = 24_000;

    /// <summary>Integrated loudness after normalising: that of the books here, so that a clone starts from it.</summary>
    public const double TargetLufs = -20;

    private const double CeilingDb = -1;
    private const double SilentPeakDb = -40; // speech into a microphone that is not muted peaks above
    private const double SilentLufs = -60;
    private const double MostClippedShare = 0.005;
    private const int AtOnce = 2;

    // Decoding five minutes takes under a second; what takes a minute was made to.
    private static readonly ProgramLimits Limits = new(
        Cpu: TimeSpan.FromSeconds(60),
        MemoryBytes: 2L << 30,
        FileBytes: 1L << 20
    );

    private readonly SemaphoreSlim _slots = new(AtOnce);

    /// <summary>The sample in a file, or why it can't be used.</summary>
    /// <exception cref="ExternalProgramException">ffmpeg is not installed.</exception>
    public async Task<(CheckedSample? Sample, Problem? Refusal)> ReadAsync(string path, CancellationToken cancel)
    {
        var (kind, isCutOff, statesDuration) = Look(path);
        if (kind is null)
            return Refuse(SampleProblems.NotAudio, $"It is none of {Kinds}.");
        if (isCutOff)
            return Refuse(SampleProblems.Truncated, $"The {kind.Name} file has less than it declares.");
        await _slots.WaitAsync(cancel);
        try
        {
            var stated = await StatedSecondsAsync(path, kind, cancel);
            var audio = await DecodeAsync(path, kind, cancel);
            return await CheckAsync(audio, statesDuration ? stated : null, cancel);
        }
        catch (ExternalProgramException unreadable) when (unreadable.Failure != ProgramFailure.NotInstalled)
        {
            return Refuse(SampleProblems.NotAudio, $"It begins as a {kind.Name} file, but can't be decoded.");
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<(CheckedSample? Sample, Problem? Refusal)> CheckAsync(
        Pcm audio,
        double? stated,
        CancellationToken cancel
    )
    {
        var (least, most) = (settings.Value.LeastSampleSeconds, settings.Value.MostSampleSeconds);
        var seconds = audio.Duration.TotalSeconds;
        if (audio.Samples.IsEmpty)
            return Refuse(SampleProblems.NotAudio, "There is no sound in it.");
        if (seconds > most)
            return Refuse(SampleProblems.TooLong, $"A sample may have at most {most} seconds.");
        // Encoders pad the ends; what is missing beyond that was cut off.
        if (stated is { } promised && promised - seconds > Math.Max(0.5, 0.03 * promised))
            return Refuse(
                SampleProblems.Truncated,
                string.Create(CultureInfo.InvariantCulture, $"It states {promised:0.0} s, but has {seconds:0.0} s.")
            );
        if (seconds < least)
            return Refuse(
                SampleProblems.TooShort,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"It has {seconds:0.0} seconds; at least {least} are needed."
                )
            );
        var description = SampleDescription.Of(audio);
        var lufs = description.PeakDb > SilentPeakDb ? await ffmpeg.LoudnessAsync(audio, cancel) : SilentLufs;
        if (lufs <= SilentLufs)
            return Refuse(
                SampleProblems.Silent,
                string.Create(CultureInfo.InvariantCulture, $"Its loudest moment is at {description.PeakDb:0.0} dBFS.")
            );
        if (description.ClippedShare > MostClippedShare)
            return Refuse(
                SampleProblems.Clipped,
                string.Create(CultureInfo.InvariantCulture, $"{description.ClippedShare:0.0%} of it is at full scale.")
            );
        var gain = Math.Min(TargetLufs - lufs, CeilingDb - description.PeakDb);
        return (new CheckedSample(Amplified(audio, gain), description), null);
    }

    private static (SoundKind? Kind, bool IsCutOff, bool StatesDuration) Look(string path)
    {
        using var file = File.OpenRead(path);
        var head = new byte[16];
        var kind = SoundKind.Of(head.AsSpan(0, file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)));
        return kind is null
            ? (null, false, false)
            : (kind, SoundKind.IsCutOff(kind, file), SoundKind.StatesDuration(kind, file));
    }

    /// <summary>What the file says of its first sound track; null when it says nothing.</summary>
    private async Task<double?> StatedSecondsAsync(string path, SoundKind kind, CancellationToken cancel)
    {
        string[] show = ["-select_streams", "a:0", "-show_entries", "stream=duration:format=duration"];
        var said = await ffmpeg.ProbeAsync(path, kind.Demuxer, show, cancel, TimeSpan.FromSeconds(30));
        var stream = said.GetProperty("streams").EnumerateArray().FirstOrDefault();
        return Seconds(stream) ?? Seconds(said.GetProperty("format"));

        static double? Seconds(JsonElement of) =>
            of.ValueKind == JsonValueKind.Object
            && of.TryGetProperty("duration", out var text)
            && double.TryParse(text.GetString(), CultureInfo.InvariantCulture, out var seconds)
                ? seconds
                : null;
    }

    private async Task<Pcm> DecodeAsync(string path, SoundKind kind, CancellationToken cancel)
    {
        var most = settings.Value.MostSampleSeconds + 1; // one more tells that it is too long
        var call = ffmpeg.Call([
            .. Ffmpeg.Input(kind.Demuxer),
            .. (string[])["-i", "file:" + path, "-map", "0:a:0", "-t", $"{most}", "-threads", "1"],
            .. (string[])["-ac", "1", "-ar", $"{Rate}", "-f", "s16le", "pipe:1"],
        ]) with
        {
            Limits = Limits,
            Timeout = TimeSpan.FromSeconds(60),
            MaxCapturedBytes = (most + 1) * Rate * sizeof(short),
        };
        var result = await ExternalProgram.RunAsync(call, cancel);
        return new Pcm(MemoryMarshal.Cast<byte, short>(result.Output.Span).ToArray(), Rate);
    }

    private static Pcm Amplified(Pcm audio, double gainDb)
    {
        var gain = Math.Pow(10, gainDb / 20);
        var louder = new short[audio.Samples.Length];
        for (var i = 0; i < louder.Length; i++)
            louder[i] = (short)Math.Clamp(Math.Round(audio.Samples.Span[i] * gain), short.MinValue, short.MaxValue);
        return new Pcm(louder, audio.Rate);
    }

    private static string Kinds => string.Join(", ", SoundKind.All.Select(kind => kind.Name));

    private static (CheckedSample? Sample, Problem? Refusal) Refuse(ProblemType type, string detail) =>
        (null, type.With(detail, new FieldError(CharacterForm.SamplePart, type.Title)));
}
