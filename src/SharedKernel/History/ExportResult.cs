using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lectern.Eventing;
using Microsoft.AspNetCore.Http;

namespace Lectern.SharedKernel.History;

/// <summary>A stream as a <see cref="StreamDocument"/>, written while it is read; however long it is, a page is in memory.</summary>
internal sealed class ExportResult(Session session, HistorySubject subject, Guid stream) : IResult
{
    private const int PageSize = 500;
    private static readonly JsonWriterOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var cancel = httpContext.RequestAborted;
        var (version, now) = (
            await session.QueryAsync(
                "select version, now() from eventing.streams where id = $1",
                row => (row.GetInt32(0), row.GetFieldValue<DateTimeOffset>(1)),
                cancel,
                stream
            )
        ).Single();
        var id = PublicId.Format(subject.Prefix, stream);
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        httpContext.Response.Headers.ContentDisposition = $"attachment; filename={id}.json";
        httpContext.Response.Headers.CacheControl = "private, no-store";
        await using var json = new Utf8JsonWriter(httpContext.Response.Body, Form);
        json.WriteStartObject();
        json.WriteString("format", StreamDocument.FormatName);
        json.WriteNumber("formatVersion", StreamDocument.FormatNumber);
        json.WriteString("kind", subject.Kind);
        json.WriteString("stream", id);
        json.WriteString("workspace", PublicId.Format("workspace", session.Context.Workspace));
        json.WriteNumber("version", version);
        json.WriteString("exportedAt", DocumentEvent.Text(now));
        json.WriteStartArray("events");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var written = 0;
        while (written < version)
        {
            // Events are never changed, so pages that are read one after the other are of one stream.
            var page = await session.ReadRecordedAsync(stream, written, version, null, PageSize, cancel);
            if (page.Count == 0)
                break; // the count and the hash tell that it is short
            foreach (var e in page)
            {
                var line = DocumentEvent.Of(e).Line();
                hash.AppendData(line);
                hash.AppendData("\n"u8);
                json.WriteRawValue(line, skipInputValidation: true);
                written = e.Version;
            }

            await json.FlushAsync(cancel);
        }

        json.WriteEndArray();
        json.WriteNumber("count", written);
        json.WriteString("sha256", Convert.ToHexStringLower(hash.GetHashAndReset()));
        json.WriteEndObject();
        await json.FlushAsync(cancel);
    }
}
