using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Lectern.SharedKernel.Settings;

/// <summary>One setting.</summary>
public sealed class Setting
{
    /// <summary>Stands in a key for a name that the operator chooses.</summary>
    private const string AnyName = "NAME";

    private readonly PropertyInfo _property;
    private readonly IReadOnlyList<ValidationAttribute> _rules;
    private readonly object? _default;

    private Setting(string section, PropertyInfo property, object defaults)
    {
        _property = property;
        _rules = [.. property.GetCustomAttributes<ValidationAttribute>().Where(rule => rule is not DataTypeAttribute)];
        Key = $"{section}:{property.Name}";
        Description =
            property.GetCustomAttribute<DescriptionAttribute>()?.Description
            ?? throw new InvalidOperationException($"{Key} has no [Description].");
        IsSecret = property.GetCustomAttribute<DataTypeAttribute>()?.DataType == DataType.Password;
        _default = property.GetValue(defaults);
        Default = Text(_default);
    }

    /// <summary>As in appsettings.json, parts separated by colons.</summary>
    public string Key { get; }

    /// <summary>As in the environment; a list has one variable for each entry, ending in <c>__0</c>, <c>__1</c>, ….</summary>
    public string EnvironmentName => InEnvironment(Key);

    /// <summary>What it does.</summary>
    public string Description { get; }

    /// <summary>The value without configuration; empty for none.</summary>
    public string Default { get; }

    /// <summary>Whether its value is shown nowhere.</summary>
    public bool IsSecret { get; }

    /// <summary>The values that are accepted, as the end of the sentence "it must be …".</summary>
    public string Accepts
    {
        get
        {
            var described = _rules
                .Where(rule => rule is not RequiredAttribute { ErrorMessage: null })
                .Select(Describe)
                .ToList();
            return described.Count > 0 ? string.Join(", and ", described) : TypeName();
        }
    }

    private bool IsList => _property.PropertyType.IsArray;

    private Type ValueType =>
        Nullable.GetUnderlyingType(_property.PropertyType)
        ?? (IsList ? _property.PropertyType.GetElementType()! : _property.PropertyType);

    internal static IEnumerable<Setting> Of(string section, Type type)
    {
        var defaults = Activator.CreateInstance(type)!;
        return type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite)
            .SelectMany(property =>
                property.PropertyType is { IsGenericType: true } type
                && type.GetGenericTypeDefinition() == typeof(Dictionary<,>)
                    ? Of($"{section}:{property.Name}:{AnyName}", type.GenericTypeArguments[1])
                    : [new Setting(section, property, defaults)]
            );
    }

    /// <summary>Where its values are: one place, or one for each name that the operator chose.</summary>
    internal IEnumerable<IConfigurationSection> PlacesIn(IConfiguration configuration) =>
        Key.Split($":{AnyName}:") is [var before, var after]
            ? configuration.GetSection(before).GetChildren().Select(named => named.GetSection(after))
            : [configuration.GetSection(Key)];

    /// <summary>Whether a path is this setting's (<paramref name="whole"/>), or leads to it.</summary>
    internal bool IsAt(string path, bool whole)
    {
        var (own, given) = (Key.Split(':'), path.Split(':'));
        return (whole ? given.Length == own.Length : given.Length < own.Length)
            && given
                .Zip(own)
                .All(part =>
                    part.Second == AnyName || part.First.Equals(part.Second, StringComparison.OrdinalIgnoreCase)
                );
    }

    /// <summary>The line that says what is wrong with the configured value; null if nothing is.</summary>
    internal string? Check(IConfigurationSection configured)
    {
        var given =
            IsList ? [.. configured.GetChildren().Select(child => child.Value ?? "")]
            : configured.Value is { } value ? new[] { value }
            : [];
        if (IsList && configured.Value is { Length: > 0 } single)
            return $"{Key} is {Quoted(single)}, but is a list: name its entries {EnvironmentName}, and so on.";
        var name = configured.Path;

        try
        {
            var values = given.Select(text => TypeDescriptor.GetConverter(ValueType).ConvertFromInvariantString(text));
            object? whole =
                given.Length == 0 ? _default
                : IsList ? ToArray([.. values])
                : values.First();
            if (_rules.All(rule => rule.IsValid(whole)))
                return null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or NotSupportedException)
        {
            // what the converters throw; the line below says it better
        }

        var shown = given.Length == 0 ? "not set" : Quoted(string.Join(", ", given));
        return $"{name} is {shown}, but must be {Accepts} ({InEnvironment(name)} in the environment).";
    }

    private string InEnvironment(string key) =>
        key.Replace(":", "__", StringComparison.Ordinal) + (IsList ? "__0" : "");

    private Array ToArray(IReadOnlyList<object?> values)
    {
        var array = Array.CreateInstance(ValueType, values.Count);
        for (var i = 0; i < values.Count; i++)
            array.SetValue(values[i], i);
        return array;
    }

    private string Quoted(string value) => IsSecret ? "set to a secret that is not shown" : $"'{value}'";

    private string Describe(ValidationAttribute rule) =>
        rule switch
        {
            AllowedValuesAttribute allowed => "one of " + string.Join(", ", allowed.Values), // it has a useless message
            { ErrorMessage: { } message } => message,
            RangeAttribute range => string.Create(
                CultureInfo.InvariantCulture,
                $"{TypeName()} from {range.Minimum} to {range.Maximum}"
            ),
            _ => rule.FormatErrorMessage(_property.Name),
        };

    private string TypeName()
    {
        var name = ValueType switch
        {
            { IsEnum: true } type => "one of " + string.Join(", ", Enum.GetNames(type)),
            var type when type == typeof(bool) => "true or false",
            var type when type == typeof(int) || type == typeof(long) => "a whole number",
            var type when type == typeof(double) || type == typeof(decimal) => "a number",
            var type when type == typeof(TimeSpan) => "a duration such as 00:00:30",
            var type when type == typeof(Uri) => "an absolute URL",
            _ => "text",
        };
        return IsList ? $"a list, each entry {name}" : name;
    }

    private static string Text(object? value) =>
        value switch
        {
            null => "",
            string text => text,
            bool flag => flag ? "true" : "false",
            IEnumerable list => string.Join(", ", list.Cast<object?>()),
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
}
