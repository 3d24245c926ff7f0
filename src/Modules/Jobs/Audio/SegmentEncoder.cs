using System.Globalization;
using System.Runtime.InteropServices;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Jobs.Audio;

/// <summary>One synthesized chunk and the silence that follows it.</summary>
internal sealed record SegmentChunk(Pcm Audio, TimeSpan PauseAfter);

/// <summary>A segment as it is stored: bytes that join to any other segment of the same format by concatenation.</summary>
/// <param name="Bytes">ADTS frames, MP3 frames, or bare 16-bit samples (WAV; the header belongs to the whole).</param>
/// <param name="Frames">Codec frames in it; for WAV, samples.</param>
/// <param name="Samples">How long it plays, in samples at the output's rate.</param>
/// <param name="Rate">The output's samples per second.</param>
internal sealed record EncodedSegment(ReadOnlyMemory<byte> Bytes, long Frames, long Samples, int Rate);

/// <summary>
/// Encodes a few chunks of one voice, once. Every segment is a whole number of codec frames after resampling and begins
/// and ends in digital silence; the frame in which the encoder only starts up is dropped. So segments join without
/// re-encoding, and the position of any sample in the book is the sum of frames before it: nothing drifts.
/// </summary>
internal sealed class SegmentEncoder(Ffmpeg ffmpeg)
{
    /// <summary>
    /// Silence at both ends. A frame overlaps its neighbor by up to 1152 samples (26 ms at 44.1 kHz); in silence it does
    /// not matter that the neighbor is now another one.
    /// </summary>
    public static readonly TimeSpan Edge = TimeSpan.FromMilliseconds(40);

    // Engines begin and end in faint noise, or off zero; a step from there to digital silence is a click.
    private static readonly TimeSpan Fade = TimeSpan.FromMilliseconds(4);

    /// <exception cref="ExternalProgramException">ffmpeg is absent, failed or took too long.</exception>
    public async Task<EncodedSegment> EncodeAsync(
        IReadOnlyList<SegmentChunk> chunks,
        double gainDb,
        AudioFormat format,
        CancellationToken cancellationToken
    )
    {
        var (samples, rate) = Lay(chunks, gainDb);
        var bytes = MemoryMarshal.AsBytes<short>(samples).ToArray();
        if (format.Kind == AudioKind.Wav)
            return new EncodedSegment(bytes, samples.Length, samples.Length, rate);

        var outputRate = format.RateFor(rate);
        var frames = DivideUp(DivideUp((long)samples.Length * outputRate, rate), format.FrameSamples);
        var call = ffmpeg.Call([.. Ffmpeg.RawInput(rate), .. Encoding(format, outputRate, frames)]) with
        {
            Input = bytes,
        };
        var encoded = (await ExternalProgram.RunAsync(call, cancellationToken)).Output;
        var kept = CodecFrames.DropFirst(encoded, format.Kind, frames);
        return new EncodedSegment(kept, frames, frames * format.FrameSamples, outputRate);
    }

    private static string[] Encoding(AudioFormat format, int rate, long frames)
    {
        var length = (frames * format.FrameSamples).ToString(CultureInfo.InvariantCulture);
        // The resampler's own output may be a sample short or long; pad and trim make it exact.
        var filter = $"aresample={rate},apad=whole_len={length},atrim=end_sample={length}";
        string[] codec =
            format.Kind == AudioKind.M4b
                // The fast coder takes 40 % of the default's time, and for mono speech at 64k errs less (by asdr).
                ? ["-c:a", "aac", "-aac_coder", "fast", "-f", "adts"]
                // No bit reservoir: each frame stands alone. Level 7 takes 60 % of the default's time for equal error.
                :
                [
                    .. (string[])["-c:a", "libmp3lame", "-reservoir", "0", "-compression_level", "7"],
                    .. (string[])["-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"],
                ];
        return
        [
            .. (string[])["-filter_threads", "1", "-af", filter, "-threads", "1", "-b:a", $"{format.BitrateKbps}k"],
            .. codec,
            "pipe:1",
        ];
    }

    /// <summary>Lays the chunks one after the other: edge, chunk, pause, chunk, …, pause of at least an edge.</summary>
    private static (short[] Samples, int Rate) Lay(IReadOnlyList<SegmentChunk> chunks, double gainDb)
    {
        var rate = chunks[0].Audio.Rate;
        if (chunks.Any(chunk => chunk.Audio.Rate != rate))
            throw new ArgumentException("A segment is of one voice, so of one sample rate.", nameof(chunks));

        var edge = Count(Edge, rate);
        var pauses = chunks.Select(chunk => Count(chunk.PauseAfter, rate)).ToArray();
        pauses[^1] = Math.Max(pauses[^1], edge);
        var samples = new short[edge + pauses.Sum() + chunks.Sum(chunk => chunk.Audio.Samples.Length)];
        var at = edge;
        for (var i = 0; i < chunks.Count; i++)
        {
            var audio = Loudness.Apply(chunks[i].Audio.Samples.Span, gainDb, rate);
            FadeEnds(audio, Count(Fade, rate));
            audio.CopyTo(samples, at);
            at += audio.Length + pauses[i];
        }
        return (samples, rate);
    }

    private static void FadeEnds(Span<short> audio, int length)
    {
        length = Math.Min(length, audio.Length / 2);
        for (var i = 0; i < length; i++)
        {
            audio[i] = (short)(audio[i] * i / length);
            audio[^(i + 1)] = (short)(audio[^(i + 1)] * i / length);
        }
    }

    private static int Count(TimeSpan time, int rate) => (int)Math.Round(time.TotalSeconds * rate);

    private static long DivideUp(long value, long by) => (value + by - 1) / by;
}
