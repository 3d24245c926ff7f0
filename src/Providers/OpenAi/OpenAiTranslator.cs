using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Providers.Http;

namespace Lectern.Providers.OpenAi;

/// <summary>Translation by <c>POST chat/completions</c> with a JSON schema: each text has a number, so none gets lost.</summary>
public sealed class OpenAiTranslator : ITranslator
{
    // German for Chinese takes about four times the characters; more than that and a slack is a model that runs away.
    private const int MostGrowth = 8;
    private const int MostSlack = 200;

    private readonly OpenAiServer _server;
    private readonly string _model;
    private readonly OpenAiApi _api;
    private readonly OpenAiChat _chat;

    /// <summary>The translation of a server that has a model of chat.</summary>
    public OpenAiTranslator(OpenAiServer server, VendorHttp http)
    {
        _server = server;
        _model = server.ChatModel ?? throw new ArgumentException("It has no model of chat.", nameof(server));
        _api = new OpenAiApi(server, http);
        _chat = new OpenAiChat(server, _api);
        Limits = new EngineLimits(server.Concurrency)
        {
            // What goes in comes out again, and the room for answers is a fraction of that for questions.
            MaxCharacters = server.Dialect == OpenAiDialect.Compatible ? 4_000 : 16_000,
            Formats = ["json"],
            IsRemote = true,
        };
    }

    /// <inheritdoc/>
    public string Name => _server.Name;

    /// <inheritdoc/>
    public EngineLimits Limits { get; }

    /// <inheritdoc/>
    public Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) =>
        OpenAiInspection.InspectAsync(_server, _api, _model, key, cancel);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> TranslateAsync(
        TranslationRequest request,
        CallContext context,
        CancellationToken cancel
    )
    {
        var length = request.Texts.Sum(text => (long)text.Length);
        if (length > Limits.MaxCharacters)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"The texts have {length} characters; the limit is {Limits.MaxCharacters}."
            );
        // A blank text has no translation, and makes models skip a number.
        NumberedText[] texts =
        [
            .. request
                .Texts.Select((text, index) => new NumberedText(index + 1, Pronunciation.Strip(text)))
                .Where(text => !string.IsNullOrWhiteSpace(text.Text)),
        ];
        if (texts.Length == 0)
            return request.Texts;

        var translated = await _chat.AskAsync(
            context,
            new ChatTask(Task(request), Material(texts), Schema),
            OpenAiJson.Default.NumberedTexts,
            answer => Judge(answer, texts),
            cancel
        );
        return [.. request.Texts.Select((text, index) => translated.GetValueOrDefault(index + 1, text))];
    }

    private static readonly ChatSchema Schema = new(
        "translation",
        true,
        JsonElement.Parse(
            OpenAiScriptWriter
                .ObjectOf(
                    (
                        "texts",
                        new JsonObject
                        {
                            ["type"] = "array",
                            ["items"] = OpenAiScriptWriter.ObjectOf(
                                ("number", new JsonObject { ["type"] = "integer" }),
                                ("text", new JsonObject { ["type"] = "string" })
                            ),
                        }
                    )
                )
                .ToJsonString()
        )
    );

    private static string Task(TranslationRequest request) =>
        $"""
            You translate from the language {request.From} into the language {request.To} (BCP-47 tags). The material is a
            JSON object with numbered texts that follow each other and are each other's context. Translate each by itself,
            all of it and nothing else, as it would be said aloud by a native speaker. The answer has the same numbers, in
            the same order, each with the translation of its text.
            """;

    private static string Material(NumberedText[] texts) =>
        new JsonObject
        {
            ["texts"] = new JsonArray([
                .. texts.Select(JsonNode (text) => new JsonObject { ["number"] = text.Number, ["text"] = text.Text }),
            ]),
        }.ToJsonString(OpenAiChat.Readable);

    private static (Dictionary<int, string>? Texts, string? Wrong) Judge(NumberedTexts answer, NumberedText[] asked)
    {
        var translations = answer.Texts.OfType<NumberedText>().ToList();
        if (!translations.Select(text => text.Number).SequenceEqual(asked.Select(text => text.Number)))
            return (null, $"It must have the same {asked.Length} numbers as the material, each once and in order.");
        var texts = new Dictionary<int, string>();
        foreach (var (source, translation) in asked.Zip(translations))
        {
            var text = Pronunciation.Strip(translation.Text).Trim();
            if (text.Length == 0)
                return (null, $"The translation of number {source.Number} is empty.");
            if (text.Length > source.Text.Length * MostGrowth + MostSlack)
                return (null, $"The translation of number {source.Number} is far longer than its text.");
            texts[source.Number] = text;
        }
        return (texts, null);
    }
}
