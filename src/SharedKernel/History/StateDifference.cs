using System.Globalization;
using System.Text.Json;
using Lectern.SharedKernel.Http;

namespace Lectern.SharedKernel.History;

/// <summary>
/// Where two states differ, as JSON pointers with what was there before and after. A JSON Patch (RFC 6902) would say the new
/// values only; whoever looks into what happened wants the old ones beside them, and can go both ways.
/// </summary>
public static class StateDifference
{
    /// <summary>
    /// The changes that make one value the other, when they are made in this order. In an array, what is new is put in
    /// before what stands at its place, and what is gone closes up, as RFC 6902 has it.
    /// </summary>
    public static IReadOnlyList<StateChange> Between(JsonElement before, JsonElement after)
    {
        var changes = new List<StateChange>();
        Compare("", before, after, changes);
        return changes;
    }

    private static void Compare(string path, JsonElement before, JsonElement after, List<StateChange> changes)
    {
        if (JsonElement.DeepEquals(before, after))
            return;
        switch (before.ValueKind, after.ValueKind)
        {
            case (JsonValueKind.Object, JsonValueKind.Object):
                CompareObjects(path, before, after, changes);
                break;
            case (JsonValueKind.Array, JsonValueKind.Array):
                CompareArrays(path, [.. before.EnumerateArray()], [.. after.EnumerateArray()], changes);
                break;
            default:
                changes.Add(new StateChange(path, before, after));
                break;
        }
    }

    private static void CompareObjects(string path, JsonElement before, JsonElement after, List<StateChange> changes)
    {
        foreach (var property in before.EnumerateObject())
        {
            var place = $"{path}/{JsonPointer.Escape(property.Name)}";
            if (after.TryGetProperty(property.Name, out var there))
                Compare(place, property.Value, there, changes);
            else
                changes.Add(new StateChange(place, property.Value, null));
        }

        foreach (var property in after.EnumerateObject())
            if (!before.TryGetProperty(property.Name, out _))
                changes.Add(new StateChange($"{path}/{JsonPointer.Escape(property.Name)}", null, property.Value));
    }

    /// <summary>What both begin and end with is left alone, so that one element more is one change.</summary>
    private static void CompareArrays(string path, JsonElement[] before, JsonElement[] after, List<StateChange> changes)
    {
        var shorter = Math.Min(before.Length, after.Length);
        var (head, tail) = (0, 0);
        while (head < shorter && JsonElement.DeepEquals(before[head], after[head]))
            head++;
        while (tail < shorter - head && JsonElement.DeepEquals(before[^(tail + 1)], after[^(tail + 1)]))
            tail++;
        for (var i = head; i < shorter - tail; i++)
            Compare(Place(i), before[i], after[i], changes);
        for (var i = before.Length - tail - 1; i >= shorter - tail; i--)
            changes.Add(new StateChange(Place(i), before[i], null));
        for (var i = shorter - tail; i < after.Length - tail; i++)
            changes.Add(new StateChange(Place(i), null, after[i]));

        string Place(int index) => string.Create(CultureInfo.InvariantCulture, $"{path}/{index}");
    }
}
