using System.Text.Json;

namespace Lectern.Providers.OpenAi;

/// <summary>Reads answers whose shape differs from server to server: what is absent or of another kind is null or empty.</summary>
internal static class LooseJson
{
    public static JsonElement? Property(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } holder && holder.TryGetProperty(name, out var value)
            ? value
            : null;

    public static string? Text(JsonElement element, string name) => Text(Property(element, name));

    public static string? Text(JsonElement? element)
    {
        try
        {
            return element is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate pair: JSON, but no text
        }
    }

    public static JsonElement[] Items(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } array ? [.. array.EnumerateArray()] : [];
}
