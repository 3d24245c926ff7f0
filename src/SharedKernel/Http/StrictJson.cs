using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lectern.SharedKernel.Http;

/// <summary>
/// How the API reads and writes JSON: camelCase, and nothing is guessed. A key that comes twice, a property that
/// nobody knows, a null or a missing value where one is needed, a number in quotes: each is refused, since each means
/// that the client and we disagree about what was asked.
/// </summary>
public static class StrictJson
{
    /// <summary>Deep enough for every request of ours, shallow enough that nesting can't exhaust the stack.</summary>
    private const int MaxDepth = 64;

    /// <summary>The options, for code outside a request.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>Sets the options of the API on <paramref name="options"/>.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DictionaryKeyPolicy = null;
        options.PropertyNameCaseInsensitive = false;
        options.AllowDuplicateProperties = false;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = MaxDepth;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.Converters.Add(new NulFreeStringConverter());
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Apply(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    /// <summary>Refuses NUL: Postgres can't store it in text, so it would fail later and further away from its cause.</summary>
    private sealed class NulFreeStringConverter : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String || reader.TokenType == JsonTokenType.Null
                ? Checked(reader.GetString())
                : throw new JsonException("must be a string");

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value);

        public override string ReadAsPropertyName(
            ref Utf8JsonReader reader,
            Type typeToConvert,
            JsonSerializerOptions options
        ) => Checked(reader.GetString())!;

        public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
            writer.WritePropertyName(value);

        private static string? Checked(string? text) =>
            text is not null && text.Contains('\0', StringComparison.Ordinal)
                ? throw new JsonException("must not contain NUL characters")
                : text;
    }
}
