using System.Text.Json;
using Lectern.Accounts.Preferences;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Preferences;

namespace Lectern.Accounts.Contracts;

/// <summary>What a caller prefers: own values win over the workspace's, those over the platform's, those over the default.</summary>
public sealed class PreferenceReader(EventStore store)
{
    /// <summary>Reads some preferences in one round trip.</summary>
    public async Task<PreferenceValues> ReadAsync(
        Caller caller,
        IReadOnlyList<Preference> wanted,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        return new PreferenceValues(
            await PreferenceTable.ReadAsync(session, caller, [.. wanted.Select(each => each.Key)], cancel)
        );
    }
}

/// <summary>The stored values of all levels that count for somebody.</summary>
public sealed class PreferenceValues
{
    private readonly IReadOnlyDictionary<(string Key, PreferenceLevel Level), JsonElement> _stored;

    internal PreferenceValues(IReadOnlyDictionary<(string, PreferenceLevel), JsonElement> stored) => _stored = stored;

    /// <summary>
    /// The value that holds. One that isn't of the preference's type, since that was changed after it was stored, counts as
    /// not set; whether it still fits the rule (a voice can vanish) is for whoever uses it to see.
    /// </summary>
    public T? Of<T>(Preference<T> preference)
    {
        for (var level = PreferenceLevel.Person; level >= PreferenceLevel.Platform; level--)
            if (_stored.TryGetValue((preference.Key, level), out var value) && preference.TryRead(value, out var read))
                return read;
        return preference.Default;
    }
}
