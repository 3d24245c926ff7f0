using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>
/// Covers without a picture model: our own drawing (a pattern with the title and the author on it), which librsvg's
/// rsvg-convert turns into a PNG. The prompt is not drawn; it only chooses the pattern when there is no seed.
/// </summary>
public sealed class CoverMaker(LocalEngineOptions options) : IImageMaker
{
    private const int Smallest = 64;
    private const int Largest = 4_096;

    /// <inheritdoc />
    public string Name => "cover";

    /// <inheritdoc />
    public EngineLimits Limits { get; } = new(Environment.ProcessorCount) { MaxCharacters = 2_000, Formats = ["png"] };

    /// <inheritdoc />
    public async Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) =>
        await ExternalProgram.VersionAsync(options.RsvgConvertPath, "--version", cancel) is { } version
            ? new EngineInspection($"cover-1-rsvg-{version}", null, [])
            {
                Models = [new EngineModel("cover", "A pattern with title and author; draws no scene")],
            }
            : EngineInspection.Absent(
                $"The program {options.RsvgConvertPath} is not installed. "
                    + "On Debian: apt-get install librsvg2-bin fonts-dejavu-core. On macOS: brew install librsvg."
            );

    /// <inheritdoc />
    public async Task<MadeImage> MakeAsync(ImageRequest request, CallContext context, CancellationToken cancel)
    {
        if (request.Width is < Smallest or > Largest || request.Height is < Smallest or > Largest)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"Width and height must lie between {Smallest} and {Largest} pixels."
            );
        if (request.Prompt.Length + request.Lettering.Sum(line => line.Length) > Limits.MaxCharacters)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"The prompt and the lettering have more than {Limits.MaxCharacters} characters."
            );

        var seed = request.Seed ?? SeedOf(string.Join('\n', [request.Prompt, .. request.Lettering]));
        var drawing = CoverDrawing.Draw(request.Width, request.Height, seed, request.Lettering);
        var call = new ProgramCall(options.RsvgConvertPath, "-f", "png")
        {
            Input = Encoding.UTF8.GetBytes(drawing.ToString(SaveOptions.DisableFormatting)),
            Timeout = options.Timeout,
        };
        var result = await LocalProgram.RunAsync(Name, call, cancel);
        return
            MadeImage.Recognize(result.Output) is { ContentType: "image/png" } image
            && IsOfSize(image.Bytes.Span, request.Width, request.Height)
            ? image
            : throw new ProviderException(Name, ProviderFailure.BadAnswer, "What came back is no PNG of that size.");
    }

    // The header's width and height: https://www.w3.org/TR/png-3/#11IHDR.
    private static bool IsOfSize(ReadOnlySpan<byte> png, int width, int height) =>
        png.Length > 24
        && BinaryPrimitives.ReadInt32BigEndian(png[16..]) == width
        && BinaryPrimitives.ReadInt32BigEndian(png[20..]) == height;

    private static long SeedOf(string text) =>
        BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
