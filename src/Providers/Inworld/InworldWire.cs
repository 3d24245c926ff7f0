using System.Text.Json.Serialization;

namespace Lectern.Providers.Inworld;

// https://docs.inworld.ai/api-reference/ttsAPI/texttospeech/synthesize-speech and
// …/voiceAPI/voiceservice/list-voices, with the OpenAPI documents that are a part of these pages.

internal sealed record VoiceBody(string Text, string VoiceId, string ModelId, AudioConfig AudioConfig)
{
    public string TimestampType { get; } = "WORD";
}

internal sealed record AudioConfig(string AudioEncoding, int SampleRateHertz)
{
    public double? SpeakingRate { get; init; }
}

internal sealed record VoicedAnswer(byte[]? AudioContent, Usage? Usage, TimestampInfo? TimestampInfo);

internal sealed record Usage(long? ProcessedCharactersCount);

internal sealed record TimestampInfo(WordAlignment? WordAlignment);

internal sealed record WordAlignment(
    IReadOnlyList<string?>? Words,
    IReadOnlyList<double>? WordStartTimeSeconds,
    IReadOnlyList<double>? WordEndTimeSeconds
);

internal sealed record VoicesAnswer(IReadOnlyList<VoiceAnswer?>? Voices, string? NextPageToken);

internal sealed record VoiceAnswer(string? VoiceId, string? DisplayName, string? Description)
{
    public string? LangCode { get; init; }
    public string? Gender { get; init; }
    public string? Source { get; init; }
    public IReadOnlyList<string?>? Tags { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(VoiceBody))]
[JsonSerializable(typeof(VoicedAnswer))]
[JsonSerializable(typeof(VoicesAnswer))]
internal sealed partial class InworldWire : JsonSerializerContext;
