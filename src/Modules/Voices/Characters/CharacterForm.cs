using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Processes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Lectern.Voices.Characters;

/// <summary>
/// A multipart form about a character, read part by part: texts into fields, images into memory, the sample into a
/// private file, for ffmpeg must be able to go back and forth in it.
/// </summary>
internal sealed partial class CharacterForm : IDisposable
{
    public const string SamplePart = "sample";

    /// <summary>Names the picture of an expression: <c>image-happy</c>. <c>image</c> alone is the neutral one.</summary>
    public const string ImagePart = "image";

    public const string DefaultExpression = "neutral";

    private const int MostTextBytes = 20_000;
    private const int MostBoundary = 200;

    private readonly PrivateDirectory _folder = new();

    /// <summary>The texts, by the names of their parts.</summary>
    public Dictionary<string, string> Fields { get; } = new(StringComparer.Ordinal);

    /// <summary>The images as they came, by expression.</summary>
    public Dictionary<string, byte[]> Images { get; } = new(StringComparer.Ordinal);

    /// <summary>Where the sample is; null when there was none.</summary>
    public string? Sample { get; private set; }

    /// <summary>SHA-256 of all parts.</summary>
    public byte[] Fingerprint { get; private set; } = [];

    /// <summary>Whether a word can name an expression.</summary>
    public static bool IsExpression(string word) => Expression().IsMatch(word);

    public void Dispose() => _folder.Dispose();

    /// <summary>Reads a form of the parts that are known there, or says what is wrong with it.</summary>
    /// <param name="http">The request.</param>
    /// <param name="settings">How large parts may be.</param>
    /// <param name="fields">The names of its texts.</param>
    /// <param name="withSample">Whether a sample may be in it.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<(CharacterForm? Form, Problem? Refusal)> ReadAsync(
        HttpContext http,
        CharactersSettings settings,
        IReadOnlyCollection<string> fields,
        bool withSample,
        CancellationToken cancel
    )
    {
        if (
            !MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= MostBoundary } boundary
        )
            return (null, CommonProblems.UnsupportedMediaType.With("Send multipart/form-data."));
        // Each part is limited below; the server's own limit is meant for bodies of one piece.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        var form = new CharacterForm();
        Problem? refusal;
        try
        {
            var reader = new MultipartReader(boundary, http.Request.Body);
            refusal = await form.FillAsync(reader, settings, fields, withSample, cancel);
        }
        catch (InvalidDataException e)
        {
            refusal = CommonProblems.MalformedRequest.With($"The form can't be read: {e.Message}");
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            refusal = CommonProblems.MalformedRequest.With("The form ended before its last part was complete.");
        }
        catch
        {
            form.Dispose();
            throw;
        }

        if (refusal is null)
            return (form, null);
        form.Dispose();
        return (null, refusal);
    }

    private async Task<Problem?> FillAsync(
        MultipartReader reader,
        CharactersSettings settings,
        IReadOnlyCollection<string> fields,
        bool withSample,
        CancellationToken cancel
    )
    {
        using var fingerprint = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (await reader.ReadNextSectionAsync(cancel) is { } section)
        {
            var name = HeaderUtilities.RemoveQuotes(section.GetContentDispositionHeader()?.Name ?? "").Value ?? "";
            fingerprint.AppendData(Encoding.UTF8.GetBytes($"{name.Length}:{name}"));
            var refusal =
                name == SamplePart && withSample
                    ? await TakeSampleAsync(section.Body, settings.SampleMegabytes << 20, fingerprint, cancel)
                : name == ImagePart || name.StartsWith(ImagePart + "-", StringComparison.Ordinal)
                    ? await TakeImageAsync(name, section.Body, settings, fingerprint, cancel)
                : fields.Contains(name) ? await TakeTextAsync(name, section.Body, fingerprint, cancel)
                : Invalid(name.Length == 0 ? "form" : name, "is not a part of this form");
            if (refusal is not null)
                return refusal;
        }

        Fingerprint = fingerprint.GetHashAndReset();
        return null;
    }

    private async Task<Problem?> TakeSampleAsync(
        Stream body,
        long most,
        IncrementalHash fingerprint,
        CancellationToken cancel
    )
    {
        if (Sample is not null)
            return Twice(SamplePart);
        Sample = _folder.File(SamplePart);
        await using var file = File.Create(Sample);
        var whole = await CopyAsync(body, file, most, fingerprint, cancel);
        return whole ? null : TooLarge(SamplePart, most);
    }

    private async Task<Problem?> TakeImageAsync(
        string part,
        Stream body,
        CharactersSettings settings,
        IncrementalHash fingerprint,
        CancellationToken cancel
    )
    {
        var expression = part == ImagePart ? DefaultExpression : part[(ImagePart.Length + 1)..];
        if (!IsExpression(expression))
            return Invalid(ImagePart, "must name its expression with at most 24 lower-case letters: image-happy");
        if (Images.ContainsKey(expression))
            return Twice(part);
        if (Images.Count == settings.Images)
            return Invalid(part, $"is one more than the {settings.Images} images that a character may have");
        using var content = new MemoryStream();
        long most = settings.ImageMegabytes << 20;
        if (!await CopyAsync(body, content, most, fingerprint, cancel))
            return TooLarge(part, most);
        Images.Add(expression, content.ToArray());
        return null;
    }

    private async Task<Problem?> TakeTextAsync(
        string name,
        Stream body,
        IncrementalHash fingerprint,
        CancellationToken cancel
    )
    {
        if (Fields.ContainsKey(name))
            return Twice(name);
        using var content = new MemoryStream();
        if (!await CopyAsync(body, content, MostTextBytes, fingerprint, cancel))
            return Invalid(name, "is too long");
        var bytes = content.ToArray();
        if (!Utf8.IsValid(bytes) || bytes.AsSpan().Contains((byte)0))
            return Invalid(name, "must be UTF-8 without NUL characters");
        Fields.Add(name, Encoding.UTF8.GetString(bytes));
        return null;
    }

    /// <summary>Whether it was not more than so many bytes; what is behind them is not read.</summary>
    private static async Task<bool> CopyAsync(
        Stream from,
        Stream to,
        long most,
        IncrementalHash fingerprint,
        CancellationToken cancel
    )
    {
        var buffer = new byte[64 * 1024];
        var total = 0L;
        int read;
        while ((read = await from.ReadAsync(buffer, cancel)) > 0)
        {
            if ((total += read) > most)
                return false;
            fingerprint.AppendData(buffer, 0, read);
            await to.WriteAsync(buffer.AsMemory(0, read), cancel);
        }

        fingerprint.AppendData(Encoding.ASCII.GetBytes($"|{total}|"));
        return true;
    }

    public static Problem Invalid(string field, string detail) =>
        CommonProblems.InvalidValues.With("The form has a value that doesn't fit.", new FieldError(field, detail));

    private static Problem Twice(string part) =>
        CommonProblems.MalformedRequest.With($"The form has two parts named {part}.");

    private static Problem TooLarge(string part, long most) =>
        CommonProblems.TooLarge.With($"It may have at most {most >> 20} MB.", new FieldError(part, "is too large"));

    [GeneratedRegex(@"\A[a-z]{1,24}\z")]
    private static partial Regex Expression();
}
