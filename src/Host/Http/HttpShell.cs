using Lectern.Host.Http.RateLimits;
using Lectern.Host.Settings;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Telemetry;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Primitives;

namespace Lectern.Host.Http;

/// <summary>What surrounds every endpoint.</summary>
internal static class HttpShell
{
    /// <summary>Limits, strict JSON, CORS, allowed hosts, trusted proxies.</summary>
    public static void AddHttpShell(this WebApplicationBuilder builder, HttpSettings settings, RateLimitSettings limits)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.MaxRequestBodyBytes;
        });
        var services = builder.Services;
        services.Configure<HostOptions>(host =>
            host.ShutdownTimeout = TimeSpan.FromSeconds(settings.ShutdownDrainSeconds)
        );
        services.ConfigureHttpJsonOptions(json => StrictJson.Apply(json.SerializerOptions));
        // Else a parameter that doesn't fit is answered with a bare 400 that says nothing.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        // The scheme, and the policy that closes every endpoint, come from Accounts.
        services.AddAuthentication();
        services.AddAuthorization();
        services.AddSingleton<SecurityEvents>();
        services.AddSingleton(provider => new RequestLimits(
            limits,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<SecurityEvents>()
        ));
        services.AddSingleton<IRateLimits>(provider => provider.GetRequiredService<RequestLimits>());
        services.AddRequestTimeouts(timeouts =>
            timeouts.DefaultPolicy = new RequestTimeoutPolicy
            {
                Timeout = TimeSpan.FromSeconds(settings.HandlerSeconds),
                TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable,
            }
        );
        services.AddCors(cors =>
            cors.AddDefaultPolicy(policy =>
                policy
                    .WithOrigins([.. settings.CorsOrigins.Select(origin => origin.TrimEnd('/'))])
                    .AllowCredentials()
                    .AllowAnyMethod()
                    .AllowAnyHeader()
                    .WithExposedHeaders(
                        "Location",
                        "ETag",
                        "Retry-After",
                        "RateLimit",
                        "RateLimit-Policy",
                        "X-Request-Id",
                        "Content-Disposition",
                        "Link"
                    )
            )
        );
        services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.ForwardedHeaders =
                ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            forwarded.ForwardLimit = null; // the chain ends at the first address that is not a trusted proxy
            foreach (
                var network in settings.TrustedProxies.Select(NetworksAttribute.Parse).OfType<System.Net.IPNetwork>()
            )
                forwarded.KnownIPNetworks.Add(network);
        });
    }

    /// <summary>The middleware, outermost first.</summary>
    public static void UseHttpShell(this WebApplication app, HttpSettings settings)
    {
        var allowed = settings.AllowedHosts.Select(name => new StringSegment(name)).ToList();
        if (settings.TrustedProxies.Length > 0)
            app.UseForwardedHeaders();
        app.UseMiddleware<RequestMiddleware>();
        app.UseSecurityHeaders();
        app.UseMiddleware<ProblemMiddleware>();
        app.Use((context, next) => IsAllowed(context.Request.Host, allowed) ? next(context) : RefuseHostAsync(context));
        app.UseRouting();
        app.UseCors();
        var limits = app.Services.GetRequiredService<RequestLimits>();
        app.Use(limits.LimitAddressAsync);
        app.UseAuthentication();
        app.Use(limits.LimitCallerAsync);
        app.UseAuthorization();
        app.UseRequestTimeouts();
        app.UseWebSockets();
    }

    // The framework's own filter stands before everything else, and so answers without a problem.
    private static bool IsAllowed(HostString host, List<StringSegment> allowed) =>
        allowed.Count == 0 || (host.HasValue && HostString.MatchesAny(host.Host, allowed));

    private static Task RefuseHostAsync(HttpContext context) =>
        CommonProblems
            .MalformedRequest.With("The host name is not one of this server.")
            .AsResult()
            .ExecuteAsync(context);
}
