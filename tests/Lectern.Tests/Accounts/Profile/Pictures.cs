using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Tests.Accounts.Profile;

/// <summary>Images for tests, written by hand so that they can be as odd as is wished.</summary>
internal static class Pictures
{
    /// <summary>Noise, so that no two pictures have a piece in common.</summary>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="comment">What its metadata says.</param>
    /// <param name="seed">The same noise again.</param>
    public static byte[] Png(int width, int height, string? comment = null, int? seed = null)
    {
        var random = seed is { } given ? new Random(given) : Random.Shared;
        var row = new byte[1 + 3 * width];
        return Png(
            width,
            height,
            bitDepth: 8,
            colors: 2,
            pixels =>
            {
                for (var y = 0; y < height; y++)
                {
                    random.NextBytes(row);
                    row[0] = 0; // no filter
                    pixels.Write(row);
                }
            },
            comment
        );
    }

    /// <summary>Black in one bit a pixel: little to send, and much to unpack.</summary>
    public static byte[] Bomb(int width, int height) =>
        Png(
            width,
            height,
            bitDepth: 1,
            colors: 0,
            pixels =>
            {
                var row = new byte[1 + (width + 7) / 8];
                for (var y = 0; y < height; y++)
                    pixels.Write(row);
            },
            null
        );

    /// <summary>The same picture in another format.</summary>
    public static async Task<byte[]> AsAsync(byte[] png, params string[] encoder) =>
        (
            await ExternalProgram.RunAsync(
                new Ffmpeg(new MediaToolOptions()).Call([
                    .. Ffmpeg.Input("png_pipe"),
                    "-i",
                    "pipe:0",
                    .. encoder,
                    "-f",
                    "image2pipe",
                    "pipe:1",
                ]) with
                {
                    Input = png,
                },
                TestContext.Current.CancellationToken
            )
        ).Output.ToArray();

    private static byte[] Png(int width, int height, byte bitDepth, byte colors, Action<Stream> write, string? comment)
    {
        using var data = new MemoryStream();
        using (var pixels = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
            write(pixels);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (bitDepth, colors);
        return
        [
            0x89,
            .. "PNG\r\n\u001a\n"u8,
            .. Chunk("IHDR", header),
            .. comment is null ? [] : Chunk("tEXt", Encoding.ASCII.GetBytes($"Comment\0{comment}")),
            .. Chunk("IDAT", data.ToArray()),
            .. Chunk("IEND", []),
        ];
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        Encoding.ASCII.GetBytes(type).CopyTo(chunk, 4);
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }

    // CRC-32 as in the PNG specification, annex D.
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }

        return ~crc;
    }
}
