using Lectern.SharedKernel.Http;
using Microsoft.OpenApi;

namespace Lectern.Host.OpenApi;

/// <summary>The description of the API, and the two pages that show it.</summary>
internal static class OpenApiSetup
{
    /// <summary>The address of the document.</summary>
    public const string Address = "/openapi/v1.json";

    /// <summary>Describes the endpoints as OpenAPI 3.1.</summary>
    public static void AddApiDescription(this IServiceCollection services) =>
        services.AddOpenApi(
            "v1",
            options =>
            {
                options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
                options.AddDocumentTransformer<DocumentDescription>();
                options.AddOperationTransformer<OperationDescription>();
                options.AddSchemaTransformer<SchemaDescription>();
            }
        );

    /// <summary>Maps the document, Swagger UI at <c>/docs</c> and ReDoc at <c>/redoc</c>.</summary>
    public static void MapApiDescription(this WebApplication app)
    {
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous().NotLimited();
        app.UseSwaggerUI(page =>
        {
            page.RoutePrefix = "docs";
            page.DocumentTitle = "Lectern API";
            page.SwaggerEndpoint(Address, "Lectern v1");
        });
        app.MapGet("/redoc", (IWebHostEnvironment environment) => Page(environment, "redoc/index.html", "text/html"))
            .AllowAnonymous()
            .NotLimited()
            .ExcludeFromDescription();
        app.MapGet(
                "/redoc/redoc.standalone.js",
                (IWebHostEnvironment environment) => Page(environment, "redoc/redoc.standalone.js", "text/javascript")
            )
            .AllowAnonymous()
            .NotLimited()
            .ExcludeFromDescription();
    }

    private static IResult Page(IWebHostEnvironment environment, string file, string mediaType) =>
        Results.File(environment.WebRootFileProvider.GetFileInfo(file).PhysicalPath!, mediaType + "; charset=utf-8");
}
