using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Accounts.Profile;

/// <summary>A kind of image that can become an avatar.</summary>
/// <param name="MediaType">As clients name it.</param>
/// <param name="Demuxer">As ffmpeg names what reads it, and nothing else, from a pipe.</param>
/// <param name="Magic">The bytes that it begins with.</param>
/// <param name="MagicAtEight">For a container of many kinds, the bytes from the eighth on.</param>
internal sealed record ImageKind(string MediaType, string Demuxer, byte[] Magic, byte[] MagicAtEight)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ImageKind> All { get; } =
    [
        new("image/png", "png_pipe", [0x89, .. "PNG\r\n\u001a\n"u8], []),
        new("image/jpeg", "jpeg_pipe", [0xFF, 0xD8, 0xFF], []),
        new("image/webp", "webp_pipe", [.. "RIFF"u8], [.. "WEBP"u8]),
    ];

    /// <summary>Whether bytes begin as this kind does.</summary>
    public bool Fits(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith(Magic)
        && (MagicAtEight.Length == 0 || (bytes.Length > 8 && bytes[8..].StartsWith(MagicAtEight)));
}

/// <summary>
/// Makes avatars of hostile bytes: ffmpeg decodes them as the one kind that they must be, whole and without a fault, and
/// writes a new square image, so nothing of the old file is kept: no place, no camera, no second payload.
/// </summary>
internal sealed class AvatarImage(Ffmpeg ffmpeg)
{
    /// <summary>Pixels along each side of an avatar.</summary>
    public const int Side = 256;

    /// <summary>Of the image that is sent. A telephone's camera makes up to 50 million.</summary>
    private const int MostPixels = 50_000_000;

    private const int AtOnce = 2;

    // 50 million pixels of 8 bytes, a copy of them, and the program itself.
    private static readonly ProgramLimits Limits = new(
        Cpu: TimeSpan.FromSeconds(15),
        MemoryBytes: 3L << 29,
        FileBytes: 1L << 20
    );

    private readonly SemaphoreSlim _slots = new(AtOnce);

    /// <summary>The avatar as a PNG; null when the bytes are not a whole image of this kind, or too large a one.</summary>
    /// <exception cref="ExternalProgramException">ffmpeg is not installed.</exception>
    public async Task<ReadOnlyMemory<byte>?> MakeAsync(
        ReadOnlyMemory<byte> image,
        ImageKind kind,
        CancellationToken cancel
    )
    {
        var call = ffmpeg.Call([
            .. Ffmpeg.Input(kind.Demuxer),
            .. (string[])["-err_detect", "explode", "-max_pixels", $"{MostPixels}", "-threads", "1", "-i", "pipe:0"],
            .. (string[])["-frames:v", "1", "-an", "-sn", "-dn", "-map_metadata", "-1", "-threads", "1"],
            // Cut before it is scaled: a thin image would else be made enormous first.
            .. (string[])["-vf", $"crop=min(iw\\,ih):min(iw\\,ih),scale={Side}:{Side}:flags=area,format=rgba"],
            .. (string[])["-fflags", "+bitexact", "-flags:v", "+bitexact", "-c:v", "png", "-f", "image2pipe", "pipe:1"],
        ]) with
        {
            Input = image,
            Limits = Limits,
            Timeout = TimeSpan.FromSeconds(20),
            MaxCapturedBytes = 1 << 20,
        };
        await _slots.WaitAsync(cancel);
        try
        {
            var made = await ExternalProgram.RunAsync(call, cancel);
            // It may succeed in spite of a complaint, with half an image.
            return made.ErrorTail.Length == 0 && !made.Output.IsEmpty ? made.Output : null;
        }
        catch (ExternalProgramException refused) when (refused.Failure != ProgramFailure.NotInstalled)
        {
            return null;
        }
        finally
        {
            _slots.Release();
        }
    }
}
