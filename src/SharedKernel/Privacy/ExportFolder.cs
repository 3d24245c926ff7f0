using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lectern.SharedKernel.Http;

namespace Lectern.SharedKernel.Privacy;

/// <summary>A folder of the archive that a module writes its part of an export into, one file after the other.</summary>
/// <param name="archive">The archive, open for writing; what is written goes straight to the client.</param>
/// <param name="path">The folder's path with a slash at its end; empty for the root.</param>
public sealed class ExportFolder(ZipArchive archive, string path)
{
    private static readonly UTF8Encoding WithoutMark = new(encoderShouldEmitUTF8Identifier: false);
    private static readonly byte[] NewLine = [(byte)'\n'];

    // A person reads this, not a browser: no letter of theirs is written as an escape.
    private static readonly JsonSerializerOptions Lines = new(StrictJson.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonSerializerOptions Whole = new(Lines) { WriteIndented = true };

    /// <summary>A folder in this one.</summary>
    /// <param name="name">A name that the server made, such as an id.</param>
    public ExportFolder Folder(string name) => new(archive, $"{path}{name}/");

    /// <summary>Writes a value as a JSON file.</summary>
    public async Task WriteJsonAsync<T>(string name, T value, CancellationToken cancel)
    {
        await using var file = await CreateAsync(name, CompressionLevel.Fastest, cancel);
        await JsonSerializer.SerializeAsync(file, value, Whole, cancel);
    }

    /// <summary>Writes values as they come, one JSON document on each line.</summary>
    public async Task WriteLinesAsync<T>(string name, IAsyncEnumerable<T> values, CancellationToken cancel)
    {
        await using var file = await CreateAsync(name, CompressionLevel.Fastest, cancel);
        await foreach (var value in values.WithCancellation(cancel))
        {
            await JsonSerializer.SerializeAsync(file, value, Lines, cancel);
            await file.WriteAsync(NewLine, cancel);
        }
    }

    /// <summary>Writes a text in UTF-8.</summary>
    public async Task WriteTextAsync(string name, string text, CancellationToken cancel)
    {
        await using var file = await CreateAsync(name, CompressionLevel.Fastest, cancel);
        // It would close the file without waiting for what is still to be sent.
        await using var writer = new StreamWriter(file, WithoutMark, leaveOpen: true);
        await writer.WriteAsync(text.AsMemory(), cancel);
    }

    /// <summary>Writes a file as it is, uncompressed: audio and images are compressed already.</summary>
    public async Task WriteFileAsync(string name, Stream content, CancellationToken cancel)
    {
        await using var file = await CreateAsync(name, CompressionLevel.NoCompression, cancel);
        await content.CopyToAsync(file, cancel);
    }

    private Task<Stream> CreateAsync(string name, CompressionLevel level, CancellationToken cancel) =>
        archive.CreateEntry(path + name, level).OpenAsync(cancel);
}
