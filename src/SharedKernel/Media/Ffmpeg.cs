using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lectern.SharedKernel.Processes;

namespace Lectern.SharedKernel.Media;

/// <summary>Where the media tools are: paths, or names that are looked up in <c>PATH</c>.</summary>
public sealed class MediaToolOptions
{
    /// <summary>The ffmpeg program.</summary>
    public string FfmpegPath { get; set; } = "ffmpeg";

    /// <summary>The ffprobe program.</summary>
    public string FfprobePath { get; set; } = "ffprobe";
}

/// <summary>
/// Runs ffmpeg and ffprobe with what every call must have: no keyboard, no network, and only the input formats that are
/// named, since a playlist that poses as audio would otherwise make ffmpeg read other local files.
/// </summary>
public sealed partial class Ffmpeg(MediaToolOptions options)
{
    private static readonly ProgramLimits Limits = new(
        Cpu: TimeSpan.FromMinutes(30),
        MemoryBytes: 4L << 30,
        FileBytes: 64L << 30
    );

    /// <summary>Arguments that read raw 16-bit mono samples from standard input without probing them.</summary>
    public static string[] RawInput(int rate) =>
        [.. Input("s16le"), "-ar", rate.ToString(CultureInfo.InvariantCulture), "-ac", "1", "-i", "pipe:0"];

    /// <summary>Arguments that precede <c>-i</c> for an input of exactly this format.</summary>
    /// <param name="format">The name of ffmpeg's demuxer, for example <c>s16le</c>, <c>aac</c>, <c>mp3</c>.</param>
    public static string[] Input(string format) =>
        ["-protocol_whitelist", "file,pipe", "-format_whitelist", format, "-f", format];

    /// <summary>The call that runs ffmpeg with these arguments; set its input, output and time before running it.</summary>
    public ProgramCall Call(params IReadOnlyList<string> arguments) =>
        new(options.FfmpegPath, [.. (string[])["-nostdin", "-hide_banner", "-v", "error"], .. arguments])
        {
            Limits = Limits,
        };

    /// <summary>What ffprobe says about a file, as JSON.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">The name of ffmpeg's demuxer for it.</param>
    /// <param name="show">What to show, for example <c>-show_chapters</c>.</param>
    /// <param name="cancellationToken">Ends the probe.</param>
    /// <param name="patience">The longest that it may take: little for a stranger's file, which may be made to take long.</param>
    /// <exception cref="ExternalProgramException">ffprobe is absent, can't read the file, or takes too long.</exception>
    public async Task<JsonElement> ProbeAsync(
        string path,
        string format,
        IReadOnlyList<string> show,
        CancellationToken cancellationToken,
        TimeSpan? patience = null
    )
    {
        var call = new ProgramCall(
            options.FfprobePath,
            [.. (string[])["-v", "error", "-of", "json"], .. Input(format), .. show, "file:" + path]
        )
        {
            Limits = Limits,
            Timeout = patience ?? TimeSpan.FromMinutes(10),
        };
        var result = await ExternalProgram.RunAsync(call, cancellationToken);
        return JsonDocument.Parse(result.Output).RootElement;
    }

    /// <summary>Integrated loudness in LUFS by EBU R 128; -70 for silence.</summary>
    /// <exception cref="ExternalProgramException">ffmpeg is absent, or failed.</exception>
    public async Task<double> LoudnessAsync(Pcm audio, CancellationToken cancellationToken)
    {
        var call = Call([
            .. (string[])["-v", "info", "-nostats"],
            .. RawInput(audio.Rate),
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

    /// <summary>The installed version, or null when ffmpeg is not there.</summary>
    public Task<string?> VersionAsync(CancellationToken cancellationToken) =>
        ExternalProgram.VersionAsync(options.FfmpegPath, "-version", cancellationToken);

    [GeneratedRegex(@"Integrated loudness:\s+I:\s+(-?[0-9.]+) LUFS")]
    private static partial Regex IntegratedLoudness();
}
