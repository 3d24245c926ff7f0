using Microsoft.AspNetCore.Builder;

namespace Lectern.SharedKernel.Http;

/// <summary>An example of an operation in the OpenAPI document, written as the API would write it.</summary>
/// <param name="Request">A body to send, or null for none.</param>
/// <param name="Response">The body of the successful answer, or null for none.</param>
public sealed record OperationExample(object? Request, object? Response);

/// <summary>The body of a successful answer whose status is not the usual one of its operation.</summary>
/// <param name="Status">The status that it comes with.</param>
/// <param name="Response">The body.</param>
public sealed record OperationAnswer(int Status, object Response);

/// <summary>The kinds of problem that an operation answers with beyond those that every operation can.</summary>
/// <param name="Types">Shown in the OpenAPI document under their status.</param>
public sealed record OperationProblems(IReadOnlyList<ProblemType> Types);

/// <summary>What an endpoint tells the OpenAPI document about itself.</summary>
public static class OperationDocs
{
    /// <summary>Attaches an example; every operation has one.</summary>
    public static TBuilder WithExample<TBuilder>(
        this TBuilder endpoint,
        object? request = null,
        object? response = null
    )
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadataOf(new OperationExample(request, response));

    /// <summary>Attaches the example of another successful answer than the usual one.</summary>
    public static TBuilder WithAnswer<TBuilder>(this TBuilder endpoint, int status, object response)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadataOf(new OperationAnswer(status, response));

    /// <summary>Names the refusals of this operation.</summary>
    public static TBuilder WithProblems<TBuilder>(this TBuilder endpoint, params ProblemType[] types)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadataOf(new OperationProblems(types));

    private static TBuilder WithMetadataOf<TBuilder>(this TBuilder endpoint, object metadata)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.Add(builder => builder.Metadata.Add(metadata));
        return endpoint;
    }
}
