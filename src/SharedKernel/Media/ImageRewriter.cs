using Lectern.SharedKernel.Processes;

namespace Lectern.SharedKernel.Media;

/// <summary>
/// Makes images of hostile bytes: ffmpeg decodes them as the one kind that they must be, whole and without a fault, and
/// writes a new PNG, so nothing of the old file is kept: no place, no camera, no second payload.
/// </summary>
public sealed class ImageRewriter(Ffmpeg ffmpeg)
{
    /// <summary>Of the image that is sent. A telephone's camera makes up to 50 million.</summary>
    private const int MostPixels = 50_000_000;

    private const int AtOnce = 2;

    // 50 million pixels of 8 bytes, a copy of them, and the program itself.
    private static readonly ProgramLimits Limits = new(
        Cpu: TimeSpan.FromSeconds(15),
        MemoryBytes: 3L << 29,
        FileBytes: 16L << 20
    );

    private readonly SemaphoreSlim _slots = new(AtOnce);

    /// <summary>A square cut from the middle; null when the bytes are not a whole image of this kind, or too large a one.</summary>
    /// <param name="image">The bytes.</param>
    /// <param name="kind">What they must be.</param>
    /// <param name="side">Pixels along each side.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ExternalProgramException">ffmpeg is not installed.</exception>
    public Task<ReadOnlyMemory<byte>?> SquareAsync(
        ReadOnlyMemory<byte> image,
        ImageKind kind,
        int side,
        CancellationToken cancel
    ) =>
        // Cut before it is scaled: a thin image would else be made enormous first.
        RewriteAsync(image, kind, $"crop=min(iw\\,ih):min(iw\\,ih),scale={side}:{side}:flags=area", cancel);

    /// <summary>The whole image, made smaller where it is larger; null as for <see cref="SquareAsync"/>.</summary>
    /// <param name="image">The bytes.</param>
    /// <param name="kind">What they must be.</param>
    /// <param name="side">Pixels along the longer side at most.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ExternalProgramException">ffmpeg is not installed.</exception>
    public Task<ReadOnlyMemory<byte>?> WithinAsync(
        ReadOnlyMemory<byte> image,
        ImageKind kind,
        int side,
        CancellationToken cancel
    ) =>
        RewriteAsync(
            image,
            kind,
            $"scale=min({side}\\,iw):min({side}\\,ih):force_original_aspect_ratio=decrease:flags=area",
            cancel
        );

    private async Task<ReadOnlyMemory<byte>?> RewriteAsync(
        ReadOnlyMemory<byte> image,
        ImageKind kind,
        string filter,
        CancellationToken cancel
    )
    {
        if (kind == ImageKind.Jpeg && !JpegFile.IsWhole(image.Span))
            return null;
        var call = ffmpeg.Call([
            .. Ffmpeg.Input(kind.Demuxer),
            .. (string[])["-err_detect", "explode", "-max_pixels", $"{MostPixels}", "-threads", "1", "-i", "pipe:0"],
            .. (string[])["-frames:v", "1", "-an", "-sn", "-dn", "-map_metadata", "-1", "-threads", "1"],
            .. (string[])["-vf", $"{filter},format=rgba"],
            .. (string[])["-fflags", "+bitexact", "-flags:v", "+bitexact", "-c:v", "png", "-f", "image2pipe", "pipe:1"],
        ]) with
        {
            Input = image,
            Limits = Limits,
            Timeout = TimeSpan.FromSeconds(20),
            MaxCapturedBytes = 16 << 20,
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
