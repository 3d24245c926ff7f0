using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Lectern.SharedKernel.Http;

namespace Lectern.Activity.Analytics;

/// <summary>Rows as lines of a file, each value under the name that it has in JSON.</summary>
internal static class RowCsv<TRow>
{
    private static readonly IList<JsonPropertyInfo> Properties = StrictJson
        .Options.GetTypeInfo(typeof(TRow))
        .Properties;

    public static readonly string[] Columns = [.. Properties.Select(property => property.Name)];

    public static string?[] LineOf(TRow row) => [.. Properties.Select(property => TextOf(property.Get!(row!)))];

    /// <summary>As it stands in JSON; empty where that says null.</summary>
    private static string? TextOf(object? value) =>
        value is IFormattable formattable
            ? formattable.ToString(value is DateOnly ? "yyyy-MM-dd" : null, CultureInfo.InvariantCulture)
            : (string?)value;
}
