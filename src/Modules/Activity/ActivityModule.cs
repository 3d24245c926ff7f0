using Lectern.Activity.Analytics;
using Lectern.Activity.Feed;
using Lectern.Activity.Live;
using Lectern.Activity.Mails;
using Lectern.Activity.Webhooks;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Preferences;
using Lectern.SharedKernel.Privacy;
using Lectern.SharedKernel.Settings;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Activity;

/// <summary>Who is told: feed, analytics, live updates, webhooks, mail.</summary>
public sealed class ActivityModule : IModule
{
    /// <summary>Mails about what happened: many at once must not be in the way of those that people wait for to sign in.</summary>
    private const string JobMailsLane = "job_mails";

    private int _webhookParallelism = new WebhookSettings().Parallelism;

    /// <inheritdoc/>
    public string Name => "activity";

    /// <inheritdoc/>
    public IReadOnlyList<ProblemType> Problems => ActivityProblems.All;

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<NameReader>();
        services.AddSingleton<IErasePart, FeedErasure>();
        services.AddSingleton<IExportPart, FeedExport>();

        services.AddSingleton<IPreferenceDefinitions, MailPreferences>();
        services.AddSingleton<JobMails>();

        services.AddSettings<LiveSettings>(configuration, "Live");
        services.AddSingleton<LiveConnections>();
        services.AddSingleton<LiveProgress>();
        services.AddSingleton<LiveFollowing>();
        services.AddSingleton<LiveEndpoints>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveConnections>());
        services.AddHostedService(provider => provider.GetRequiredService<LiveProgress>());
        services.AddHostedService<LiveStandings>();

        services.AddWebhooks(configuration);
        _webhookParallelism = configuration.GetValue("Lectern:Webhooks:Parallelism", _webhookParallelism);
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(ActivityModule).Assembly);
        eventing.Project(new FeedProjection());
        eventing.Project(new UsageProjection());
        eventing.Subscribe(new MailWhenRunEnds());
        eventing.Lane(JobMailsLane, parallelism: 2);
        eventing.Message<SendMail, SendMailHandler>("activity.send_mail.v1", JobMailsLane, MailsJson.Default.SendMail);
        WebhooksRegistration.Register(eventing, _webhookParallelism, JobMailsLane);
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api)
    {
        ListActivitiesEndpoint.Map(api);
        ActivityStatsEndpoint.Map(api);
        MarkActivitiesEndpoints.Map(api);
        AnalyticsEndpoints.Map(api);
        LiveEndpoints.Map(api);
        WebhooksRegistration.Map(api);
    }

    /// <inheritdoc/>
    public void MapRootEndpoints(IEndpointRouteBuilder root) => LiveEndpoints.MapSockets(root);
}
