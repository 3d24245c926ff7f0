using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Lectern.SharedKernel.Http;

/// <summary>Versions as ETags, so that a change can be bound to what the client has read.</summary>
public static class VersionTag
{
    /// <summary>The ETag of a version.</summary>
    public static string Of(int version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>Says which version an answer shows; the client asks again before it shows what it kept.</summary>
    public static void Tell(HttpResponse response, string tag)
    {
        response.Headers.ETag = tag;
        response.Headers.CacheControl = "private, no-cache";
    }

    /// <summary>What is there with its version; 304 for who reads it and has that version already.</summary>
    public static IResult Answer<T>(HttpContext http, string tag, T body)
    {
        Tell(http.Response, tag);
        return HttpMethods.IsGet(http.Request.Method) && http.Request.Headers.IfNoneMatch == tag
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(body);
    }

    /// <summary>412 when the client has read something else than what is there; without <c>If-Match</c>, nothing is asked.</summary>
    /// <param name="request">The request.</param>
    /// <param name="tag">The ETag of what is there.</param>
    /// <param name="detail">What the refusal says.</param>
    public static Problem? Stale(HttpRequest request, string tag, string detail)
    {
        if (request.Headers.IfMatch.Count == 0)
            return null;
        // One that can't be read names no version: it must not pass for none.
        return request
            .GetTypedHeaders()
            .IfMatch.Any(named => named.Equals(EntityTagHeaderValue.Any) || (!named.IsWeak && named.Tag == tag))
            ? null
            : CommonProblems.PreconditionFailed.With(detail);
    }
}
