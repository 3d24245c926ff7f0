using System.Text.Json;
using Lectern.SharedKernel.Preferences;

namespace Lectern.Tests.SharedKernel.Preferences;

public sealed class PreferenceTests
{
    private static readonly Dictionary<string, Preference> ByType = new()
    {
        ["string"] = new Preference<string>("a.text") { Description = "A text." },
        ["integer"] = new Preference<int>("a.number") { Description = "A number." },
        ["float"] = new Preference<double>("a.measure") { Description = "A measure." },
        ["boolean"] = new Preference<bool>("a.switch") { Description = "A switch." },
        ["json"] = new Preference<Spot>("a.spot") { Description = "A spot." },
    };

    internal sealed record Spot(int X, string Name);

    [Theory]
    [InlineData("string", "\"\"", "\"flite\"", "\"1\"")]
    [InlineData("integer", "0", "-7", "2147483647")]
    [InlineData("float", "0", "-0.5", "1e300")]
    [InlineData("boolean", "true", "false", "true")]
    [InlineData("json", """{"x":1,"name":"a"}""", """{"name":"","x":-1}""", """{"x":0,"name":"\ud83d\ude00"}""")]
    public void A_value_of_the_type_is_taken(string type, params string[] values)
    {
        ByType[type].Type.ShouldBe(type);
        foreach (var value in values)
            Fault(type, value).ShouldBeNull(value);
    }

    [Theory]
    [InlineData("string", "must be a string", "1", "true", "{}", "[]")]
    [InlineData("integer", "must be a whole number", "\"1\"", "1.5", "1.0", "1e0", "2147483648", "true", "[1]")]
    [InlineData("float", "must be a number", "\"1\"", "true", "\"NaN\"", "{}")]
    [InlineData("boolean", "must be true or false", "\"true\"", "0", "1")]
    [InlineData(
        "json",
        "doesn't have the form",
        "{}",
        """{"x":1}""",
        """{"x":"1","name":"a"}""",
        """{"x":1,"name":"a","y":2}""",
        """{"x":1,"name":null}""",
        "[]"
    )]
    public void A_value_of_another_type_is_refused_and_the_type_named(
        string type,
        string sentence,
        params string[] values
    )
    {
        foreach (var value in values)
            Fault(type, value)!.ShouldStartWith(sentence, customMessage: value);
    }

    [Theory]
    [InlineData("string", "\"a\\u0000b\"")]
    [InlineData("string", "\"a\\ud800b\"")]
    [InlineData("float", "1e999")]
    [InlineData("float", "-1e400000")]
    [InlineData("json", """{"x":1,"name":"\u0000"}""")]
    [InlineData("json", """{"x":1,"name":"a","\udfff":{"\u0000":[]}}""")]
    public void What_the_database_could_not_store_is_refused(string type, string value) =>
        Fault(type, value)!.ShouldStartWith("must hold no NUL");

    [Fact]
    public void A_value_has_a_limit() =>
        Fault("string", $"\"{new string('a', 10_000)}\"").ShouldBe("must have at most 10000 characters as JSON");

    [Fact]
    public void Allowed_values_and_rules_are_told_in_a_sentence()
    {
        var preference = new Preference<string>("a.color")
        {
            Description = "A color.",
            Allowed = ["red", "green", "grey"],
            Rule = color => color == "grey" ? "must not be so dull" : null,
        };

        preference.Fault(Json("\"red\"")).ShouldBeNull();
        preference.Fault(Json("\"Red\"")).ShouldBe("must be one of red, green, grey");
        preference.Fault(Json("\"grey\"")).ShouldBe("must not be so dull");
        preference.AllowedValues!.Select(value => value.GetString()).ShouldBe(["red", "green", "grey"]);
    }

    private static string? Fault(string type, string value) => ByType[type].Fault(Json(value));

    private static JsonElement Json(string text) => JsonElement.Parse(text);
}
