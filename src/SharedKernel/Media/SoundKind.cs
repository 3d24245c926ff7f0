using System.Buffers.Binary;

namespace Lectern.SharedKernel.Media;

/// <summary>A kind of sound file that people may send, known by its content and never by its name.</summary>
/// <param name="Name">For people: <c>wav</c>, <c>mp3</c>, <c>flac</c>, <c>ogg</c>, <c>m4a</c>.</param>
/// <param name="Demuxer">ffmpeg's name of what reads it, and nothing else: no playlist is among them.</param>
public sealed record SoundKind(string Name, string Demuxer)
{
    private const int Head = 64 * 1024;
    private static readonly SoundKind WavKind = new("wav", "wav");
    private static readonly SoundKind Mp3 = new("mp3", "mp3");
    private static readonly SoundKind Flac = new("flac", "flac");
    private static readonly SoundKind Ogg = new("ogg", "ogg");
    private static readonly SoundKind M4a = new("m4a", "mov");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SoundKind> All { get; } = [WavKind, Mp3, Flac, Ogg, M4a];

    /// <summary>The kind that a file is by its first bytes; null for none that is known.</summary>
    public static SoundKind? Of(ReadOnlySpan<byte> head) =>
        head switch
        {
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'A', (byte)'V', (byte)'E', ..] =>
                WavKind,
            [(byte)'f', (byte)'L', (byte)'a', (byte)'C', ..] => Flac,
            [(byte)'O', (byte)'g', (byte)'g', (byte)'S', ..] => Ogg,
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => M4a,
            [(byte)'I', (byte)'D', (byte)'3', ..] => Mp3,
            // The frame's sync and a layer; 00 there is what AAC streams begin with.
            [0xFF, >= 0xE0 and var second, ..] when (second & 0x06) != 0 => Mp3,
            _ => null,
        };

    /// <summary>
    /// Whether the file itself shows that its end is missing, which a decoder doesn't say of every kind: a WAV file has
    /// less than it declares, an Ogg stream no last page (RFC 3533, section 6, header type 4).
    /// </summary>
    public static bool IsCutOff(SoundKind kind, Stream file) =>
        kind == WavKind ? EndsEarly(file) : kind == Ogg && !HasLastPage(file);

    /// <summary>
    /// Whether the duration that the container states can be held against what was decoded. That of an MP3 without a
    /// count of its frames is a guess from its bit rate.
    /// </summary>
    public static bool StatesDuration(SoundKind kind, Stream file)
    {
        if (kind != Mp3)
            return true;
        var head = Read(file, 0, Head);
        if (head is [(byte)'I', (byte)'D', (byte)'3', _, _, _, var a, var b, var c, var d, ..])
            head = Read(file, 10 + (a << 21 | b << 14 | c << 7 | d), Head); // four times seven bits: ID3v2, section 3.1
        return head.AsSpan().IndexOf("Xing"u8) >= 0 || head.AsSpan().IndexOf("Info"u8) >= 0;
    }

    private static bool EndsEarly(Stream file)
    {
        if (Read(file, 4, 4) is not { Length: 4 } length)
            return true;
        var declared = BinaryPrimitives.ReadUInt32LittleEndian(length);
        // What was written to a pipe declares nothing, or as much as there could ever be.
        return declared is > 0 and < 0x7FFF_F000 && declared + 8L > file.Length + 1;
    }

    private static bool HasLastPage(Stream file)
    {
        var tail = Read(file, Math.Max(0, file.Length - 66_000), 66_000); // a page has at most 65,307 bytes
        var page = tail.AsSpan().LastIndexOf("OggS"u8);
        return page >= 0 && tail.Length > page + 5 && (tail[page + 5] & 0x04) != 0;
    }

    private static byte[] Read(Stream file, long at, int count)
    {
        var bytes = new byte[count];
        file.Position = Math.Min(at, file.Length);
        return bytes[..file.ReadAtLeast(bytes, count, throwOnEndOfStream: false)];
    }
}
