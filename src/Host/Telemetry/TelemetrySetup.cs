using Lectern.Host.Settings;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Mail;
using Lectern.SharedKernel.Telemetry;

namespace Lectern.Host.Telemetry;

/// <summary>Logs, metrics and traces.</summary>
internal static class TelemetrySetup
{
    /// <summary>Structured logs on standard output, the metrics page, and the export if one is configured.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder, TelemetrySettings settings)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddJsonConsole(json =>
        {
            json.IncludeScopes = true;
            json.UseUtcTimestamp = true;
            json.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        });
        builder.Logging.Configure(logging =>
            logging.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId
        );
        // It logs whole addresses, with the tokens in their queries; RequestMiddleware logs them redacted.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);

        // What it says of refused tokens is in the security events.
        builder.Logging.AddFilter("Lectern.Accounts.Tokens.BearerHandler", LogLevel.Warning);

        // A start that fails throws, and Program says why in one line; the log would add a stack trace to it.
        var progress = new StartProgress();
        builder.Services.AddHostedService(_ => progress);
        builder.Logging.AddFilter(
            "Microsoft.Extensions.Hosting.Internal.Host",
            level => level >= LogLevel.Information && progress.IsStarted
        );

        builder.Services.AddHostedService<TraceIds>();
        builder.Services.AddSingleton<MetricsPage>();
        builder.Services.AddSingleton<GaugeReadings>();
        builder.Services.AddSingleton<IGaugePart, QueueGauges>();
        builder.Services.AddSingleton<IGaugePart, ProjectionGauges>();
        builder.Services.AddSingleton<IGaugePart, MachineGauges>();
        if (settings.SecurityLog is { Length: > 0 } path)
            builder.Services.AddSingleton<ILoggerProvider>(provider => new SecurityLogFile(
                path,
                settings.SecurityLogMegabytes * 1024L * 1024,
                settings.SecurityLogFiles,
                provider.GetRequiredService<TimeProvider>()
            ));
        if (!string.IsNullOrEmpty(settings.OtlpEndpoint))
            builder.Services.AddHostedService(_ => new OtlpExport(settings.OtlpEndpoint));
    }

    /// <summary>Maps <c>/metrics</c>.</summary>
    public static void MapMetricsPage(this WebApplication app)
    {
        var page = app.Services.GetRequiredService<MetricsPage>();
        _ = app.Services.GetService<IMailer>(); // counts from nothing, and not from the first mail
        var gauges = app.Services.GetRequiredService<GaugeReadings>();
        app.MapGet(
                "/metrics",
                async (CancellationToken cancel) =>
                {
                    await gauges.RefreshAsync(GaugeReadings.PagesPatience, cancel);
                    return Results.Text(page.Write(), MetricsPage.MediaType);
                }
            )
            .AllowAnonymous()
            .NotLimited()
            .ExcludeFromDescription();
    }
}
