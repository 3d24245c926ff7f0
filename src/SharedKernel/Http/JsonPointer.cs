using System.Text.RegularExpressions;

namespace Lectern.SharedKernel.Http;

/// <summary>JSON pointers (RFC 6901), by which refusals and differences name a place in a document.</summary>
public static partial class JsonPointer
{
    /// <summary>A name as a part of a pointer.</summary>
    public static string Escape(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
    }

    /// <summary>
    /// The pointer for a path as JsonException tells it: <c>$.chapters[2].title</c> is <c>/chapters/2/title</c>, and
    /// <c>$['a.b']</c> is <c>/a.b</c>.
    /// </summary>
    public static string OfPath(string? path) =>
        path is null
            ? ""
            : string.Concat(
                PathPart()
                    .Matches(path)
                    .Select(part => "/" + Escape(part.Groups.Values.Skip(1).First(group => group.Success).Value))
            );

    [GeneratedRegex(@"\.([^.\[]+)|\[(\d+)\]|\['([^']*)'\]")]
    private static partial Regex PathPart();
}
