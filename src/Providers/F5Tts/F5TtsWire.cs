using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lectern.Providers.F5Tts;

// Gradio's FileData: https://github.com/gradio-app/gradio/blob/main/gradio/data_classes.py
internal sealed record UploadedFile(string Path)
{
    public FileMeta Meta { get; } = new("gradio.FileData");
}

internal sealed record FileMeta([property: JsonPropertyName("_type")] string Type);

internal sealed record CallBody(IReadOnlyList<JsonElement> Data);

internal sealed record CallStarted([property: JsonPropertyName("event_id")] string? EventId);

internal sealed record AppInfo(
    [property: JsonPropertyName("named_endpoints")] IReadOnlyDictionary<string, EndpointInfo>? NamedEndpoints
);

internal sealed record EndpointInfo(IReadOnlyList<JsonElement>? Parameters);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(UploadedFile))]
[JsonSerializable(typeof(CallBody))]
[JsonSerializable(typeof(CallStarted))]
[JsonSerializable(typeof(AppInfo))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(double))]
internal sealed partial class F5TtsWire : JsonSerializerContext;
