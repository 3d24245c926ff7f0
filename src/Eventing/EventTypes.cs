using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Lectern.Eventing;

/// <summary>Maps stored names to types and back. A name is written out once and never derived from the type.</summary>
public sealed class EventTypes
{
    private readonly Dictionary<Type, (string Name, Func<object, byte[]> Write)> _writers = [];
    private readonly Dictionary<string, Func<byte[], object>> _readers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<byte[], object>> _strictReaders = new(StringComparer.Ordinal);
    private readonly List<(Type Type, string Name)> _names = [];
    private string[]? _readableNames;

    /// <summary>All stored names with the type that each is read as, in order of name.</summary>
    public IEnumerable<(string Name, Type Type)> Current =>
        _writers.Select(w => (w.Value.Name, w.Key)).OrderBy(w => w.Name, StringComparer.Ordinal);

    /// <summary>All stored names that can be read, older versions included.</summary>
    public IEnumerable<string> Readable => _readers.Keys.Order(StringComparer.Ordinal);

    /// <summary>The same for a statement's parameter.</summary>
    internal string[] ReadableNames => _readableNames ??= [.. _readers.Keys];

    internal void Add<T>(string name, JsonTypeInfo<T> json)
        where T : notnull
    {
        _writers.Add(typeof(T), (name, e => JsonSerializer.SerializeToUtf8Bytes((T)e, json)));
        _readers.Add(name, data => JsonSerializer.Deserialize(data, json) ?? throw Null(name));
        var strict = new Lazy<JsonTypeInfo<T>>(() => StrictForm.Of(json));
        _strictReaders.Add(name, data => JsonSerializer.Deserialize(data, strict.Value) ?? throw Null(name));
        _names.Add((typeof(T), name));
    }

    internal void AddOld<TOld, TNew>(string name, JsonTypeInfo<TOld> json, Func<TOld, TNew> upcast)
        where TNew : notnull
    {
        _readers.Add(name, data => upcast(JsonSerializer.Deserialize(data, json)!));
        var strict = new Lazy<JsonTypeInfo<TOld>>(() => StrictForm.Of(json));
        _strictReaders.Add(name, data => upcast(JsonSerializer.Deserialize(data, strict.Value) ?? throw Null(name)));
        _names.Add((typeof(TNew), name));
    }

    /// <summary>Every stored name, old versions included, that is read as another type than these.</summary>
    internal string[] NamesExcept(IReadOnlyList<Type> types) =>
        _names.Where(n => !types.Contains(n.Type)).Select(n => n.Name).ToArray();

    /// <summary>Every stored name, old versions included, that is read as one of these types.</summary>
    internal string[] NamesOf(IReadOnlyCollection<Type> types) =>
        _names.Where(n => types.Contains(n.Type)).Select(n => n.Name).ToArray();

    /// <summary>The stored name of an event's or message's type.</summary>
    public string NameOf(Type type) =>
        _writers.TryGetValue(type, out var writer)
            ? writer.Name
            : throw new InvalidOperationException(
                $"{type} has no stored name: register it in its module's AddEventing."
            );

    /// <summary>The stored form: name and JSON in UTF-8.</summary>
    public (string Name, byte[] Json) Write(object data)
    {
        var name = NameOf(data.GetType());
        return (name, _writers[data.GetType()].Write(data));
    }

    /// <summary>Reads a stored form; an older version comes back as the newest.</summary>
    /// <exception cref="UnknownTypeException">No such name is registered: an event of a newer program, say.</exception>
    public object Read(string name, byte[] json) =>
        _readers.TryGetValue(name, out var read) ? read(json) : throw new UnknownTypeException(name);

    /// <summary>As <see cref="Read"/>, for what comes from outside: nothing is missing, unknown, twice or null.</summary>
    /// <exception cref="UnknownTypeException">No such name is registered.</exception>
    /// <exception cref="JsonException">The event can't be one that this program wrote.</exception>
    public object ReadStrictly(string name, byte[] json) =>
        _strictReaders.TryGetValue(name, out var read) ? read(json) : throw new UnknownTypeException(name);

    private static JsonException Null(string name) => new($"The stored {name} is null.");
}

/// <summary>The log or queue holds a type that this program doesn't know. It is never skipped.</summary>
public sealed class UnknownTypeException(string name)
    : Exception($"The stored type {name} is unknown to this version of the program.");
