using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Lectern.Eventing;

/// <summary>
/// The form of an event for reading what others wrote. What the log holds is read leniently, since we wrote it; here a
/// value that is missing would pass for zero.
/// </summary>
internal static class StrictForm
{
    public static JsonTypeInfo<T> Of<T>(JsonTypeInfo<T> json)
    {
        var options = new JsonSerializerOptions(json.Options)
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            NumberHandling = JsonNumberHandling.Strict,
            AllowDuplicateProperties = false,
            RespectNullableAnnotations = true,
            Converters = { new InUtc() },
            TypeInfoResolver = json.Options.TypeInfoResolver!.WithAddedModifier(Require),
        };
        return (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }

    /// <summary>What has a default came later, and what may be null may not have been written.</summary>
    private static void Require(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
            return;
        foreach (var property in type.Properties)
            if (property.AssociatedParameter is { HasDefaultValue: false, IsNullable: false } parameter)
                property.IsRequired = Nullable.GetUnderlyingType(parameter.ParameterType) is null;
    }

    /// <summary>As the database keeps times, and wants them.</summary>
    private sealed class InUtc : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(
            ref Utf8JsonReader reader,
            Type typeToConvert,
            JsonSerializerOptions options
        ) => reader.GetDateTimeOffset().ToUniversalTime();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value);
    }
}
