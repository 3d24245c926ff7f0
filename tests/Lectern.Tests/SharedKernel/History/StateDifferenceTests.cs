using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.SharedKernel.History;

namespace Lectern.Tests.SharedKernel.History;

public sealed class StateDifferenceTests
{
    [Theory]
    [InlineData("""{"a":1}""", """{"a":1}""")]
    [InlineData("""{"a":1,"b":2}""", """{"b":2,"a":1.0}""")]
    public void What_is_equal_has_no_difference(string before, string after) => Between(before, after).ShouldBeEmpty();

    [Theory]
    [InlineData("""{"a":1}""", """{"a":2}""", "/a", "1", "2")]
    [InlineData("""{"a":null}""", """{}""", "/a", "null", null)]
    [InlineData("""{}""", """{"a":null}""", "/a", null, "null")]
    [InlineData("""{"a":{"b/c~":1}}""", """{"a":{"b/c~":"1"}}""", "/a/b~1c~0", "1", "\"1\"")]
    [InlineData("""[1,2,3]""", """[1,3]""", "/1", "2", null)]
    [InlineData("""[1,3]""", """[0,1,3]""", "/0", null, "0")]
    [InlineData("""[{"x":1},5]""", """[{"x":2},5]""", "/0/x", "1", "2")]
    [InlineData("""[1]""", """{}""", "", "[1]", "{}")]
    public void A_change_has_its_pointer_and_both_values(
        string before,
        string after,
        string path,
        string? was,
        string? now
    )
    {
        var change = Between(before, after).ShouldHaveSingleItem();

        (change.Path, change.Before?.GetRawText(), change.After?.GetRawText()).ShouldBe((path, was, now));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Changes_lead_from_one_to_the_other_and_are_none_only_when_both_are_equal(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 2_000; i++)
        {
            var before = Element(Random(random, 3));
            var after = random.Next(3) == 0 ? Element(Random(random, 3)) : Mutated(before, random);

            var changes = StateDifference.Between(before, after);

            JsonNode
                .DeepEquals(Patched.With(before, changes), JsonNode.Parse(after.GetRawText()))
                .ShouldBeTrue($"{before} to {after}: {string.Join("; ", changes)}");
            (changes.Count == 0).ShouldBe(JsonElement.DeepEquals(before, after));
        }
    }

    private static IReadOnlyList<StateChange> Between(string before, string after) =>
        StateDifference.Between(JsonElement.Parse(before), JsonElement.Parse(after));

    private static JsonElement Element(JsonNode? node) => JsonElement.Parse(node?.ToJsonString() ?? "null");

    private static JsonElement Mutated(JsonElement value, Random random)
    {
        var node = JsonNode.Parse(value.GetRawText());
        for (var i = random.Next(4); i > 0; i--)
            switch (node)
            {
                case JsonArray { Count: > 0 } array:
                    array.RemoveAt(random.Next(array.Count));
                    break;
                case JsonArray array:
                    array.Add(Random(random, 1));
                    break;
                case JsonObject item:
                    item[$"{(char)('a' + random.Next(4))}"] = Random(random, 2);
                    break;
            }

        return Element(node);
    }

    private static JsonNode? Random(Random random, int depth) =>
        random.Next(depth > 0 ? 6 : 4) switch
        {
            0 => null,
            1 => random.Next(3),
            2 => random.Next(2) == 0,
            3 => "abc/~"[..random.Next(6)],
            4 => new JsonArray([.. Enumerable.Range(0, random.Next(5)).Select(_ => Random(random, depth - 1))]),
            _ => new JsonObject(
                Enumerable
                    .Range(0, random.Next(4))
                    .Select(i => KeyValuePair.Create($"{(char)('a' + i)}", Random(random, depth - 1)))
            ),
        };
}
