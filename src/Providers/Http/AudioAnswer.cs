using System.Runtime.InteropServices;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Http;

/// <summary>
/// Audio that came over a network, decoded. Neither status nor file name is believed: an MP3 file that is cut in half
/// decodes without a complaint, and some vendors send errors with status 200.
/// </summary>
public sealed class AudioAnswer(Ffmpeg ffmpeg)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // An MP3 or Ogg file's claim and its decoded length differ by the codec's delay, which is below a tenth of a second.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(0.25);

    /// <summary>Raw samples: 16 bits, little-endian, one channel.</summary>
    /// <exception cref="ProviderException">There is none, or half a sample.</exception>
    public static Pcm Raw(string provider, ReadOnlyMemory<byte> bytes, int rate)
    {
        if (bytes.Length == 0 || bytes.Length % 2 != 0)
            throw new ProviderException(
                provider,
                ProviderFailure.BadAnswer,
                $"{bytes.Length} bytes are no 16-bit samples."
            );
        return new Pcm(MemoryMarshal.Cast<byte, short>(bytes.Span).ToArray(), rate);
    }

    /// <summary>A WAV file, of 16 bits as it should be, or of another kind by way of ffmpeg.</summary>
    /// <exception cref="ProviderException">It is none, or it ends too soon.</exception>
    public async Task<Pcm> WavAsync(string provider, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        var reading = Wav.Read(bytes.Span);
        return reading switch
        {
            { Audio: { } audio } => audio,
            { Defect: WavDefect.Unsupported } => await DecodeAsync(provider, bytes, "wav", cancel),
            _ => throw new ProviderException(provider, ProviderFailure.BadAnswer, reading.Detail),
        };
    }

    /// <summary>A compressed file, checked against what it claims of its length.</summary>
    /// <param name="provider">For the error.</param>
    /// <param name="bytes">The file.</param>
    /// <param name="format">The name of ffmpeg's demuxer, the only one that may read it: <c>mp3</c>, <c>ogg</c>, <c>flac</c>.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ProviderException">It is none, or it ends too soon.</exception>
    public async Task<Pcm> DecodeAsync(
        string provider,
        ReadOnlyMemory<byte> bytes,
        string format,
        CancellationToken cancel
    )
    {
        using var folder = new PrivateDirectory();
        var path = folder.File("answer." + format);
        await using (var file = File.Create(path))
            await file.WriteAsync(bytes, cancel);
        try
        {
            var probed = await ffmpeg.ProbeAsync(path, format, ["-show_format", "-show_streams"], cancel);
            var rate = int.Parse(
                probed.GetProperty("streams")[0].GetProperty("sample_rate").GetString()!,
                System.Globalization.CultureInfo.InvariantCulture
            );
            var decoded = await ExternalProgram.RunAsync(
                ffmpeg.Call([
                    .. (string[])["-xerror", "-err_detect", "explode"],
                    .. Ffmpeg.Input(format),
                    .. (string[])["-i", "file:" + path, "-map", "0:a:0", "-ac", "1", "-f", "s16le", "pipe:1"],
                ]) with
                {
                    Timeout = Patience,
                },
                cancel
            );
            var audio = Raw(provider, decoded.Output, rate);
            var claimed = probed.GetProperty("format").TryGetProperty("duration", out var length)
                ? TimeSpan.FromSeconds(
                    double.Parse(length.GetString()!, System.Globalization.CultureInfo.InvariantCulture)
                )
                : audio.Duration;
            return (claimed - audio.Duration).Duration() <= Tolerance
                ? audio
                : throw new ProviderException(
                    provider,
                    ProviderFailure.BadAnswer,
                    $"The file claims {claimed.TotalSeconds:0.00} s and holds {audio.Duration.TotalSeconds:0.00} s."
                );
        }
        // ffprobe's answer about a strange file may lack what every audio file has.
        catch (Exception unreadable)
            when (unreadable
                    is ExternalProgramException { Failure: not ProgramFailure.NotInstalled }
                        or KeyNotFoundException
                        or IndexOutOfRangeException
                        or FormatException
                        or OverflowException
            )
        {
            throw new ProviderException(
                provider,
                ProviderFailure.BadAnswer,
                $"The answer is no {format} file that can be read.",
                inner: unreadable
            );
        }
    }
}
