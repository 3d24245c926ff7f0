using System.Globalization;
using CsvHelper;
using Microsoft.AspNetCore.Http;

namespace Lectern.SharedKernel.Http;

/// <summary>
/// An answer as CSV (RFC 4180), written while its lines are read. A text that a spreadsheet would take for a formula is
/// escaped; a number may begin with a minus.
/// </summary>
/// <param name="fileName">What a browser calls the file; letters, digits, dots and dashes.</param>
/// <param name="header">The columns' names.</param>
/// <param name="lines">As many values each.</param>
public sealed class CsvResult(string fileName, string[] header, IAsyncEnumerable<string?[]> lines) : IResult
{
    private static readonly CsvWriterOptions Format = new()
    {
        Injection = CsvInjection.Escape,
        InjectionCharacters = "=@+\t\r",
    };

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "text/csv; charset=utf-8; header=present";
        httpContext.Response.Headers.ContentDisposition = $"attachment; filename={fileName}";
        await using var csv = CsvWriter.Create(httpContext.Response.Body, Format, leaveOpen: true);
        await csv.WriteRecordAsync(header, httpContext.RequestAborted);
        await foreach (var line in lines.WithCancellation(httpContext.RequestAborted))
            await csv.WriteRecordAsync([.. line.Select(Harmless)], httpContext.RequestAborted);
    }

    private static string Harmless(string? value) =>
        value is ['-', ..] && !decimal.TryParse(value, NumberStyles.Number, CultureInfo.InvariantCulture, out _)
            ? "'" + value
            : value ?? "";
}
