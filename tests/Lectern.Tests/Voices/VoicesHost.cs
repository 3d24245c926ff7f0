using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Providers;
using Lectern.Tests.Http;
using Lectern.Voices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Lectern.Tests.Voices;

/// <summary>The Voices module behind the same closed door as in production, with engines of the test's choice.</summary>
internal static class VoicesHost
{
    public static Task<ApiHost> StartAsync(params ISpeechEngine[] engines) =>
        ApiHost.StartAsync(
            [new AccountsModule(), new BillingModule(), new VoicesModule()],
            services =>
            {
                services.RemoveAll<IEngine>();
                foreach (var engine in engines)
                    services.AddSingleton<IEngine>(engine);
            }
        );
}
