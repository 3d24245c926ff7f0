using System.Text.Json.Serialization;

namespace Lectern.Providers.ElevenLabs;

// The shapes are those of https://api.elevenlabs.io/openapi.json, as the vendor's own client has them:
// https://github.com/elevenlabs/elevenlabs-python/tree/main/src/elevenlabs/types

internal sealed record SpeechBody(string Text, string ModelId)
{
    public string? LanguageCode { get; init; }
    public VoiceSettings? VoiceSettings { get; init; }
}

internal sealed record VoiceSettings(double Speed);

internal sealed record SpokenAnswer(byte[]? AudioBase64, CharacterAlignment? Alignment);

internal sealed record CharacterAlignment(
    IReadOnlyList<string?>? Characters,
    IReadOnlyList<double>? CharacterStartTimesSeconds,
    IReadOnlyList<double>? CharacterEndTimesSeconds
);

internal sealed record VoicesAnswer(IReadOnlyList<VoiceAnswer?>? Voices, bool HasMore, string? NextPageToken);

internal sealed record VoiceAnswer(
    string? VoiceId,
    string? Name,
    string? Category,
    string? Description,
    IReadOnlyDictionary<string, string?>? Labels
);

internal sealed record TranscriptAnswer(
    string? Text,
    string? LanguageCode,
    double? AudioDurationSecs,
    IReadOnlyList<WordAnswer?>? Words
);

internal sealed record WordAnswer(string? Text, string? Type, double? Start, double? End);

internal sealed record ClonedAnswer(string? VoiceId);

internal sealed record DubbingStarted(string? DubbingId);

internal sealed record DubbingAnswer(string? Status, string? Error);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(SpeechBody))]
[JsonSerializable(typeof(SpokenAnswer))]
[JsonSerializable(typeof(VoicesAnswer))]
[JsonSerializable(typeof(TranscriptAnswer))]
[JsonSerializable(typeof(ClonedAnswer))]
[JsonSerializable(typeof(DubbingStarted))]
[JsonSerializable(typeof(DubbingAnswer))]
internal sealed partial class ElevenLabsWire : JsonSerializerContext;
