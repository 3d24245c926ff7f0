using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lectern.Providers.OpenAi;

/// <summary><c>POST audio/speech</c>.</summary>
internal sealed record SpeechBody(string Model, string Input, string Voice, string ResponseFormat)
{
    public double? Speed { get; init; }

    public bool? Stream { get; init; }
}

/// <summary><c>POST audio/transcriptions</c> answers this, to <c>verbose_json</c> and, with only a text, to <c>json</c>.</summary>
internal sealed record TranscriptionAnswer(string Text)
{
    public string? Language { get; init; }

    public IReadOnlyList<TranscribedSegment?>? Segments { get; init; }

    public IReadOnlyList<TranscribedWord?>? Words { get; init; }
}

internal sealed record TranscribedSegment(string Text, double Start, double End);

internal sealed record TranscribedWord(string Word, double Start, double End);

/// <summary><c>POST chat/completions</c>.</summary>
internal sealed record ChatBody(string Model, IReadOnlyList<ChatMessage> Messages, ChatFormat ResponseFormat);

internal sealed record ChatMessage(string Role, string Content);

internal sealed record ChatFormat(string Type, ChatSchema JsonSchema);

internal sealed record ChatSchema(string Name, bool Strict, JsonElement Schema);

internal sealed record ChatAnswer(IReadOnlyList<ChatChoice?> Choices);

internal sealed record ChatChoice(ChatReply Message)
{
    public string? FinishReason { get; init; }
}

internal sealed record ChatReply
{
    public string? Content { get; init; }

    public string? Refusal { get; init; }
}

/// <summary>What a model is asked to write as a script.</summary>
internal sealed record WrittenScript(string Title, IReadOnlyList<WrittenLine?> Lines);

internal sealed record WrittenLine(string Speaker, string Text);

/// <summary>What a model is given to translate, and what it is asked to answer.</summary>
internal sealed record NumberedTexts(IReadOnlyList<NumberedText?> Texts);

internal sealed record NumberedText(int Number, string Text);

/// <summary><c>POST images/generations</c>.</summary>
internal sealed record ImageBody(string Model, string Prompt, string Size)
{
    public int N { get; init; } = 1;

    public string? ResponseFormat { get; init; }
}

internal sealed record ImageAnswer(IReadOnlyList<GeneratedImage?> Data);

internal sealed record GeneratedImage
{
    public string? B64Json { get; init; }
}

// An element of a list can be null, whatever its type says: the serializer does not look.
// Unknown properties are passed over, since vendors add some at any time; a missing or null one that is due is not.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(SpeechBody))]
[JsonSerializable(typeof(TranscriptionAnswer))]
[JsonSerializable(typeof(ChatBody))]
[JsonSerializable(typeof(ChatAnswer))]
[JsonSerializable(typeof(WrittenScript))]
[JsonSerializable(typeof(NumberedTexts))]
[JsonSerializable(typeof(ImageBody))]
[JsonSerializable(typeof(ImageAnswer))]
internal sealed partial class OpenAiJson : JsonSerializerContext;
