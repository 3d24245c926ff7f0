using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Lectern.Tests.Providers;

/// <summary>One part of a form.</summary>
internal sealed record FormPart(string? FileName, byte[] Body);

/// <summary>A request's body as multipart/form-data (RFC 7578), read by the framework's own reader.</summary>
internal sealed class MultipartForm
{
    private readonly Dictionary<string, FormPart> _parts = [];

    public FormPart this[string name] => _parts[name];

    public IEnumerable<string> Names => _parts.Keys;

    public string Text(string name) => Encoding.UTF8.GetString(_parts[name].Body);

    public static async Task<MultipartForm> ReadAsync(VendorRequest request)
    {
        var type = MediaTypeHeaderValue.Parse(request.Headers["Content-Type"]);
        type.MediaType.Value.ShouldBe("multipart/form-data");
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value!;
        var reader = new MultipartReader(boundary, new MemoryStream(request.Body));
        var form = new MultipartForm();
        while (await reader.ReadNextSectionAsync() is { } section)
        {
            var about = ContentDispositionHeaderValue.Parse(section.ContentDisposition);
            using var body = new MemoryStream();
            await section.Body.CopyToAsync(body);
            form._parts.Add(
                HeaderUtilities.RemoveQuotes(about.Name).Value!,
                new FormPart(HeaderUtilities.RemoveQuotes(about.FileName).Value, body.ToArray())
            );
        }
        return form;
    }
}
