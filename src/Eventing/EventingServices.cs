using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Eventing;

/// <summary>Registers Eventing in a host.</summary>
public static class EventingServices
{
    /// <summary>Adds the store, migrations, operator calls and, unless told otherwise, the queue's and projections' loops.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="model">What the modules registered.</param>
    /// <param name="connectionString">Asked for once, when the store is first needed.</param>
    /// <param name="runWorkers">False for operator commands, which only want the store.</param>
    public static void AddEventing(
        this IServiceCollection services,
        EventingBuilder model,
        Func<IServiceProvider, string> connectionString,
        bool runWorkers = true
    )
    {
        services.AddSingleton(provider => new EventStore(
            model,
            connectionString(provider),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<Migrations>();
        services.AddSingleton<ProjectionRebuild>();
        services.AddSingleton<QueueOperations>();
        services.AddSingleton<EventExport>();
        services.AddSingleton<LogTail>();
        services.AddSingleton<ScratchReplay>();
        if (!runWorkers)
            return;
        services.AddSingleton<MessageQueue>();
        services.AddSingleton<HostPresence>();
        services.AddSingleton<ProjectionDaemon>();
        services.AddHostedService(provider => provider.GetRequiredService<HostPresence>());
        services.AddHostedService(provider => provider.GetRequiredService<ProjectionDaemon>());
        services.AddHostedService(provider => provider.GetRequiredService<LogTail>());
        services.AddSingleton<QueueRunner>();
        services.AddHostedService(provider => provider.GetRequiredService<QueueRunner>()); // stops first: it was started last
    }
}
