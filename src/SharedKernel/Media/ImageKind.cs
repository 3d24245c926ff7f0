namespace Lectern.SharedKernel.Media;

/// <summary>A kind of still image that people may send.</summary>
/// <param name="MediaType">As clients name it.</param>
/// <param name="Demuxer">As ffmpeg names what reads it, and nothing else, from a pipe.</param>
/// <param name="Magic">The bytes that it begins with.</param>
/// <param name="MagicAtEight">For a container of many kinds, the bytes from the eighth on.</param>
public sealed record ImageKind(
    string MediaType,
    string Demuxer,
    IReadOnlyList<byte> Magic,
    IReadOnlyList<byte> MagicAtEight
)
{
    /// <summary>What is made here.</summary>
    public static ImageKind Png { get; } = new("image/png", "png_pipe", [0x89, .. "PNG\r\n\u001a\n"u8], []);

    /// <summary>As cameras make it.</summary>
    public static ImageKind Jpeg { get; } = new("image/jpeg", "jpeg_pipe", [0xFF, 0xD8, 0xFF], []);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ImageKind> All { get; } =
    [Png, Jpeg, new("image/webp", "webp_pipe", [.. "RIFF"u8], [.. "WEBP"u8])];

    /// <summary>The kind that bytes are, whatever they are called; null for none that is known.</summary>
    public static ImageKind? Of(ReadOnlySpan<byte> bytes)
    {
        foreach (var kind in All)
            if (kind.Fits(bytes))
                return kind;
        return null;
    }

    /// <summary>Whether bytes begin as this kind does.</summary>
    public bool Fits(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith([.. Magic])
        && (MagicAtEight.Count == 0 || (bytes.Length > 8 && bytes[8..].StartsWith([.. MagicAtEight])));
}
