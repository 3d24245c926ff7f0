using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.SharedKernel.Http;

/// <summary>What bounds an endpoint besides the limits on all requests of an address, a caller and a workspace.</summary>
public enum RateLimit
{
    /// <summary>It checks or gives credentials: bounded per address; and per account, what it refuses.</summary>
    SignIn,

    /// <summary>It sends mail: bounded per address, per caller, and per addressee.</summary>
    Mail,

    /// <summary>It works through a whole document: bounded per caller.</summary>
    Replay,
}

/// <summary>Says that an endpoint is bounded, as metadata; it can be bounded in several ways.</summary>
/// <param name="Limit">How.</param>
public sealed record RateLimitedAs(RateLimit Limit);

/// <summary>Says that an endpoint has no limit at all, as metadata: what watches over the host, and the documents.</summary>
public sealed record NotRateLimited;

/// <summary>The limits on what only the body of a request tells; the Host keeps them.</summary>
public interface IRateLimits
{
    /// <summary>Takes a permit of an account or addressee, and says so in the answer's headers; null if there was one.</summary>
    /// <param name="http">The request, whose address counts, too.</param>
    /// <param name="limit">Which limit.</param>
    /// <param name="account">An e-mail address in the spelling in which it is unique, whether it has an account or not.</param>
    Problem? Take(HttpContext http, RateLimit limit, string account);

    /// <summary>Gives the permit back, for what turned out not to count.</summary>
    void GiveBack(HttpContext http, RateLimit limit, string account);
}

/// <summary>States the limits of an endpoint.</summary>
public static class RateLimiting
{
    /// <summary>Bounds an endpoint.</summary>
    public static TBuilder LimitedAs<TBuilder>(this TBuilder endpoint, RateLimit limit)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RateLimitedAs(limit));

    /// <summary>
    /// Bounds an endpoint also by the account that its body names. A permit of <see cref="RateLimit.SignIn"/> is taken
    /// before the credentials are looked at, so that guesses at once count, and given back unless they were refused.
    /// </summary>
    public static RouteHandlerBuilder LimitedAs<TRequest>(
        this RouteHandlerBuilder endpoint,
        RateLimit limit,
        Func<TRequest, string> account
    ) =>
        endpoint
            .LimitedAs(limit)
            .AddEndpointFilter(
                async (context, next) =>
                {
                    var named = account(context.Arguments.OfType<TRequest>().Single());
                    var limits = context.HttpContext.RequestServices.GetRequiredService<IRateLimits>();
                    if (limits.Take(context.HttpContext, limit, named) is { } refusal)
                        return refusal.AsResult();
                    var answer = await next(context);
                    if (limit == RateLimit.SignIn && !IsRefusal(answer))
                        limits.GiveBack(context.HttpContext, limit, named);
                    return answer;
                }
            );

    /// <summary>Frees an endpoint of all limits.</summary>
    public static TBuilder NotLimited<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NotRateLimited());

    private static bool IsRefusal(object? answer) =>
        answer is INestedHttpResult nested
            ? IsRefusal(nested.Result)
            : answer is IStatusCodeHttpResult { StatusCode: >= 400 and < 500 };
}
