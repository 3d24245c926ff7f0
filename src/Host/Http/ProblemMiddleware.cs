using System.ComponentModel;
using System.Text.Json;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Lectern.Host.Http;

/// <summary>
/// Gives every error a problem as its body: exceptions that reach the edge, and the bare status codes of routing,
/// authentication and static files.
/// </summary>
internal sealed class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> log)
{
    private const int ClientClosedRequest = 499; // nginx's code; nobody reads it but the log

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            if (context.Request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) == true)
            {
                await AnswerAsync(context, CommonProblems.InvalidValues.With("The query holds a NUL character."));
                return;
            }

            await next(context);
        }
        catch (Exception exception)
            when (context.RequestAborted.IsCancellationRequested
                && exception is OperationCanceledException or IOException
            )
        {
            if (!context.Response.HasStarted)
                context.Response.StatusCode = ClientClosedRequest;
            return;
        }
        catch (Exception exception)
        {
            var problem = ExceptionProblems.From(exception);
            if (problem.Type.Status >= StatusCodes.Status500InternalServerError)
                log.LogError(exception, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
            if (context.Response.HasStarted)
            {
                context.Abort(); // half an answer must not look like a whole one
                return;
            }

            await AnswerAsync(context, problem);
            return;
        }

        if (
            IsBareError(context.Response)
            && (UnreadParameters(context) ?? ForStatus(context.Response.StatusCode)) is { } bare
        )
            await AnswerAsync(context, bare);
    }

    /// <summary>Which parameters can't be read: what binds an optional one answers with a bare 400 and doesn't say.</summary>
    private static Problem? UnreadParameters(HttpContext context)
    {
        if (context.Response.StatusCode != StatusCodes.Status400BadRequest)
            return null;
        var faults = new List<FieldError>();
        foreach (var parameter in context.GetEndpoint()?.Metadata.OfType<IParameterBindingMetadata>() ?? [])
            if (
                Nullable.GetUnderlyingType(parameter.ParameterInfo.ParameterType) is { } type
                && context.Request.Query.TryGetValue(parameter.Name, out var values)
                && !TypeDescriptor.GetConverter(type).IsValid(values.ToString())
            )
                faults.Add(
                    new FieldError(
                        JsonNamingPolicy.CamelCase.ConvertName(parameter.Name), // of a filter it is a property's
                        ExceptionProblems.DoesNotFit
                    )
                );
        return faults.Count > 0 ? ExceptionProblems.OfParameters([.. faults]) : null;
    }

    private static Task AnswerAsync(HttpContext context, Problem problem)
    {
        // What the failed handler said about its own body is not true of ours. Allow, CORS and the rest stay.
        var headers = context.Response.Headers;
        headers.ContentLength = null;
        headers.ContentDisposition = default;
        headers.ContentEncoding = default;
        headers.ETag = default;
        headers.LastModified = default;
        return problem.AsResult().ExecuteAsync(context);
    }

    private static bool IsBareError(HttpResponse response) =>
        response is { HasStarted: false, StatusCode: >= 400, ContentType: null } && response.ContentLength is null or 0;

    private static Problem? ForStatus(int status) =>
        status switch
        {
            400 => CommonProblems.MalformedRequest.With(
                "The request line, a header or the host name is not acceptable."
            ),
            401 => CommonProblems.Unauthenticated.With("The access token is missing, expired or not valid."),
            403 => CommonProblems.Forbidden.With("The access token does not allow this."),
            404 => CommonProblems.NotFound.With("No such address, or nothing of yours with this id."),
            405 => CommonProblems.MethodNotAllowed.With("The address exists, but not with this method."),
            406 => CommonProblems.NotAcceptable.With("None of the accepted media types can be made."),
            408 => CommonProblems.RequestTimeout.With("The request took too long to arrive."),
            412 => CommonProblems.PreconditionFailed.With("The version that you named is not the current one."),
            413 => CommonProblems.TooLarge.With("The body is larger than this address takes."),
            415 => CommonProblems.UnsupportedMediaType.With("The Content-Type is missing or isn't read here."),
            416 => CommonProblems.RangeNotSatisfiable.With("No part of the file lies in this range."),
            429 => CommonProblems.RateLimited.With("Too many requests in too short a time."),
            503 or 504 => CommonProblems.Unavailable.With("The answer took too long.") with
            {
                RetryAfter = TimeSpan.FromSeconds(5),
            },
            _ => null,
        };
}
