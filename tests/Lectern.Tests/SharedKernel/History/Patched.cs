using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.SharedKernel.History;

namespace Lectern.Tests.SharedKernel.History;

/// <summary>Makes changes as RFC 6902 makes those of a JSON Patch, which is what a difference says of itself.</summary>
internal static class Patched
{
    public static JsonNode? With(JsonElement before, IEnumerable<StateChange> changes)
    {
        var root = JsonNode.Parse(before.GetRawText());
        foreach (var change in changes)
            Make(ref root, change.Path, change.Before, change.After);
        return root;
    }

    private static void Make(ref JsonNode? root, string path, JsonElement? before, JsonElement? after)
    {
        var value = after is { } there ? JsonNode.Parse(there.GetRawText()) : null;
        if (path.Length == 0)
        {
            root = value;
            return;
        }

        var names = path.Split('/')[1..].Select(name => name.Replace("~1", "/").Replace("~0", "~")).ToArray();
        var at = names[..^1].Aggregate(root, (node, name) => node is JsonArray a ? a[Index(name)] : node![name]);
        switch (at)
        {
            case JsonArray array when after is null:
                array.RemoveAt(Index(names[^1]));
                break;
            case JsonArray array when before is null:
                array.Insert(Index(names[^1]), value);
                break;
            case JsonArray array:
                array[Index(names[^1])] = value;
                break;
            case JsonObject item when after is null:
                item.Remove(names[^1]).ShouldBeTrue();
                break;
            case JsonObject item:
                item.ContainsKey(names[^1]).ShouldBe(before is not null);
                item[names[^1]] = value;
                break;
        }
    }

    private static int Index(string name) => int.Parse(name, CultureInfo.InvariantCulture);
}
