using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace Lectern.Host.OpenApi;

/// <summary>What an endpoint's metadata say: its example, its refusals, and whether it needs a token.</summary>
internal sealed class OperationDescription(IOptions<JsonOptions> json) : IOpenApiOperationTransformer
{
    /// <summary>The name of the security scheme.</summary>
    public const string Bearer = "bearer";

    /// <summary>The name of the schema of a problem.</summary>
    public const string Problem = "Problem";

    public Task TransformAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var document = context.Document!;
        var problems = metadata.OfType<OperationProblems>().SelectMany(each => each.Types).ToList();
        if (!metadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] }];
            problems.Add(CommonProblems.Unauthenticated);
        }

        if (metadata.OfType<RateLimitedAs>().Any())
            problems.Add(CommonProblems.RateLimited);
        if (metadata.OfType<OperationExample>().LastOrDefault() is { } example)
            Show(operation, example);
        foreach (var answer in metadata.OfType<OperationAnswer>())
            Show(operation, answer);
        operation.Responses ??= [];
        foreach (var group in problems.Distinct().GroupBy(problem => problem.Status))
            operation.Responses[group.Key.ToString(CultureInfo.InvariantCulture)] = Refusal(document, [.. group]);
        operation.Responses["default"] = Refusal(document, []);
        return Task.CompletedTask;
    }

    private static OpenApiResponse Refusal(OpenApiDocument document, IReadOnlyList<ProblemType> types)
    {
        var content = new OpenApiMediaType { Schema = new OpenApiSchemaReference(Problem, document) };
        if (types.Count > 0)
            content.Examples = types.ToDictionary(type => type.Name, IOpenApiExample (type) => Example(type));
        return new OpenApiResponse
        {
            Description =
                types.Count > 0 ? string.Join(" Or: ", types.Select(type => type.Title)) : "Any other refusal.",
            Content = new Dictionary<string, OpenApiMediaType> { [ProblemResult.MediaType] = content },
        };
    }

    private static OpenApiExample Example(ProblemType type) =>
        new()
        {
            Summary = type.Title,
            Value = new JsonObject
            {
                ["type"] = type.Urn,
                ["title"] = type.Title,
                ["status"] = type.Status,
                ["detail"] = type.Title,
                ["code"] = type.Name,
                ["hint"] = type.Hint,
                ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
            },
        };

    private void Show(OpenApiOperation operation, OperationExample example)
    {
        if (example.Request is { } request)
        {
            foreach (var content in operation.RequestBody?.Content?.Values ?? [])
                content.Example = Written(request);
        }

        if (example.Response is { } response)
        {
            var answers = operation.Responses?.Where(answer => answer.Key.StartsWith('2')) ?? [];
            foreach (var content in answers.SelectMany(answer => answer.Value.Content?.Values ?? []))
                content.Example = Written(response);
        }
    }

    private void Show(OpenApiOperation operation, OperationAnswer answer)
    {
        var status = answer.Status.ToString(CultureInfo.InvariantCulture);
        foreach (var content in operation.Responses?.GetValueOrDefault(status)?.Content?.Values ?? [])
            content.Example = Written(answer.Response);
    }

    private JsonNode? Written(object value) =>
        JsonSerializer.SerializeToNode(value, value.GetType(), json.Value.SerializerOptions);
}
