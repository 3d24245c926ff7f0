using System.Buffers.Binary;

namespace Lectern.Jobs.Audio;

/// <summary>Finds the frames in what the encoders write.</summary>
internal static class CodecFrames
{
    /// <summary>
    /// Cuts off the first frame. The encoders' look-ahead (AAC 1024 samples; LAME 1105 with its decoder) makes them write
    /// one frame more than the audio is long, and the first holds nothing but the start-up. What is left plays the audio
    /// at its own position (AAC) or 47 samples, 1 ms, early (MP3: 1105 - 1152), the same in every segment.
    /// </summary>
    /// <exception cref="InvalidDataException">The encoder did not write frames as expected: its output can't be joined.</exception>
    public static ReadOnlyMemory<byte> DropFirst(ReadOnlyMemory<byte> encoded, AudioKind kind, long frames)
    {
        var (start, end, count) = (0, 0, 0L);
        while (end < encoded.Length)
        {
            var length = kind == AudioKind.M4b ? AdtsLength(encoded.Span[end..]) : Mp3Length(encoded.Span[end..]);
            if (length == 0 || end + length > encoded.Length)
                throw new InvalidDataException($"No whole {kind} frame at byte {end} of {encoded.Length}.");
            end += length;
            if (count++ == 0)
                start = end;
        }
        return count == frames + 1
            ? encoded[start..]
            : throw new InvalidDataException($"The encoder wrote {count} frames where {frames + 1} were due.");
    }

    /// <summary>Bytes of the ADTS frame that begins here (ISO 13818-7), 0 if none does.</summary>
    public static int AdtsLength(ReadOnlySpan<byte> at) =>
        at.Length < 7 || at[0] != 0xFF || (at[1] & 0xF6) != 0xF0
            ? 0
            : ((at[3] & 3) << 11) | (at[4] << 3) | (at[5] >> 5);

    /// <summary>Bytes of the MPEG-1 layer III frame at 44.1 kHz that begins here (ISO 11172-3), 0 if none does.</summary>
    public static int Mp3Length(ReadOnlySpan<byte> at)
    {
        if (at.Length < 4)
            return 0;
        var header = BinaryPrimitives.ReadUInt32BigEndian(at);
        if ((header & 0xFFFE0C00) != 0xFFFA0000) // sync, MPEG-1, layer III, 44.1 kHz
            return 0;
        var kbps = Mp3Kbps((int)(header >> 12) & 15);
        return kbps == 0 ? 0 : (144_000 * kbps / 44_100) + (int)((header >> 9) & 1);
    }

    /// <summary>The index that stands for a bitrate in a frame's header.</summary>
    public static int Mp3BitrateIndex(int kbps) => Enumerable.Range(1, 14).First(index => Mp3Kbps(index) == kbps);

    private static int Mp3Kbps(int index)
    {
        ReadOnlySpan<short> table = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
        return table[index];
    }
}
