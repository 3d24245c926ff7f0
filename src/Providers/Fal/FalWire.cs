using System.Text.Json.Serialization;

namespace Lectern.Providers.Fal;

// The queue: https://docs.fal.ai/model-apis/model-endpoints/queue. The model's input and output:
// https://fal.ai/models/fal-ai/flux/schnell/api, as in
// https://github.com/fal-ai/fal-js/blob/main/libs/client/src/types/endpoints.ts (FluxSchnellInput).

internal sealed record ImageBody(string Prompt, ImageSize ImageSize)
{
    public long? Seed { get; init; }
    public int NumImages { get; } = 1;
    public bool EnableSafetyChecker { get; } = true;

    /// <summary>The picture comes within the answer and is kept nowhere.</summary>
    public bool SyncMode { get; } = true;
}

internal sealed record ImageSize(int Width, int Height);

internal sealed record QueuedAnswer(string? RequestId, string? StatusUrl, string? ResponseUrl, string? CancelUrl);

internal sealed record StatusAnswer(string? Status);

internal sealed record ImagesAnswer(IReadOnlyList<ImageAnswer?>? Images, IReadOnlyList<bool?>? HasNsfwConcepts);

internal sealed record ImageAnswer(string? Url);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ImageBody))]
[JsonSerializable(typeof(QueuedAnswer))]
[JsonSerializable(typeof(StatusAnswer))]
[JsonSerializable(typeof(ImagesAnswer))]
internal sealed partial class FalWire : JsonSerializerContext;
