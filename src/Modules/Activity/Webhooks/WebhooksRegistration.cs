using Lectern.Eventing;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Privacy;
using Lectern.SharedKernel.Settings;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lectern.Activity.Webhooks;

/// <summary>What the module registers for webhooks.</summary>
internal static class WebhooksRegistration
{
    /// <summary>Deliveries, which wait for others' servers.</summary>
    private const string Deliveries = "webhooks";

    /// <summary>What is done about webhooks here: it must not wait behind deliveries to dead endpoints.</summary>
    private const string Upkeep = "webhook-upkeep";

    public static void AddWebhooks(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<WebhookSettings>(configuration, "Webhooks");
        services.AddUserUrls(configuration);
        DeliverWebhookHandler.Begin();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton(provider => new EndpointPlaces(
            provider.GetRequiredService<IOptions<WebhookSettings>>().Value.PerEndpoint,
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton(provider =>
            WorkspacePlaces.Of(
                provider.GetRequiredService<IOptions<WebhookSettings>>().Value,
                provider.GetRequiredService<TimeProvider>()
            )
        );
        services.AddSingleton<IErasePart, WebhooksErasure>();
        services.AddSingleton<IExportPart, WebhooksExport>();
        services.AddSingleton<WebhookSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<WebhookSweep>());
    }

    public static void Register(EventingBuilder eventing, int parallelism, string mailLane)
    {
        Webhook.Register(eventing);
        eventing.Subscribe(new TellWebhooks());
        eventing.Lane(Deliveries, parallelism);
        eventing.Lane(Upkeep, parallelism: 1);
        eventing.Message<DeliverWebhook, DeliverWebhookHandler>(
            "activity.deliver_webhook.v1",
            Deliveries,
            WebhooksJson.Default.DeliverWebhook,
            DeliverWebhookHandler.MaxAttempts
        );
        eventing.Message<DisableWebhook, DisableWebhookHandler>(
            "activity.disable_webhook.v1",
            Upkeep,
            WebhooksJson.Default.DisableWebhook
        );
        eventing.Message<EndDeliveries, EndDeliveriesHandler>(
            "activity.end_deliveries.v1",
            Upkeep,
            WebhooksJson.Default.EndDeliveries
        );
        eventing.Message<TellOfDisabledWebhook, TellOfDisabledWebhookHandler>(
            "activity.tell_of_disabled_webhook.v1",
            mailLane,
            WebhooksJson.Default.TellOfDisabledWebhook
        );
    }

    public static void Map(IEndpointRouteBuilder api)
    {
        CreateWebhookEndpoint.Map(api);
        ReadWebhooksEndpoints.Map(api);
        ChangeWebhookEndpoints.Map(api);
        RotateSecretEndpoint.Map(api);
        ReadDeliveriesEndpoints.Map(api);
        AskForDeliveriesEndpoints.Map(api);
    }
}
