using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Lectern.Tests.Host;
using Lectern.Tests.Postgres;

namespace Lectern.Tests.Recovery;

/// <summary>A stretch of time in which the host or its database was away, in nanoseconds since 1970.</summary>
internal sealed record Outage(long From, long To)
{
    public static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;
}

/// <summary>A job that was accepted: the client has its 202.</summary>
internal sealed record AcceptedJob(string Id, Book Book);

/// <summary>
/// One installation with its own data folder, database, port and engine, one account, and a host process that comes and
/// goes.
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan WorkPatience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _settings;
    private HostProcess? _host;
    private long? _downSince;

    private Installation(PostgresCluster cluster, string database, IReadOnlyDictionary<string, string>? settings)
    {
        ConnectionString = cluster.ConnectionString(database);
        Engine = new JournalingEngine(_folder["engine"]);
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{FreePort()}") };
        _settings = new Dictionary<string, string>(settings ?? new Dictionary<string, string>())
        {
            ["ASPNETCORE_URLS"] = Client.BaseAddress.ToString(),
            ["ConnectionStrings__Lectern"] = ConnectionString,
            ["Lectern__Data__Folder"] = DataFolder,
            ["Lectern__RateLimits__Enabled"] = "false", // whoever watches asks often, and from one address
            ["Lectern__Accounts__ConfirmEmail"] = "false",
            ["Lectern__Voices__FlitePath"] = Engine.Program,
            ["Lectern__Voices__EspeakNgPath"] = _folder["no-such-program"],
        };
    }

    public string ConnectionString { get; }

    public string DataFolder => _folder["data"];

    public JournalingEngine Engine { get; }

    public HttpClient Client { get; }

    public HostProcess Host => _host!;

    /// <summary>Jobs that were accepted, in their order.</summary>
    public List<AcceptedJob> Jobs { get; } = [];

    /// <summary>When something was away. Written by one test at a time.</summary>
    public List<Outage> Outages { get; } = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Makes a database on the cluster, starts a first host on it and signs up.</summary>
    public static async Task<Installation> CreateAsync(
        PostgresCluster cluster,
        IReadOnlyDictionary<string, string>? settings = null
    )
    {
        var database = $"r{Guid.NewGuid():n}";
        await cluster.CreateDatabaseAsync(database);
        var made = new Installation(cluster, database, settings);
        await made.StartAsync();
        var account = new { email = $"{database}@lectern.example", password = "a long enough passphrase" };
        using var answer = await made.Client.PostAsJsonAsync("/api/v1/auth/signup", account, Cancel);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        answer.IsSuccessStatusCode.ShouldBeTrue($"{body}");
        var token = body.GetProperty("tokens").GetProperty("accessToken").GetString();
        made.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return made;
    }

    /// <summary>Starts a host and waits until it is ready.</summary>
    /// <param name="crashAt">A commit at which it dies: <c>before:17</c> or <c>after:17</c>.</param>
    public async Task StartAsync(string? crashAt = null)
    {
        var settings = crashAt is null
            ? _settings
            : new Dictionary<string, string>(_settings) { ["LECTERN_CRASH_AT"] = crashAt };
        if (_downSince is { } since)
            Outages.Add(new Outage(since, Outage.Now()));
        _downSince = null;
        _host?.Dispose();
        _host = HostProcess.Start(settings);
        try
        {
            await Poll.UntilAsync(
                "the host serves or has crashed as it was told to",
                StartPatience,
                async () => (_host.HasExited && crashAt is not null) || await IsReadyAsync(),
                Cancel
            );
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"The host does not start: {e.Message}\n{_host.Output}", e);
        }
    }

    /// <summary>Crashes the database while the host lives, and brings it back after something was seen.</summary>
    public async Task CrashDatabaseAsync(PostgresCluster cluster, bool kill, Func<Task> whileAway)
    {
        var since = Outage.Now();
        if (kill)
            cluster.Kill();
        else
            cluster.Stop("immediate");
        await whileAway();
        cluster.Restart();
        Outages.Add(new Outage(since, Outage.Now()));
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _downSince = Outage.Now();
        Host.Kill();
        await Host.WaitForExitAsync(Cancel);
    }

    /// <summary>Waits until the host has died of the commit that it was told to die at; false if it does not come to it.</summary>
    public async Task<bool> CrashedAsync(TimeSpan patience)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        waiting.CancelAfter(patience);
        try
        {
            await Host.WaitForExitAsync(waiting.Token);
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            return false;
        }

        _downSince = Outage.Now();
        return true;
    }

    /// <summary>SIGTERM; gives the exit code and how long it took.</summary>
    public async Task<(int ExitCode, TimeSpan Took)> TerminateAsync()
    {
        _downSince = Outage.Now();
        var took = Stopwatch.StartNew();
        Host.Terminate();
        await Host.WaitForExitAsync(Cancel);
        return (Host.ExitCode, took.Elapsed);
    }

    /// <summary>Submits once; null when there was no answer, or one that says to come again.</summary>
    public async Task<AcceptedJob?> TrySubmitAsync(Book book, Guid key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs")
        {
            Content = JsonContent.Create(
                new
                {
                    text = book.Text,
                    markup = "markdown",
                    title = "A Book",
                    voice = "flite-slt",
                    format = book.Format,
                }
            ),
        };
        request.Headers.Add("Idempotency-Key", $"{key}");
        try
        {
            using var answer = await Client.SendAsync(request, Cancel);
            var body = await answer.Content.ReadAsStringAsync(Cancel);
            if (answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.Conflict)
                return null;
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, body);
            var job = new AcceptedJob(JsonDocument.Parse(body).RootElement.GetProperty("id").GetString()!, book);
            lock (Jobs)
                if (!Jobs.Any(known => known.Id == job.Id))
                    Jobs.Add(job);
            return job;
        }
        catch (HttpRequestException)
        {
            return null; // the host died over it, or is not there
        }
    }

    /// <summary>Submits as a good client does: with one key, until there is an answer.</summary>
    public async Task<AcceptedJob> SubmitAsync(Book book, Guid? key = null)
    {
        AcceptedJob? job = null;
        key ??= Guid.NewGuid();
        await Poll.UntilAsync(
            "the job is accepted",
            WorkPatience,
            async () => (job = await TrySubmitAsync(book, key.Value)) is not null,
            Cancel
        );
        return job!;
    }

    /// <summary>The job as the API shows it; null when it is gone. Asks again when it is told to come later.</summary>
    public async Task<JsonElement?> FindAsync(AcceptedJob job)
    {
        JsonElement? found = null;
        await Poll.UntilAsync(
            "the API answers",
            WorkPatience,
            async () =>
            {
                using var answer = await Client.GetAsync($"/api/v1/jobs/{job.Id}", Cancel);
                if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                    return false;
                if (answer.StatusCode != HttpStatusCode.NotFound)
                    found = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancel);
                return true;
            },
            Cancel
        );
        return found;
    }

    public async Task<string> StatusAsync(AcceptedJob job) =>
        (await FindAsync(job))?.GetProperty("status").GetString() ?? "deleted";

    /// <summary>Waits until no accepted job is pending or running.</summary>
    public async Task AllEndAsync(TimeSpan? patience = null)
    {
        foreach (var job in Jobs)
            await Poll.UntilAsync(
                $"{job.Id} has ended\n{Host.Output}",
                patience ?? WorkPatience,
                async () => await StatusAsync(job) is not ("pending" or "running"),
                Cancel
            );
    }

    /// <summary>How many chunks of the job are done.</summary>
    public async Task<int> ChunksAsync(AcceptedJob job) =>
        (await FindAsync(job))!.Value.GetProperty("chunks").GetProperty("done").GetInt32();

    /// <summary>Waits until so many chunks of the job are done.</summary>
    public Task HasChunksAsync(AcceptedJob job, int chunks) =>
        Poll.UntilAsync(
            $"{job.Id} has {chunks} chunks",
            WorkPatience,
            async () => await ChunksAsync(job) >= chunks,
            Cancel
        );

    /// <summary>Waits until the engine was called so often.</summary>
    public Task EngineIsCalledAsync(int times) =>
        Poll.UntilAsync(
            $"the engine was called {times} times",
            WorkPatience,
            () => Task.FromResult(Engine.Calls().Count >= times),
            Cancel
        );

    public async ValueTask DisposeAsync()
    {
        if (_host is { HasExited: false })
        {
            _host.Kill();
            await _host.WaitForExitAsync(CancellationToken.None);
        }

        _host?.Dispose();
        Client.Dispose();
        _folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await Client.GetAsync("/health/ready", Cancel);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
