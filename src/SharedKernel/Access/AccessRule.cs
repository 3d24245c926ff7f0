using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Lectern.SharedKernel.Access;

/// <summary>
/// For whom an endpoint is, as metadata. One without a rule gets it from its method: who only reads is served GET and
/// HEAD, everything else needs an editor. So what is forgotten is too narrow rather than too wide.
/// </summary>
/// <param name="Least">The role that a member needs in the workspace.</param>
/// <param name="PeopleOnly">Whether API keys are refused, whatever their scopes.</param>
/// <param name="PlatformOnly">Whether only platform administrators are let in.</param>
public sealed record AccessRule(Role Least, bool PeopleOnly, bool PlatformOnly)
{
    /// <summary>The rule of an endpoint, named or by its method.</summary>
    public static AccessRule Of(Endpoint endpoint, string method) =>
        endpoint.Metadata.GetMetadata<AccessRule>()
        ?? new AccessRule(
            ApiScopes.OnlyReads(method) ? Role.Viewer : Role.Editor,
            PeopleOnly: false,
            PlatformOnly: false
        );
}

/// <summary>States for whom an endpoint is.</summary>
public static class AccessRules
{
    /// <summary>Every member, also where the method is not GET: a quote, say, changes nothing.</summary>
    public static TBuilder ForViewers<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.With(new AccessRule(Role.Viewer, false, false));

    /// <summary>Editors and admins, also where the method is GET.</summary>
    public static TBuilder ForEditors<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.With(new AccessRule(Role.Editor, false, false));

    /// <summary>Editors and admins who logged in: what counts per person is not for a key, which anybody may hold.</summary>
    public static TBuilder ForEditorsInPerson<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.With(new AccessRule(Role.Editor, true, false));

    /// <summary>Admins of the workspace who logged in: a key must not be able to make keys or members.</summary>
    public static TBuilder ForAdmins<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.With(new AccessRule(Role.Admin, true, false));

    /// <summary>Whoever logged in, whatever the role: it is about the person and not about the workspace.</summary>
    public static TBuilder ForThePerson<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.With(new AccessRule(Role.Viewer, true, false));

    /// <summary>Platform administrators who logged in; what they do there is audited.</summary>
    public static TBuilder ForPlatformAdmins<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.With(new AccessRule(Role.Viewer, true, true));

    private static TBuilder With<TBuilder>(this TBuilder endpoint, AccessRule rule)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.Add(builder => builder.Metadata.Add(rule));
        return endpoint;
    }
}

/// <summary>
/// What API keys can be good for: <c>area:read</c> for what viewers may do, <c>area:write</c> for everything, where the area
/// is the tag under which the API's description lists the endpoint, such as <c>jobs:write</c>.
/// </summary>
public static class ApiScopes
{
    /// <summary>Whether a key with these scopes may call an endpoint by a method.</summary>
    public static bool Allow(IReadOnlySet<string> scopes, Endpoint endpoint, string method) =>
        AreaOf(endpoint) is { } area
        && (scopes.Contains($"{area}:write") || (IsForViewers(endpoint, method) && scopes.Contains($"{area}:read")));

    /// <summary>The scope that an endpoint wants, for the refusal.</summary>
    public static string Wanted(Endpoint endpoint, string method) =>
        $"{AreaOf(endpoint)}:{(IsForViewers(endpoint, method) ? "read" : "write")}";

    /// <summary>Every scope that some endpoint wants, in order.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<Endpoint> endpoints) =>
        [
            .. endpoints
                .Where(endpoint =>
                    endpoint.Metadata.GetMetadata<AccessRule>() is not { PeopleOnly: true }
                    && endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Authorization.IAllowAnonymous>() is null
                )
                .Select(AreaOf)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal)
                .SelectMany(area => new[] { $"{area}:read", $"{area}:write" })
                .Order(StringComparer.Ordinal),
        ];

    internal static bool OnlyReads(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    private static bool IsForViewers(Endpoint endpoint, string method) =>
        AccessRule.Of(endpoint, method).Least == Role.Viewer;

    private static string? AreaOf(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<ITagsMetadata>() is { Tags: [var area, ..] } ? area : null;
}
