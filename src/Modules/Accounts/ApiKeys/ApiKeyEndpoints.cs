using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Accounts.ApiKeys;

/// <summary>What the module registers for API keys.</summary>
internal static class ApiKeyEndpoints
{
    public static void AddApiKeys(this IServiceCollection services)
    {
        services.AddSingleton<ApiKeyTexts>();
        services.AddSingleton<VerifiedApiKeys>();
    }

    /// <param name="workspace">What lies below the workspace of the token.</param>
    public static void Map(IEndpointRouteBuilder workspace)
    {
        CreateApiKeyEndpoint.Map(workspace);
        ListApiKeysEndpoint.Map(workspace);
        RenameApiKeyEndpoint.Map(workspace);
        RevokeApiKeyEndpoint.Map(workspace);
    }
}
