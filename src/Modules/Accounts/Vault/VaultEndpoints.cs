using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel.Settings;
using Lectern.SharedKernel.Telemetry;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.Vault;

/// <summary>What the module registers for the vault.</summary>
internal static class VaultEndpoints
{
    public static void AddVault(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ProviderSettings>(configuration, "Providers");
        services.AddSingleton(provider => new ProviderCatalogue(
            provider.GetRequiredService<IOptions<ProviderSettings>>().Value
        ));
        services.AddSingleton(_ => new ProviderKeyTest());
        services.AddSingleton<DataKeys>();
        services.AddSingleton<SecretSealing>();
        services.AddSingleton(provider => new ProviderKeys(
            provider.GetRequiredService<EventStore>(),
            provider.GetRequiredService<SecretSealing>(),
            provider.GetRequiredService<SecurityEvents>()
        ));
        services.AddSingleton(provider => new WorkspaceSecrets(
            provider.GetRequiredService<EventStore>(),
            provider.GetRequiredService<DataKeys>(),
            provider.GetRequiredService<SecurityEvents>()
        ));
        services.AddSingleton(provider => new VaultRewrap(
            provider.GetRequiredService<EventStore>(),
            provider.GetRequiredService<DataKeys>()
        ));
    }

    /// <param name="workspace">What lies below the workspace of the token.</param>
    public static void Map(IEndpointRouteBuilder workspace)
    {
        AddProviderKeyEndpoint.Map(workspace);
        ListProviderKeysEndpoint.Map(workspace);
        ReplaceProviderKeyEndpoint.Map(workspace);
        DeleteProviderKeyEndpoint.Map(workspace);
        TestProviderKeyEndpoint.Map(workspace);
    }
}
