using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Providers.Http;

namespace Lectern.Providers.OpenAi;

/// <summary>Scripts by <c>POST chat/completions</c> with a JSON schema.</summary>
public sealed class OpenAiScriptWriter : IScriptWriter
{
    // A model that runs away writes the same for ever. Long words and a generous model stay below.
    private const int MostCharactersPerWord = 30;
    private const int MostSlack = 2_000;
    private const int LongestTitle = 300;

    private readonly OpenAiServer _server;
    private readonly string _model;
    private readonly OpenAiApi _api;
    private readonly OpenAiChat _chat;

    /// <summary>The scripts of a server that has a model of chat.</summary>
    public OpenAiScriptWriter(OpenAiServer server, VendorHttp http)
    {
        _server = server;
        _model = server.ChatModel ?? throw new ArgumentException("It has no model of chat.", nameof(server));
        _api = new OpenAiApi(server, http);
        _chat = new OpenAiChat(server, _api);
        Limits = new EngineLimits(server.Concurrency)
        {
            // About 50,000 tokens, which the vendors' models read with ease. People's own often read 8,192, and pass over
            // the rest in silence.
            MaxCharacters = server.Dialect == OpenAiDialect.Compatible ? 16_000 : 200_000,
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
    public Task<Script> WriteAsync(ScriptRequest request, CallContext context, CancellationToken cancel)
    {
        if (request.Source.Length > Limits.MaxCharacters)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"The source has {request.Source.Length} characters; the limit is {Limits.MaxCharacters}."
            );
        return _chat.AskAsync(
            context,
            new ChatTask(Task(request), request.Source, Schema(request.Speakers)),
            OpenAiJson.Default.WrittenScript,
            script => Judge(script, request),
            cancel
        );
    }

    private static string Task(ScriptRequest request) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            You write scripts that are read aloud. Write one about the material, in the language {request.Language} (BCP-47),
            of about {request.Words} words. Say only what the material bears out.
            Who speaks, as JSON: {People(request.Speakers)}
            What is wanted of the script, as JSON: {JsonValue.Create(request.Instructions)!.ToJsonString(
                OpenAiChat.Readable
            )}
            The answer has a title of one line, and lines in the order in which they are spoken. Each has a speaker, whose
            name is one of those given, and a text: what is spoken, without names, directions, markup or addresses.
            """
        );

    private static string People(IReadOnlyList<ScriptSpeaker> speakers) =>
        new JsonArray([
            .. speakers.Select(
                JsonNode (speaker) => new JsonObject { ["name"] = speaker.Name, ["description"] = speaker.Description }
            ),
        ]).ToJsonString(OpenAiChat.Readable);

    private static ChatSchema Schema(IReadOnlyList<ScriptSpeaker> speakers)
    {
        var line = ObjectOf(
            (
                "speaker",
                new JsonObject
                {
                    ["type"] = "string",
                    ["enum"] = new JsonArray([.. speakers.Select(JsonNode (speaker) => speaker.Name)]),
                }
            ),
            ("text", new JsonObject { ["type"] = "string" })
        );
        var script = ObjectOf(
            ("title", new JsonObject { ["type"] = "string" }),
            ("lines", new JsonObject { ["type"] = "array", ["items"] = line })
        );
        return new ChatSchema("script", true, JsonElement.Parse(script.ToJsonString()));
    }

    /// <summary>Strict mode wants each property required, and no others allowed.</summary>
    internal static JsonObject ObjectOf(params (string Name, JsonObject Schema)[] properties) =>
        new()
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(
                properties.Select(property => KeyValuePair.Create<string, JsonNode?>(property.Name, property.Schema))
            ),
            ["required"] = new JsonArray([.. properties.Select(JsonNode (property) => property.Name)]),
            ["additionalProperties"] = false,
        };

    private static (Script? Script, string? Wrong) Judge(WrittenScript written, ScriptRequest request)
    {
        var lines = written
            .Lines.OfType<WrittenLine>()
            .Select(line => new ScriptLine(line.Speaker, Pronunciation.Strip(line.Text).Trim()))
            .Where(line => line.Text.Length > 0)
            .ToList();
        if (lines.Count == 0)
            return (null, "It has no line.");
        if (lines.Exists(line => !request.Speakers.Any(speaker => speaker.Name == line.Speaker)))
            return (null, "A line's speaker is not one of those given, letter by letter.");
        var most = (long)request.Words * MostCharactersPerWord + MostSlack;
        if (lines.Sum(line => (long)line.Text.Length) > most)
            return (null, $"It is far longer than the {request.Words} words that were asked for.");
        var title = string.Join(' ', written.Title.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return title.Length is 0 or > LongestTitle
            ? (null, "Its title is not one line of text.")
            : (new Script(title, lines), null);
    }
}
