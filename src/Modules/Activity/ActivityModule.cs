using Lectern.Activity.Feed;
using Lectern.Activity.Mails;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Preferences;
using Lectern.SharedKernel.Privacy;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Activity;

/// <summary>Who is told: feed, analytics, live updates, webhooks, mail.</summary>
public sealed class ActivityModule : IModule
{
    /// <summary>Mails about jobs: many at once must not be in the way of those that people wait for to sign in.</summary>
    private const string Mails = "job_mails";

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
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(ActivityModule).Assembly);
        eventing.Project(new FeedProjection());
        eventing.Subscribe(new MailWhenRunEnds());
        eventing.Lane(Mails, parallelism: 2);
        eventing.Message<SendMail, SendMailHandler>("activity.send_mail.v1", Mails, MailsJson.Default.SendMail);
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api)
    {
        ListActivitiesEndpoint.Map(api);
        ActivityStatsEndpoint.Map(api);
        MarkActivitiesEndpoints.Map(api);
    }
}
