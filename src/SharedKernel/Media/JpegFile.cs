using System.Buffers.Binary;

namespace Lectern.SharedKernel.Media;

/// <summary>The markers of a JPEG file (ITU-T T.81, annex B).</summary>
internal static class JpegFile
{
    private const byte Marker = 0xFF;

    /// <summary>
    /// Whether the file goes on to the end of its image; what follows that is not looked at. A decoder can't be asked: it
    /// fills up what was cut off, and says nothing if the last bits happen to make sense, as with 1 of 50 noisy images.
    /// </summary>
    public static bool IsWhole(ReadOnlySpan<byte> file)
    {
        for (var at = 2; at + 1 < file.Length; ) // behind the mark of the beginning
            switch (file[at], file[at + 1])
            {
                case (Marker, 0xD9):
                    return true;
                case (Marker, Marker): // a fill byte
                    at++;
                    break;
                case (Marker, 0x00 or 0x01 or (>= 0xD0 and <= 0xD7)): // a stuffed byte or a restart, within a scan
                    at += 2;
                    break;
                case (Marker, _): // a segment, which says how long it is
                    if (at + 4 > file.Length)
                        return false;
                    at += 2 + BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
                    break;
                default: // compressed data
                    at++;
                    break;
            }

        return false;
    }
}
