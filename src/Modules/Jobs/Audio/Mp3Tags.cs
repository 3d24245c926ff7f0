using System.Buffers.Binary;
using System.Text;

namespace Lectern.Jobs.Audio;

/// <summary>
/// What stands before the frames of an MP3 book: ID3v2.3 tags with chapters (id3.org, "ID3v2 Chapter Frame Addendum"),
/// and a Xing "Info" frame, which tells players the exact length and lets them seek without reading the file.
/// </summary>
internal static class Mp3Tags
{
    private static readonly Dictionary<string, string> FrameIds = new()
    {
        ["title"] = "TIT2",
        ["album"] = "TALB",
        ["artist"] = "TPE1",
        ["composer"] = "TCOM",
        ["genre"] = "TCON",
    };

    public static byte[] Id3(Book book)
    {
        using var frames = new MemoryStream();
        foreach (var (name, value) in book.Tags())
            frames.Write(TextFrame(FrameIds[name], value));

        var marks = book.Marks().ToList();
        // The entry count is one byte; a contents frame may be left out, and players then go by the chapters' times.
        if (marks.Count <= byte.MaxValue)
            frames.Write(ContentsFrame(marks.Count));
        for (var i = 0; i < marks.Count; i++)
            frames.Write(ChapterFrame(i, marks[i], book.Rate));

        var size = (int)frames.Length;
        byte[] header = [.. "ID3"u8, 3, 0, 0, .. Synchsafe(size)];
        return [.. header, .. frames.ToArray()];
    }

    /// <summary>A frame of silence that carries the count of frames and bytes, itself included in the bytes.</summary>
    public static byte[] Info(AudioFormat format, long frames, long frameBytes)
    {
        var index = CodecFrames.Mp3BitrateIndex(format.BitrateKbps);
        byte[] header = [0xFF, 0xFB, (byte)(index << 4), 0xC0]; // MPEG-1 layer III, 44.1 kHz, mono
        var frame = new byte[CodecFrames.Mp3Length(header)];
        header.CopyTo(frame, 0);
        var info = frame.AsSpan(4 + 17); // behind the side information of a mono frame
        "Info"u8.CopyTo(info);
        BinaryPrimitives.WriteInt32BigEndian(info[4..], 0b0111); // frames, bytes and table of contents follow
        BinaryPrimitives.WriteUInt32BigEndian(info[8..], (uint)frames);
        BinaryPrimitives.WriteUInt32BigEndian(info[12..], (uint)Math.Min(uint.MaxValue, frameBytes + frame.Length));
        for (var percent = 0; percent < 100; percent++)
            info[16 + percent] = (byte)(percent * 256 / 100); // constant bitrate: bytes are proportional to time
        return frame;
    }

    private static byte[] TextFrame(string id, string text) =>
        Frame(id, [1, .. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(text)]); // 1: UTF-16 with BOM

    private static byte[] ContentsFrame(int count)
    {
        var children = Enumerable.Range(0, count).SelectMany(ElementId);
        return Frame("CTOC", [.. "toc\0"u8, 0b11, (byte)count, .. children]); // top level, ordered
    }

    private static byte[] ChapterFrame(int index, (string Title, long Start, long End) mark, int rate)
    {
        byte[] times = [.. Milliseconds(mark.Start, rate), .. Milliseconds(mark.End, rate)];
        byte[] noByteOffsets = [.. Enumerable.Repeat((byte)0xFF, 8)];
        return Frame("CHAP", [.. ElementId(index), .. times, .. noByteOffsets, .. TextFrame("TIT2", mark.Title)]);
    }

    private static byte[] ElementId(int index) => Encoding.ASCII.GetBytes($"ch{index}\0");

    private static byte[] Milliseconds(long samples, int rate) => BigEndian((uint)(samples * 1000 / rate));

    private static byte[] Frame(string id, byte[] body) =>
        [.. Encoding.ASCII.GetBytes(id), .. BigEndian((uint)body.Length), 0, 0, .. body];

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Synchsafe(int value) =>
        [(byte)((value >> 21) & 127), (byte)((value >> 14) & 127), (byte)((value >> 7) & 127), (byte)(value & 127)];
}
