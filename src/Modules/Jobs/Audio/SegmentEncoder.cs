using System.Globalization;
using System.Runtime.InteropServices;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Jobs.Audio;

/// <summary>One synthesized chunk, the silence that follows it, and the gain of the voice that speaks it.</summary>
internal sealed record SegmentChunk(Pcm Audio, TimeSpan PauseAfter, double GainDb);

/// <summary>A segment as it is stored: bytes that join to any other segment of the same format by concatenation.</summary>
/// <param name="Bytes">ADTS frames, MP3 frames, or bare 16-bit samples (WAV; the header belongs to the whole).</param>
/// <param name="Frames">Codec frames in it; for WAV, samples.</param>
/// <param name="Samples">How long it plays, in samples at the output's rate.</param>
/// <param name="Rate">The output's samples per second.</param>
internal sealed record EncodedSegment(ReadOnlyMemory<byte> Bytes, long Frames, long Samples, int Rate);

/// <summary>
/// Encodes a few chunks, once. Every segment is a whole number of codec frames after resampling and begins
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
        AudioFormat format,
        CancellationToken cancellationToken
    )
    {
        var (bytes, rate) = Lay(chunks);
        var samples = bytes.Length / sizeof(short);
        if (format.Kind == AudioKind.Wav)
            return new EncodedSegment(bytes, samples, samples, rate);

        var outputRate = format.RateFor(rate);
        var frames = DivideUp(DivideUp((long)samples * outputRate, rate), format.FrameSamples);
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
        // Measured on flite at 64k: the fast coder takes a third of the default's time and errs less in every band (asdr).
        string[] aac = ["-c:a", "aac", "-aac_coder", "fast", "-f", "adts"];
        // No bit reservoir, so each frame stands alone. Level 7 takes half of the default's time and errs no more.
        string[] lame = ["-c:a", "libmp3lame", "-reservoir", "0", "-compression_level", "7"];
        string[] mp3 = [.. lame, "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"];
        return
        [
            .. (string[])["-filter_threads", "1", "-af", filter, "-threads", "1", "-b:a", $"{format.BitrateKbps}k"],
            .. format.Kind == AudioKind.M4b ? aac : mp3,
            "pipe:1",
        ];
    }

    /// <summary>Lays the chunks one after the other: edge, chunk, pause, chunk, …, pause of at least an edge.</summary>
    private static (byte[] Bytes, int Rate) Lay(IReadOnlyList<SegmentChunk> chunks)
    {
        var rate = chunks[0].Audio.Rate;
        if (chunks.Any(chunk => chunk.Audio.Rate != rate))
            throw new ArgumentException("A book has one sample rate, so its segments have.", nameof(chunks));

        var edge = Count(Edge, rate);
        var pauses = chunks.Select(chunk => Count(chunk.PauseAfter, rate)).ToArray();
        pauses[^1] = Math.Max(pauses[^1], edge);
        var bytes = new byte[sizeof(short) * (edge + pauses.Sum() + chunks.Sum(chunk => chunk.Audio.Samples.Length))];
        var rest = MemoryMarshal.Cast<byte, short>(bytes.AsSpan())[edge..];
        for (var i = 0; i < chunks.Count; i++)
        {
            var audio = rest[..chunks[i].Audio.Samples.Length];
            Loudness.Apply(chunks[i].Audio.Samples.Span, chunks[i].GainDb, rate, audio);
            FadeEnds(audio, Count(Fade, rate));
            rest = rest[(audio.Length + pauses[i])..];
        }
        return (bytes, rate);
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
