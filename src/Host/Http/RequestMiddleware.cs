using System.Diagnostics;
using Lectern.SharedKernel.Http;

namespace Lectern.Host.Http;

/// <summary>Names each request, so that an answer, its log lines and its trace can be put together, and logs it.</summary>
internal sealed class RequestMiddleware(RequestDelegate next, ILogger<RequestMiddleware> log)
{
    private const string RequestId = "X-Request-Id";
    private const int LongestRequestId = 128;

    public async Task InvokeAsync(HttpContext context)
    {
        var trace = ProblemResult.TraceId(context);
        var request = Accepted(context.Request.Headers[RequestId]) ?? trace;
        context.Response.Headers[RequestId] = request;
        if (System.Diagnostics.Activity.Current?.Id is { } parent)
            context.Response.Headers.TraceParent = parent;

        var since = Stopwatch.GetTimestamp();
        using var scope = log.BeginScope("{CorrelationId}", request);
        try
        {
            await next(context);
        }
        finally
        {
            // Reads that went well are counted in the metrics; a line for each would cost a third of their time.
            var isQuiet = context.Response.StatusCode < 400 && HttpMethods.IsGet(context.Request.Method);
            log.Log(
                isQuiet ? LogLevel.Debug : LogLevel.Information,
                "{Method} {Path}{Query} {Status} in {Milliseconds:F1} ms",
                context.Request.Method,
                context.Request.Path,
                QueryRedaction.Redact(context.Request.QueryString.Value),
                context.Response.StatusCode,
                Stopwatch.GetElapsedTime(since).TotalMilliseconds
            );
        }
    }

    // It is written into headers and logs, so it must not bring its own line breaks or a novel.
    private static string? Accepted(string? given) =>
        given is { Length: > 0 and <= LongestRequestId }
        && given.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':')
            ? given
            : null;
}
