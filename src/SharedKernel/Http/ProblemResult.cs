using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Lectern.SharedKernel.Http;

/// <summary>Writes a <see cref="Problem"/> as <c>application/problem+json</c> (RFC 9457).</summary>
/// <param name="problem">The refusal.</param>
public sealed class ProblemResult(Problem problem) : IResult, IStatusCodeHttpResult, IContentTypeHttpResult
{
    /// <summary>The media type of every refusal.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>The refusal that is written.</summary>
    public Problem Problem => problem;

    /// <inheritdoc/>
    public int? StatusCode => problem.Type.Status;

    /// <inheritdoc/>
    public string? ContentType => MediaType;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = problem.Type.Status;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        if (problem.RetryAfter is { } wait)
        {
            var seconds = (long)Math.Ceiling(Math.Max(1, wait.TotalSeconds));
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (HttpMethods.IsHead(httpContext.Request.Method))
            return;

        using var body = new MemoryStream();
        Write(body, TraceId(httpContext));
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), httpContext.RequestAborted);
    }

    /// <summary>The id under which the logs and traces of this request are found.</summary>
    public static string TraceId(HttpContext context) =>
        Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;

    private void Write(Stream body, string traceId)
    {
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("type", problem.Type.Urn);
        json.WriteString("title", problem.Type.Title);
        json.WriteNumber("status", problem.Type.Status);
        json.WriteString("detail", problem.Detail);
        json.WriteString("code", problem.Type.Name);
        json.WriteString("hint", problem.Type.Hint);
        if (problem.Errors.Count > 0)
        {
            json.WriteStartArray("errors");
            foreach (var error in problem.Errors)
            {
                json.WriteStartObject();
                json.WriteString("pointer", error.Pointer);
                json.WriteString("detail", error.Detail);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        foreach (var (name, value) in problem.Extensions)
        {
            json.WritePropertyName(name);
            JsonSerializer.Serialize(json, value, StrictJson.Options);
        }

        json.WriteString("traceId", traceId);
        json.WriteEndObject();
    }
}

/// <summary>Turns refusals into answers.</summary>
public static class ProblemAnswers
{
    /// <summary>The answer that carries this refusal.</summary>
    public static ProblemResult AsResult(this Problem problem) => new(problem);
}
