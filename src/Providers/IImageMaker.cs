using System.Buffers.Binary;

namespace Lectern.Providers;

/// <summary>Makes pictures.</summary>
public interface IImageMaker : IEngine
{
    /// <inheritdoc/>
    Ability IEngine.Ability => Ability.Image;

    /// <summary>Makes one picture.</summary>
    /// <exception cref="ProviderException">The engine refused or failed; it says how and what to do.</exception>
    Task<MadeImage> MakeAsync(ImageRequest request, CallContext context, CancellationToken cancel);
}

/// <summary>A picture to make.</summary>
/// <param name="Prompt">What it shows, at most <see cref="EngineLimits.MaxCharacters"/> long.</param>
/// <param name="Width">Pixels; an engine with fixed sizes takes the nearest of the same shape.</param>
/// <param name="Height">Pixels.</param>
public sealed record ImageRequest(string Prompt, int Width, int Height)
{
    /// <summary>Words that are to stand on it, for an engine that sets type: a title, then smaller lines.</summary>
    public IReadOnlyList<string> Lettering { get; init; } = [];

    /// <summary>The same seed gives the same picture where the engine can.</summary>
    public long? Seed { get; init; }
}

/// <summary>A picture, of which the first bytes were found to be what they claim.</summary>
/// <param name="Bytes">The file.</param>
/// <param name="ContentType"><c>image/png</c>, <c>image/jpeg</c> or <c>image/webp</c>.</param>
public sealed record MadeImage(ReadOnlyMemory<byte> Bytes, string ContentType)
{
    /// <summary>Whether it ends as its format does. One that is cut off still shows its upper part.</summary>
    public bool IsWhole =>
        ContentType switch
        {
            // The chunk IEND with its checksum; PNG specification, section 11.2.5
            "image/png" => Bytes.Span.EndsWith((ReadOnlySpan<byte>)[0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]),
            // The marker EOI; ITU-T T.81, table B.1
            "image/jpeg" => Bytes.Span.EndsWith((ReadOnlySpan<byte>)[0xFF, 0xD9]),
            // RIFF's length of what follows the first eight bytes
            _ => Bytes.Length >= 8 + (long)BinaryPrimitives.ReadUInt32LittleEndian(Bytes.Span[4..]),
        };

    /// <summary>The bytes as a picture, or null when they begin like no format that is known.</summary>
    public static MadeImage? Recognize(ReadOnlyMemory<byte> bytes) =>
        bytes.Span switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => new MadeImage(bytes, "image/png"),
            [0xFF, 0xD8, 0xFF, ..] => new MadeImage(bytes, "image/jpeg"),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] =>
                new MadeImage(bytes, "image/webp"),
            _ => null,
        };
}
