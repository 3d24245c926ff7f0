namespace Lectern.Host.Http;

/// <summary>Headers that tell browsers not to do what an API never needs.</summary>
internal static class SecurityHeaders
{
    private const string Nothing = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    // Swagger UI and ReDoc are scripts of our own; both set styles from script, and ReDoc's search is a blob worker.
    private const string OwnPages =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + "connect-src 'self'; worker-src blob:; font-src 'self' data:; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    /// <summary>Sets them on every answer.</summary>
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) =>
        app.Use(
            (context, next) =>
            {
                var headers = context.Response.Headers;
                headers.XContentTypeOptions = "nosniff";
                headers.XFrameOptions = "DENY";
                headers["Referrer-Policy"] = "no-referrer";
                headers["Cross-Origin-Opener-Policy"] = "same-origin";
                headers.ContentSecurityPolicy = IsPage(context.Request.Path) ? OwnPages : Nothing;
                if (context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
                    headers.CacheControl = "no-store"; // an endpoint whose answer may be kept says so itself
                return next(context);
            }
        );

    /// <summary>Whether a path is one of the pages that show the API's description.</summary>
    public static bool IsPage(PathString path) =>
        path.StartsWithSegments("/docs", StringComparison.Ordinal)
        || path.StartsWithSegments("/redoc", StringComparison.Ordinal);
}
