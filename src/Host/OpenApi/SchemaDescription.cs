using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Lectern.Host.OpenApi;

/// <summary>
/// Says what the generator can't see. Strings have a converter of our own, so to it they could be anything; and an answer
/// of bytes is a file, not base64 in JSON.
/// </summary>
internal sealed class SchemaDescription : IOpenApiSchemaTransformer
{
    public Task TransformAsync(
        OpenApiSchema schema,
        OpenApiSchemaTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        if (context.JsonTypeInfo.Type == typeof(string) && schema.Type is null)
            schema.Type = context.JsonPropertyInfo is { IsGetNullable: true }
                ? JsonSchemaType.String | JsonSchemaType.Null
                : JsonSchemaType.String;
        if (context.JsonTypeInfo.Type == typeof(byte[]) && context.JsonPropertyInfo is null)
            (schema.Type, schema.Format) = (JsonSchemaType.String, "binary");
        return Task.CompletedTask;
    }
}
