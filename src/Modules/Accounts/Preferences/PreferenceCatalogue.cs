using System.Text.Json;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Preferences;

namespace Lectern.Accounts.Preferences;

/// <summary>Every preference that some module defines.</summary>
internal sealed class PreferenceCatalogue(IEnumerable<IPreferenceDefinitions> modules)
{
    private readonly SortedDictionary<string, Preference> _all = new(
        modules.SelectMany(module => module.All).ToDictionary(each => each.Key, StringComparer.Ordinal),
        StringComparer.Ordinal
    );

    /// <summary>Those whose key begins with a prefix, in order of key.</summary>
    public IEnumerable<Preference> Under(string? prefix) =>
        _all.Values.Where(each => prefix is null || each.Key.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>What is wrong with changes at a level; null removes a value, and is right wherever one may be set.</summary>
    public FieldError[] Faults(PreferenceLevel level, IReadOnlyDictionary<string, JsonElement> changes) =>
        [
            .. changes
                .Select(each => (each.Key, Fault: Fault(level, each.Key, each.Value)))
                .Where(each => each.Fault is not null)
                .Select(each => new FieldError("/" + JsonPointer.Escape(each.Key), each.Fault!)),
        ];

    private string? Fault(PreferenceLevel level, string key, JsonElement value) =>
        !_all.TryGetValue(key, out var preference) ? "is not a setting"
        : !preference.Levels.Contains(level)
            ? $"can't be set for {Owner(level)}, only for {string.Join(" or ", preference.Levels.Select(Owner))}"
        : value.ValueKind == JsonValueKind.Null ? null
        : preference.Fault(value);

    private static string Owner(PreferenceLevel level) =>
        level switch
        {
            PreferenceLevel.Platform => "the platform",
            PreferenceLevel.Workspace => "a workspace",
            _ => "a person",
        };
}
