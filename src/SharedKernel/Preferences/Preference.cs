using System.Text.Json;
using Lectern.SharedKernel.Http;

namespace Lectern.SharedKernel.Preferences;

/// <summary>
/// The definition of something that people can set: the API calls it a setting, the code a preference, since settings are
/// what an operator configures. A module lists its own in an <see cref="IPreferenceDefinitions"/>.
/// </summary>
public abstract class Preference
{
    private const int LongestValue = 10_000;

    private protected Preference(string key) => Key = key;

    /// <summary>Dotted, lower case, with its area: <c>audio.voice</c>. It never changes once values are stored.</summary>
    public string Key { get; }

    /// <summary>What it does, and what holds without it.</summary>
    public required string Description { get; init; }

    /// <summary>Where it may be set; everywhere unless said otherwise.</summary>
    public IReadOnlyList<PreferenceLevel> Levels { get; init; } = Enum.GetValues<PreferenceLevel>();

    /// <summary><c>string</c>, <c>integer</c>, <c>float</c>, <c>boolean</c> or <c>json</c>.</summary>
    public abstract string Type { get; }

    /// <summary>What holds where nobody set anything, as JSON; null for nothing.</summary>
    public abstract JsonElement? DefaultValue { get; }

    /// <summary>The only values that there are, as JSON; null where there are too many to name.</summary>
    public abstract IReadOnlyList<JsonElement>? AllowedValues { get; }

    /// <summary>Why a value can't be stored, as the rest of a sentence about it ("must be …"); null if it can.</summary>
    public string? Fault(JsonElement value) =>
        value.GetRawText().Length > LongestValue ? $"must have at most {LongestValue} characters as JSON"
        : !IsStorable(value)
            ? "must hold no NUL, no half of a character pair, and no number beyond the range of a double"
        : FaultOf(value);

    /// <summary>Whether a value is of the type; a stored one isn't where the definition has changed.</summary>
    public abstract bool IsOfType(JsonElement value);

    private protected abstract string? FaultOf(JsonElement value);

    // What JSON allows and jsonb does not.
    private static bool IsStorable(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => IsText(value.GetString),
            JsonValueKind.Number => value.TryGetDouble(out var number) && double.IsFinite(number),
            JsonValueKind.Array => value.EnumerateArray().All(IsStorable),
            JsonValueKind.Object => value
                .EnumerateObject()
                .All(property => IsText(() => property.Name) && IsStorable(property.Value)),
            _ => true,
        };

    private static bool IsText(Func<string?> read)
    {
        try
        {
            return !read()!.Contains('\0', StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            return false; // what the reader throws for a lone surrogate
        }
    }
}

/// <summary>A preference whose values are read as <typeparamref name="T"/>, which also decides its type in the API.</summary>
/// <param name="key">See <see cref="Preference.Key"/>.</param>
public sealed class Preference<T>(string key) : Preference(key)
{
    /// <summary>What holds where nobody set anything.</summary>
    public T? Default { get; init; }

    /// <summary>The only values that there are; null for any.</summary>
    public IReadOnlyList<T>? Allowed { get; init; }

    /// <summary>What is wrong with a value of the right type, as the rest of a sentence ("must be …"), or null.</summary>
    public Func<T, string?>? Rule { get; init; }

    /// <inheritdoc/>
    public override string Type { get; } =
        (Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T)) switch
        {
            var type when type == typeof(string) => "string",
            var type when type == typeof(int) || type == typeof(long) => "integer",
            var type when type == typeof(double) => "float",
            var type when type == typeof(bool) => "boolean",
            _ => "json",
        };

    /// <inheritdoc/>
    public override JsonElement? DefaultValue => Default is null ? null : Write(Default);

    /// <inheritdoc/>
    public override IReadOnlyList<JsonElement>? AllowedValues => Allowed?.Select(Write).ToList();

    /// <inheritdoc/>
    public override bool IsOfType(JsonElement value) => TryRead(value, out _);

    /// <summary>Reads a value; false when it is of another type.</summary>
    public bool TryRead(JsonElement value, out T read)
    {
        read = default!;
        try
        {
            if (value.Deserialize<T>(StrictJson.Options) is not { } found)
                return false;
            read = found;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private protected override string? FaultOf(JsonElement value) =>
        !TryRead(value, out var read) ? TypeFault
        : Allowed is not null && !Allowed.Contains(read) ? $"must be one of {string.Join(", ", Allowed)}"
        : Rule?.Invoke(read);

    private string TypeFault =>
        Type switch
        {
            "string" => "must be a string",
            "integer" => "must be a whole number",
            "float" => "must be a number",
            "boolean" => "must be true or false",
            _ => "doesn't have the form that the description tells",
        };

    private static JsonElement Write(T value) => JsonSerializer.SerializeToElement(value, StrictJson.Options);
}

/// <summary>The preferences that a module defines; register implementations as this interface.</summary>
public interface IPreferenceDefinitions
{
    /// <summary>All of them, in the order in which they are shown.</summary>
    IReadOnlyList<Preference> All { get; }
}
