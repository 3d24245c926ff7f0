using System.Collections.Concurrent;
using Lectern.Activity.Live;
using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Jobs.Contracts;
using Lectern.Tests.Host;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Activity.Live;

/// <summary>Two whole hosts on real ports and one database. The second has narrow limits.</summary>
public sealed class LiveHosts : WholeHost
{
    /// <summary>Live connections that a caller may have on the second host.</summary>
    public const int FewConnections = 10;

    /// <summary>Pages from here may connect.</summary>
    public const string AllowedOrigin = "https://studio.example";

    private int _failedRounds;

    internal LiveHost A { get; private set; } = null!;

    internal LiveHost B { get; private set; } = null!;

    /// <summary>Rounds of progress that failed.</summary>
    internal int FailedRounds => _failedRounds;

    /// <summary>What the hosts logged that has a ticket or a token in it.</summary>
    internal ConcurrentQueue<string> Leaks { get; } = new();

    internal ShiftedTime Time { get; } = new();

    protected override IReadOnlyDictionary<string, string?> Settings { get; } =
        new Dictionary<string, string?>
        {
            ["Lectern:Http:CorsOrigins:0"] = AllowedOrigin,
            ["Lectern:Live:HeartbeatSeconds"] = "1",
            ["Logging:LogLevel:Default"] = "Trace",
            ["Logging:LogLevel:Microsoft.AspNetCore"] = "Trace",
        };

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        A = new LiveHost(App, Client);
        var narrow = await StartAsync(
            new Dictionary<string, string?>(Settings)
            {
                ["Lectern:Live:ConnectionsPerCaller"] = $"{FewConnections}",
                ["Lectern:Live:StallSeconds"] = "1",
            }
        );
        B = new LiveHost(narrow, ClientOf(narrow));
    }

    public override async ValueTask DisposeAsync()
    {
        B.Client.Dispose();
        await base.DisposeAsync();
    }

    protected override void Configure(WebApplicationBuilder builder)
    {
        builder.Logging.AddProvider(new LeakDetector(Leaks, () => Interlocked.Increment(ref _failedRounds)));
        builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Time));
    }

    /// <summary>A new person, who calls the first host.</summary>
    internal Task<Person> SignUpAsync() => RegisterAsync();

    /// <summary>The same, when nobody follows any more whom another test left behind.</summary>
    internal async Task<Person> SignUpAloneAsync()
    {
        await Eventually.IsAsync(
            () => Task.FromResult(A.Listeners + B.Listeners + A.Connections.Count + B.Connections.Count),
            clients => clients == 0,
            "nobody follows"
        );
        return await SignUpAsync();
    }

    /// <summary>Keeps what has a ticket or the beginning of an access token in it, from every category and level.</summary>
    private sealed class LeakDetector(ConcurrentQueue<string> leaks, Action onFailedRound) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            Look($"{state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Look(formatter(state, exception) + exception);

        public void Dispose() { }

        private void Look(string text)
        {
            if (text.StartsWith("LiveProgress failed", StringComparison.Ordinal))
                onFailedRound();
            if (
                text.Contains("llt_", StringComparison.Ordinal)
                || text.Contains("eyJhbGciOiJFUzI1NiIs", StringComparison.Ordinal)
            )
                leaks.Enqueue(text);
        }
    }
}

/// <summary>One of the hosts.</summary>
internal sealed class LiveHost(WebApplication app, HttpClient client)
{
    public HttpClient Client => client;

    public EventStore Store => app.Services.GetRequiredService<EventStore>();

    /// <summary>To write a line into the log as the host does.</summary>
    public ILogger Log => app.Services.GetRequiredService<ILogger<LiveHost>>();

    public LiveConnections Connections => app.Services.GetRequiredService<LiveConnections>();

    /// <summary>How many are told what is appended.</summary>
    public int Listeners => app.Services.GetRequiredService<LogTail>().Listeners;

    /// <summary>Where WebSockets are.</summary>
    public Uri Sockets => new UriBuilder(Client.BaseAddress!) { Scheme = "ws" }.Uri;

    /// <summary>Jobs that wait.</summary>
    public async Task MakeWaitingJobsAsync(Guid workspace, int count)
    {
        await using var session = Store.OpenSession(ContextOf(workspace));
        for (var i = 0; i < count; i++)
            session.StartStream<Job>(
                Guid.CreateVersion7(),
                new JobSubmitted("audiobook", "flite-slt", "wav", 0, 100, Guid.CreateVersion7(), 10, "1")
            );
        await session.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A job that nobody works on: its events are the test's.</summary>
    public async Task<Guid> MakeJobAsync(Guid workspace)
    {
        var job = Guid.CreateVersion7();
        await using var session = Store.OpenSession(ContextOf(workspace));
        session.StartStream<Job>(
            job,
            new JobSubmitted("audiobook", "flite-slt", "wav", 0, 100, Guid.CreateVersion7(), 10, "1"),
            new JobStarted(1),
            new ManuscriptPrepared(1, 0, 1000, 1, 5000)
        );
        session.Execute(
            """
            insert into jobs.places (workspace_id, place, job_id)
            select $1, count(*) + 1, $2 from jobs.places where workspace_id = $1
            """,
            workspace,
            job
        );
        await session.SaveChangesAsync(TestContext.Current.CancellationToken);
        return job;
    }

    public async Task AppendAsync(Guid workspace, Guid job, params object[] events)
    {
        await using var session = Store.OpenSession(ContextOf(workspace));
        var versions = await session.VersionsAsync([job], TestContext.Current.CancellationToken);
        session.Append<Job>(job, versions[job], events);
        await session.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    public static ChunkSynthesized Chunk(int number) => new(number, "aa", 22_050, 22_050, "aa", 100);

    private static SessionContext ContextOf(Guid workspace) => new(workspace, "system", Guid.CreateVersion7());
}

/// <summary>The real clock, which can be put forward; what is measured stays real.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}

[CollectionDefinition(Name)]
public sealed class LiveHostsCollection : ICollectionFixture<LiveHosts>
{
    public const string Name = "live on two hosts";
}
