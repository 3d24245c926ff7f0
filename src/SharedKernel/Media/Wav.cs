using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Lectern.SharedKernel.Media;

/// <summary>Why bytes are not a WAV file that Lectern accepts.</summary>
public enum WavDefect
{
    /// <summary>Not RIFF/WAVE at all.</summary>
    NotWav,

    /// <summary>It ends before what its headers promise.</summary>
    Truncated,

    /// <summary>A WAV file, but not 16-bit PCM with one or two channels at 8 to 192 kHz.</summary>
    Unsupported,

    /// <summary>No sample in it, or chunks that contradict each other.</summary>
    Malformed,
}

/// <summary>The outcome of reading a WAV file: audio, or what is wrong with the bytes.</summary>
public readonly record struct WavReading(Pcm? Audio, WavDefect? Defect, string Detail);

/// <summary>
/// WAV files in-process, since an ffmpeg and an ffprobe per chunk would cost more than the synthesis itself. Bytes are
/// hostile: what is cut off or contradictory is refused. Layout: Microsoft's RIFF/WAVE; RF64 from EBU Tech 3306.
/// </summary>
public static class Wav
{
    // Programs that write to a pipe can't go back to fill in the length: espeak-ng leaves 0x7FFFF000, ffmpeg
    // 0xFFFFFFFF, sox 0x7FFFFFFF minus the header. No real chunk of ours comes near.
    private const uint StreamingLength = 0x7FFF_F000;
    private const int FormatPcm = 1;
    private const int FormatExtensible = 0xFFFE;

    /// <summary>Reads 16-bit PCM; two channels are mixed into one.</summary>
    public static WavReading Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 12 || !bytes[..4].SequenceEqual("RIFF"u8) || !bytes[8..12].SequenceEqual("WAVE"u8))
            return Refuse(WavDefect.NotWav, "The bytes do not begin with a RIFF/WAVE header.");

        var (channels, rate) = (0, 0);
        var rest = bytes[12..];
        while (rest.Length >= 8)
        {
            var declared = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            var name = rest[..4];
            var isData = name.SequenceEqual("data"u8);
            var body = rest[8..];
            if (isData && declared >= StreamingLength)
                declared = (uint)body.Length;
            if (declared > body.Length)
                return Refuse(WavDefect.Truncated, $"A chunk of {declared} bytes has only {body.Length}.");
            body = body[..(int)declared];

            if (isData)
                return channels == 0
                    ? Refuse(WavDefect.Malformed, "The samples come before their format.")
                    : ReadSamples(body, channels, rate);
            if (name.SequenceEqual("fmt "u8))
            {
                if (!TryReadFormat(body, out channels, out rate))
                    return Refuse(WavDefect.Unsupported, "Only 16-bit PCM, mono or stereo, 8 to 192 kHz is read.");
            }
            var padded = 8 + (long)declared + (declared & 1); // chunks are aligned to two bytes
            rest = padded < rest.Length ? rest[(int)padded..] : [];
        }
        return Refuse(WavDefect.Truncated, "The file ends before its samples.");
    }

    /// <summary>The header of a mono file whose number of samples is known; the samples follow it as they are.</summary>
    /// <returns>44 bytes of RIFF, or 80 bytes of RF64 for a file beyond 4 GiB.</returns>
    public static byte[] Header(long samples, int rate)
    {
        var dataBytes = samples * 2;
        var large = dataBytes + 36 > uint.MaxValue;
        var header = new byte[large ? 80 : 44];
        var next = header.AsSpan();
        Put(ref next, large ? "RF64"u8 : "RIFF"u8, large ? uint.MaxValue : (uint)(dataBytes + 36));
        "WAVE"u8.CopyTo(next);
        next = next[4..];
        if (large)
        {
            Put(ref next, "ds64"u8, 28);
            BinaryPrimitives.WriteInt64LittleEndian(next, dataBytes + header.Length - 8);
            BinaryPrimitives.WriteInt64LittleEndian(next[8..], dataBytes);
            BinaryPrimitives.WriteInt64LittleEndian(next[16..], samples);
            next = next[28..]; // the last four bytes: an empty table of further 64-bit chunk sizes
        }
        Put(ref next, "fmt "u8, 16);
        BinaryPrimitives.WriteUInt16LittleEndian(next, FormatPcm);
        BinaryPrimitives.WriteUInt16LittleEndian(next[2..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(next[4..], rate);
        BinaryPrimitives.WriteInt32LittleEndian(next[8..], rate * 2);
        BinaryPrimitives.WriteUInt16LittleEndian(next[12..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(next[14..], 16);
        next = next[16..];
        Put(ref next, "data"u8, large ? uint.MaxValue : (uint)dataBytes);
        return header;
    }

    /// <summary>A whole file in memory, for short audio such as a voice preview.</summary>
    public static byte[] Write(Pcm audio) =>
        [.. Header(audio.Samples.Length, audio.Rate), .. MemoryMarshal.AsBytes(audio.Samples.Span)];

    private static void Put(ref Span<byte> next, ReadOnlySpan<byte> name, uint length)
    {
        name.CopyTo(next);
        BinaryPrimitives.WriteUInt32LittleEndian(next[4..], length);
        next = next[8..];
    }

    private static bool TryReadFormat(ReadOnlySpan<byte> body, out int channels, out int rate)
    {
        (channels, rate) = (0, 0);
        if (body.Length < 16)
            return false;
        var tag = BinaryPrimitives.ReadUInt16LittleEndian(body);
        if (tag == FormatExtensible && body.Length >= 26)
            tag = BinaryPrimitives.ReadUInt16LittleEndian(body[24..]); // the first two bytes of the sub-format's GUID
        channels = BinaryPrimitives.ReadUInt16LittleEndian(body[2..]);
        rate = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(body[4..]), int.MaxValue);
        var frameBytes = BinaryPrimitives.ReadUInt16LittleEndian(body[12..]);
        var bits = BinaryPrimitives.ReadUInt16LittleEndian(body[14..]);
        return tag == FormatPcm
            && channels is 1 or 2
            && rate is >= 8_000 and <= 192_000
            && bits == 16
            && frameBytes == channels * 2;
    }

    private static WavReading ReadSamples(ReadOnlySpan<byte> data, int channels, int rate)
    {
        if (data.Length == 0)
            return Refuse(WavDefect.Malformed, "The file holds no sample.");
        if (data.Length % (2 * channels) != 0)
            return Refuse(WavDefect.Truncated, "The last sample is cut in half.");

        var interleaved = MemoryMarshal.Cast<byte, short>(data);
        var samples = new short[interleaved.Length / channels];
        if (channels == 1)
            interleaved.CopyTo(samples);
        else
            for (var i = 0; i < samples.Length; i++)
                samples[i] = (short)((interleaved[2 * i] + interleaved[2 * i + 1]) / 2);
        return new WavReading(new Pcm(samples, rate), null, "");
    }

    private static WavReading Refuse(WavDefect defect, string detail) => new(null, defect, detail);
}
