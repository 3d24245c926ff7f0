using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Lectern.Jobs.Submission;

/// <summary>Reads a job request from JSON or from a multipart form with a file.</summary>
internal static class RequestReader
{
    private const int MaxField = 10_000;
    private const int MaxBoundary = 200;
    private static readonly string[] Known =
    [
        "text",
        "kind",
        "title",
        "author",
        "markup",
        "voice",
        "fallbackVoice",
        "language",
        "format",
        "bitrate",
        "project",
        "quote",
        "job",
    ];

    public static async Task<(ReceivedRequest? Request, Problem? Refusal)> ReadAsync(
        HttpContext http,
        JobsOptions options,
        CancellationToken cancel
    )
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type))
            return (null, WrongType());
        // What is kept is limited below. The server reads and drops the rest for a few seconds, so that the sender of a
        // far too long text gets to see the refusal, and not a broken connection.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        if (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            // In JSON a character can take six bytes (\u00e9), so the limit on characters is checked after reading.
            var body = await ReadAllAsync(http.Request.Body, options.MaxBytes, cancel);
            return body is null ? (null, TooLong(options)) : (JobRequests.Read(body), null);
        }

        if (
            !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= MaxBoundary } boundary
        )
            return (null, WrongType());
        try
        {
            return await ReadFormAsync(new MultipartReader(boundary, http.Request.Body), options, cancel);
        }
        catch (InvalidDataException e)
        {
            return (null, CommonProblems.MalformedRequest.With($"The form can't be read: {e.Message}"));
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            return (null, CommonProblems.MalformedRequest.With("The form ended before its last part was complete."));
        }
    }

    private static async Task<(ReceivedRequest? Request, Problem? Refusal)> ReadFormAsync(
        MultipartReader reader,
        JobsOptions options,
        CancellationToken cancel
    )
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        byte[]? file = null;
        string? fileName = null;
        using var fingerprint = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (await reader.ReadNextSectionAsync(cancel) is { } section)
        {
            var disposition = section.GetContentDispositionHeader();
            var name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? "").Value;
            if (string.IsNullOrEmpty(name))
                return (null, CommonProblems.MalformedRequest.With("A part of the form has no name."));
            var isFile = name == "file";
            if (!isFile && !Known.Contains(name))
                return (null, Invalid(name, "is not a field of this form"));
            if (isFile ? file is not null : fields.ContainsKey(name))
                return (null, CommonProblems.MalformedRequest.With($"The form has two parts named {name}."));

            var limit = isFile || name == "text" ? options.MaxBytes : MaxField;
            var content = await ReadAllAsync(section.Body, limit, cancel);
            if (content is null)
                return (null, TooLong(options));
            fingerprint.AppendData(Encoding.UTF8.GetBytes($"{name}\0{content.Length}\0"));
            fingerprint.AppendData(content);
            if (isFile)
            {
                file = content;
                fileName = HeaderUtilities
                    .RemoveQuotes(disposition!.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName)
                    .Value;
                // It says what the title and the markup are.
                fingerprint.AppendData(Encoding.UTF8.GetBytes($"{fileName}\0"));
            }
            else
            {
                if (!System.Text.Unicode.Utf8.IsValid(content) || content.AsSpan().Contains((byte)0))
                    return (null, Invalid(name, "must be UTF-8 without NUL characters"));
                fields.Add(name, Encoding.UTF8.GetString(content));
            }
        }

        return Form(fields, file, fileName, fingerprint.GetHashAndReset());
    }

    private static (ReceivedRequest? Request, Problem? Refusal) Form(
        Dictionary<string, string> fields,
        byte[]? file,
        string? fileName,
        byte[] fingerprint
    )
    {
        int? bitrate = null;
        if (fields.TryGetValue("bitrate", out var text))
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed))
                return (null, Invalid("bitrate", "must be a whole number"));
            bitrate = parsed;
        }

        var request = new JobRequest(
            Text: fields.GetValueOrDefault("text"),
            Kind: fields.GetValueOrDefault("kind"),
            Title: fields.GetValueOrDefault("title"),
            Author: fields.GetValueOrDefault("author"),
            Markup: fields.GetValueOrDefault("markup"),
            Voice: fields.GetValueOrDefault("voice"),
            FallbackVoice: fields.GetValueOrDefault("fallbackVoice"),
            Language: fields.GetValueOrDefault("language"),
            Format: fields.GetValueOrDefault("format"),
            Bitrate: bitrate,
            Project: fields.GetValueOrDefault("project"),
            Quote: fields.GetValueOrDefault("quote"),
            Job: fields.GetValueOrDefault("job")
        );
        return (new ReceivedRequest(request, file, fileName, fingerprint), null);
    }

    /// <summary>Null when there is more than the limit; what is behind it is not read.</summary>
    private static async Task<byte[]?> ReadAllAsync(Stream stream, long limit, CancellationToken cancel)
    {
        using var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancel)) > 0)
        {
            if (content.Length + read > limit)
                return null;
            content.Write(buffer, 0, read);
        }

        return content.ToArray();
    }

    private static Problem TooLong(JobsOptions options) =>
        JobsProblems.TextTooLong.With($"A text may have at most {options.MaxCharacters} characters.");

    private static Problem WrongType() =>
        CommonProblems.UnsupportedMediaType.With("Send application/json or multipart/form-data.");

    private static Problem Invalid(string field, string detail) =>
        CommonProblems.InvalidValues.With("The form has a value that doesn't fit.", new FieldError(field, detail));
}
