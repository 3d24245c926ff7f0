using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Library;
using Lectern.Providers;
using Lectern.Tests.Accounts;
using Lectern.Tests.Http;
using Lectern.Voices;
using Lectern.Voices.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Lectern.Tests.Voices;

/// <summary>The Voices module behind the same closed door as in production, with engines of the test's choice.</summary>
internal static class VoicesHost
{
    public static Task<ApiHost> StartAsync(params IEngine[] engines) =>
        StartAsync(new Dictionary<string, string?>(), null, engines);

    /// <summary>With settings, and beside another host on the same database; dispose of that one later.</summary>
    public static Task<ApiHost> StartAsync(
        IReadOnlyDictionary<string, string?> settings,
        ApiHost? twinOf,
        params IEngine[] engines
    ) =>
        ApiHost.StartAsync(
            [new AccountsModule(), new BillingModule(), new LibraryModule(), new VoicesModule()],
            services =>
            {
                SignedUp.QuickPasswords(services);
                services.Replace(ServiceDescriptor.Singleton(new EngineSet(engines)));
            },
            settings,
            twinOf: twinOf
        );
}
