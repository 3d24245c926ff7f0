using System.Text.Json;
using Lectern.SharedKernel.Preferences;

namespace Lectern.Accounts.Preferences;

/// <summary>A setting, and why it has the value that it has: a person's wins over the workspace's, that over the platform's.</summary>
/// <param name="Key">Its name, to filter by and to change it.</param>
/// <param name="Value">What holds; null for nothing.</param>
/// <param name="Source">Where that comes from: <c>default</c>, <c>platform</c>, <c>workspace</c> or <c>person</c>.</param>
/// <param name="Type"><c>string</c>, <c>integer</c>, <c>float</c>, <c>boolean</c> or <c>json</c>.</param>
/// <param name="Description">What it does.</param>
/// <param name="Default">What holds where nobody set anything.</param>
/// <param name="Allowed">The only values that there are; null where there are too many to name.</param>
/// <param name="Values">What is set at each level that may set it, null for nothing; a later level wins.</param>
internal sealed record SettingView(
    string Key,
    JsonElement? Value,
    string Source,
    string Type,
    string Description,
    JsonElement? Default,
    IReadOnlyList<JsonElement>? Allowed,
    IReadOnlyDictionary<string, JsonElement?> Values
)
{
    /// <summary>A setting as it is seen from a level, which knows nothing of the levels behind it.</summary>
    public static SettingView Of(
        Preference preference,
        PreferenceLevel seenFrom,
        IReadOnlyDictionary<(string, PreferenceLevel), JsonElement> stored
    )
    {
        var levels = preference.Levels.Where(level => level <= seenFrom).Order().ToList();
        var values = levels.ToDictionary(
            level => level,
            level =>
                stored.TryGetValue((preference.Key, level), out var value) && preference.IsOfType(value)
                    ? value
                    : (JsonElement?)null
        );
        PreferenceLevel? source = levels.Any(level => values[level] is not null)
            ? levels.Last(level => values[level] is not null)
            : null;
        return new SettingView(
            preference.Key,
            source is { } found ? values[found] : preference.DefaultValue,
            source is { } named ? PreferenceTable.Name(named) : "default",
            preference.Type,
            preference.Description,
            preference.DefaultValue,
            preference.AllowedValues,
            values.ToDictionary(each => PreferenceTable.Name(each.Key), each => each.Value)
        );
    }
}

/// <summary>Settings in order of key; there are few, so they come all at once.</summary>
internal sealed record SettingList(IReadOnlyList<SettingView> Items);
