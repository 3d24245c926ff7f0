using Lectern.Host.Http;
using Lectern.Host.Settings;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace Lectern.Host.OpenApi;

/// <summary>What is said once: title, server, how to authenticate, the shape of a problem.</summary>
internal sealed class DocumentDescription(IOptions<HttpSettings> settings) : IOpenApiDocumentTransformer
{
    public Task TransformAsync(
        OpenApiDocument document,
        OpenApiDocumentTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        document.Info = new OpenApiInfo
        {
            Title = "Lectern",
            Version = ApiRoot.Version.Version,
            Description =
                "Turns text into audiobooks. Every refusal is an RFC 9457 problem with a stable `type` and `code`; "
                + "docs/errors.md lists them all.",
        };
        if (settings.Value.PublicUrl is { Length: > 0 } address)
            document.Servers = [new OpenApiServer { Url = address }];

        var components = document.Components ??= new OpenApiComponents();
        components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        components.SecuritySchemes[OperationDescription.Bearer] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = "The access token of POST /api/v1/auth/login.",
        };
        components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        components.Schemas[OperationDescription.Problem] = ProblemSchema();
        return Task.CompletedTask;
    }

    private static OpenApiSchema ProblemSchema() =>
        new()
        {
            Type = JsonSchemaType.Object,
            Description = $"A refusal (RFC 9457), served as {ProblemResult.MediaType}.",
            Required = new HashSet<string> { "type", "title", "status", "detail", "code", "hint", "traceId" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["type"] = Text("What kind of problem, as a URN that never changes."),
                ["title"] = Text("The same sentence for every problem of this type."),
                ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status." },
                ["detail"] = Text("What happened this time."),
                ["code"] = Text("The last part of the type."),
                ["hint"] = Text("What can be done."),
                ["errors"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    Description = "The fields at fault.",
                    Items = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Required = new HashSet<string> { "pointer", "detail" },
                        Properties = new Dictionary<string, IOpenApiSchema>
                        {
                            ["pointer"] = Text("JSON pointer, or the name of a parameter, header or form part."),
                            ["detail"] = Text("What is wrong with it."),
                        },
                    },
                },
                ["traceId"] = Text("Where the logs of this request are found."),
            },
        };

    private static OpenApiSchema Text(string description) =>
        new() { Type = JsonSchemaType.String, Description = description };
}
