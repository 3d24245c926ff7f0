using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Blobs;
using Lectern.Tests.Accounts;
using Lectern.Tests.Accounts.Workspaces;
using Lectern.Tests.Http;
using Lectern.Tests.Postgres;
using Lectern.Voices.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace Lectern.Tests.Activity;

/// <summary>
/// All modules over HTTP with their workers, but no engine: jobs are told of as if they had been made. Mail is delivered
/// into a mailbox.
/// </summary>
public sealed class ActivityHost : WorkspacesHost
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected override IReadOnlyList<IModule> Modules => Lectern.Host.Modules.All;

    protected override void Configure(IServiceCollection services)
    {
        base.Configure(services);
        services.Replace(ServiceDescriptor.Singleton(new EngineSet([])));
        services.AddSingleton<SignedLinks>();
    }

    /// <summary>What is left to be done: mails about jobs, and events that the feed and the statistics don't have yet.</summary>
    internal const string LeftToDo = """
        select (select count(*) from eventing.messages where lane = 'job_mails')
             + (select count(*) from eventing.projections
                where name like 'activity.%' and position < (select max(seq) from eventing.events))
        """;

    /// <summary>A job of somebody, in the workspace of their token.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="title">What it is called.</param>
    /// <param name="withKey">Whether a program of theirs orders it.</param>
    /// <param name="project">Where it is kept.</param>
    /// <param name="andAtOnce">What happens to it in the same commit.</param>
    internal async Task<Guid> SubmitAsync(
        Somebody owner,
        string title = "Moby-Dick",
        bool withKey = false,
        Guid? project = null,
        params object[] andAtOnce
    )
    {
        var job = Guid.CreateVersion7();
        await using var session = Api.Store.OpenSession(CallerOf(owner, withKey));
        session.StartStream<Job>(
            job,
            [
                new JobSubmitted(
                    "audiobook",
                    "flite-slt",
                    "wav",
                    0,
                    1000,
                    Guid.CreateVersion7(),
                    2_000_000,
                    "p1",
                    Project: project
                ),
                .. andAtOnce,
            ]
        );
        session.Execute(
            """
            insert into jobs.manuscripts (job_id, workspace_id, title, language, markdown, text)
            values ($1, $2, $3, 'en', false, 'Call me Ishmael.')
            """,
            job,
            IdOf(owner.Workspace),
            title
        );
        await session.SaveChangesAsync(Cancel);
        return job;
    }

    /// <summary>What a handler appends to a job, on behalf of whoever's message it was.</summary>
    internal Task EndAsync(Guid job, Somebody inWorkspace, object ended, Somebody? onBehalfOf = null) =>
        AppendAsync(
            job,
            new SessionContext(
                IdOf(inWorkspace.Workspace),
                onBehalfOf is null ? "system" : CallerSessions.ActorOf(IdOf(onBehalfOf.Id)),
                Guid.CreateVersion7(),
                Causation: Guid.CreateVersion7()
            ),
            ended
        );

    /// <summary>What somebody does to a job in person.</summary>
    internal async Task AppendAsync(Guid job, Somebody by, object happened)
    {
        await using var session = Api.Store.OpenSession(CallerOf(by));
        await AppendAsync(job, session.Context, happened);
    }

    /// <summary>Waits until nothing is left to be done: what follows the log is at its head, and no mail waits.</summary>
    internal Task IdleAsync() => Eventually.IsAsync(() => Api.CountAsync(LeftToDo), left => left == 0, "all is done");

    /// <summary>The feed as somebody sees it, once everything that happened is in it.</summary>
    internal async Task<System.Text.Json.Nodes.JsonNode> FeedAsync(Somebody reader, string filter = "")
    {
        await IdleAsync();
        return await reader.JsonAsync($"/activities{filter}");
    }

    /// <summary>SQL that no role of the program may run.</summary>
    internal async Task TamperAsync(string sql, params object[] values)
    {
        await using var source = NpgsqlDataSource.Create(Api.ConnectionString);
        await source.ExecuteAsync(sql, values);
    }

    private async Task AppendAsync(Guid job, SessionContext context, object happened)
    {
        await using var session = Api.Store.OpenWorkerSession(context);
        var stream = await session.FetchForWriting<Job>(job, Cancel);
        stream.ShouldNotBeNull().Append(happened);
        await session.SaveChangesAsync(Cancel);
    }

    private static Caller CallerOf(Somebody somebody, bool withKey = false) =>
        new(IdOf(somebody.Id), IdOf(somebody.Workspace), Role.Admin)
        {
            Session = withKey ? null : Guid.CreateVersion7(),
            ApiKey = withKey ? new CallerKey(Guid.CreateVersion7(), new HashSet<string>(), null) : null,
        };
}

/// <summary>Tests that share the one host; they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ActivityHostCollection : ICollectionFixture<ActivityHost>
{
    public const string Name = "activity over HTTP";
}
