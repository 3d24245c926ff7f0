using System.Collections.Concurrent;
using Lectern.SharedKernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.SharedKernel.Telemetry;

/// <summary>Keeps what is logged as security events, and every other line with its scopes.</summary>
internal sealed class SecurityLines : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<Dictionary<string, object?>> _lines = new();
    private IExternalScopeProvider? _scopes;

    /// <summary>The security events with a code, in order.</summary>
    public List<Dictionary<string, object?>> Of(string code) =>
        [.. _lines.Where(line => (string?)line.GetValueOrDefault("event") == code)];

    /// <summary>Every line of a category, with its text as <c>text</c> and all of its scopes' fields.</summary>
    public List<Dictionary<string, object?>> Lines(string category) =>
        [.. _lines.Where(line => (string?)line["category"] == category)];

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public override string ToString() =>
        string.Join(
            '\n',
            _lines
                .Where(line => (string?)line["category"] == SecurityEvents.Category)
                .Select(line => string.Join(' ', line.Where(field => field.Key != "category")))
        );

    public void Dispose() { }

    private sealed class Logger(SecurityLines lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            var line = new Dictionary<string, object?>
            {
                ["category"] = category,
                ["text"] = formatter(state, exception),
            };
            lines._scopes?.ForEachScope((scope, to) => Add(scope, to), line);
            Add(state, line);
            lines._lines.Enqueue(line);
        }

        private static void Add(object? fields, Dictionary<string, object?> line)
        {
            if (fields is IEnumerable<KeyValuePair<string, object?>> named)
                foreach (var (name, value) in named)
                    line[name] = value;
            else if (fields is IEnumerable<KeyValuePair<string, object>> also)
                foreach (var (name, value) in also)
                    line[name] = value;
        }
    }
}
