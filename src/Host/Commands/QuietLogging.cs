using Microsoft.Extensions.Logging.Console;

namespace Lectern.Host.Commands;

/// <summary>For commands whose standard output is for a person: only warnings and worse are logged, to standard error.</summary>
internal static class QuietLogging
{
    public static void LogOnlyWarnings(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        // By provider, since the levels of appsettings.json are more specific than a minimum.
        builder.Logging.AddFilter<ConsoleLoggerProvider>(level => level >= LogLevel.Warning);
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<ConsoleLoggerOptions>(console =>
            console.LogToStandardErrorThreshold = LogLevel.Trace
        );
    }
}
