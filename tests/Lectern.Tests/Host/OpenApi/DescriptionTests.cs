using System.Net.Http.Json;
using System.Text.Json;
using Lectern.SharedKernel;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;

namespace Lectern.Tests.Host.OpenApi;

/// <summary>The description of the API with all modules.</summary>
[Collection(JobsHostCollection.Name)]
public sealed class DescriptionTests(JobsHost host)
{
    [Fact]
    public async Task Every_operation_has_a_summary_and_a_tag_and_shows_its_json_by_example()
    {
        var document = await DocumentAsync();

        document.GetProperty("openapi").GetString()!.ShouldStartWith("3.1");
        var operations = document
            .GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(o => (Name: $"{o.Name} {path.Name}", o.Value)))
            .ToList();
        operations.Count.ShouldBeGreaterThan(25);
        operations.Where(o => !HasText(o.Value, "summary")).Select(o => o.Name).ShouldBeEmpty();
        operations.Where(o => o.Value.GetProperty("tags").GetArrayLength() != 1).Select(o => o.Name).ShouldBeEmpty();
        operations.SelectMany(o => JsonWithoutExample(o.Name, o.Value)).ShouldBeEmpty();
        operations
            .Where(o => !o.Value.GetProperty("responses").TryGetProperty("default", out _))
            .Select(o => o.Name)
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_number_in_a_query_is_refused_by_name_when_it_is_none()
    {
        var numbers = (await DocumentAsync())
            .GetProperty("paths")
            .EnumerateObject()
            .Where(path => !path.Name.StartsWith("/api/v1/admin/", StringComparison.Ordinal))
            .SelectMany(path =>
                path.Value.EnumerateObject()
                    .Where(operation => operation.NameEquals("get"))
                    .SelectMany(operation =>
                        operation.Value.TryGetProperty("parameters", out var all) ? all.EnumerateArray() : []
                    )
                    .Where(parameter =>
                        parameter.GetProperty("in").GetString() == "query"
                        && parameter
                            .GetProperty("schema")
                            .GetRawText()
                            .Contains("\"integer\"", StringComparison.Ordinal)
                    )
                    .Select(parameter => (Path: path.Name, Name: parameter.GetProperty("name").GetString()!))
            )
            .ToList();
        numbers.Count.ShouldBeGreaterThan(15);
        var jane = await host.SignUpAsync();
        var id = PublicId.Format("workspace", jane.Workspace); // of another kind for most, which comes after the query

        var told = new List<string>();
        foreach (var (path, name) in numbers)
        {
            var address = path["/api/v1".Length..].Replace("{id}", id, StringComparison.Ordinal);
            using var refused = await jane.GetAsync($"{address}?{name}=ten");
            var errors = (await refused.JsonAsync())["errors"];
            told.Add($"{path}: {await refused.RefusalAsync()} {errors?[0]?["pointer"]}");
        }

        told.ShouldBe(numbers.Select(number => $"{number.Path}: 422 invalid-values {number.Name}"));
    }

    [Fact]
    public async Task Every_property_says_what_it_is()
    {
        var schemas = (await DocumentAsync()).GetProperty("components").GetProperty("schemas");

        var untyped = schemas
            .EnumerateObject()
            .Where(schema => schema.Value.TryGetProperty("properties", out _))
            .SelectMany(schema =>
                schema
                    .Value.GetProperty("properties")
                    .EnumerateObject()
                    .Where(property =>
                        !property.Value.EnumerateObject().Any(p => p.Name is "type" or "$ref" or "oneOf" or "enum")
                    )
                    .Select(property => $"{schema.Name}.{property.Name}")
            );

        untyped.ShouldBeEmpty();
        var request = schemas.GetProperty("JobRequest").GetProperty("properties");
        request.GetProperty("text").GetProperty("type").GetRawText().ShouldContain("\"string\"");
        schemas
            .GetProperty("JobAccepted")
            .GetProperty("properties")
            .GetProperty("held")
            .GetProperty("type")
            .GetRawText()
            .ShouldBe("\"string\"");
    }

    [Theory]
    [InlineData("/api/v1/files/{id}", "audio/mp4")]
    [InlineData("/api/v1/jobs/{id}/stream", "audio/aac")]
    public async Task Audio_is_described_as_bytes(string path, string mediaType)
    {
        var schema = (await DocumentAsync())
            .GetProperty("paths")
            .GetProperty(path)
            .GetProperty("get")
            .GetProperty("responses")
            .GetProperty("200")
            .GetProperty("content")
            .GetProperty(mediaType)
            .GetProperty("schema");

        schema.GetProperty("type").GetString().ShouldBe("string");
        schema.GetProperty("format").GetString().ShouldBe("binary");
    }

    [Theory]
    [InlineData("/api/v1/jobs", "402 insufficient-credits", "402 key-cap-reached", "409 quote-not-valid")]
    [InlineData("/api/v1/jobs/{id}/retry", "402 insufficient-credits", "402 key-cap-reached", "409 quote-not-valid")]
    [InlineData("/api/v1/jobs/{id}/retry", "404 not-found", "409 not-retryable", "409 request-in-flight")]
    [InlineData("/api/v1/quotes", "404 not-found", "409 not-retryable", "422 unknown-voice")]
    public async Task What_costs_credits_says_how_it_can_be_refused(string path, params string[] refusals)
    {
        var responses = (await DocumentAsync())
            .GetProperty("paths")
            .GetProperty(path)
            .GetProperty("post")
            .GetProperty("responses");

        foreach (var refusal in refusals)
            responses
                .GetProperty(refusal[..3])
                .GetProperty("content")
                .GetProperty("application/problem+json")
                .GetProperty("examples")
                .EnumerateObject()
                .Select(example => example.Name)
                .ShouldContain(refusal[4..]);
    }

    private static bool HasText(JsonElement operation, string property) =>
        operation.TryGetProperty(property, out var text) && !string.IsNullOrWhiteSpace(text.GetString());

    /// <summary>Bodies and good answers in JSON that have no example; sound, event streams and redirects need none.</summary>
    private static IEnumerable<string> JsonWithoutExample(string name, JsonElement operation)
    {
        var parts = operation
            .GetProperty("responses")
            .EnumerateObject()
            .Where(response => response.Name.StartsWith('2'))
            .Select(response => (response.Name, response.Value))
            .ToList();
        if (operation.TryGetProperty("requestBody", out var request))
            parts.Add(("body", request));
        foreach (var (part, value) in parts)
        {
            if (
                value.TryGetProperty("content", out var content)
                && content.TryGetProperty("application/json", out var json)
                && !json.TryGetProperty("example", out _)
            )
                yield return $"{name}: {part}";
        }
    }

    private Task<JsonElement> DocumentAsync() =>
        host.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", TestContext.Current.CancellationToken);
}
