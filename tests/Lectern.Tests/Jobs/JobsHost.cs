using System.Net.Http.Json;
using Lectern.Accounts.Passwords;
using Lectern.Host;
using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.SharedKernel;
using Lectern.Tests.Host;
using Lectern.Tests.Http;
using Lectern.Tests.Postgres;
using Lectern.Tests.Voices;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Lectern.Tests.Jobs;

/// <summary>
/// The whole host with all modules and workers, on a real port, a real Postgres and the real flite and ffmpeg. Passwords
/// are hashed cheaply, and the engine can be watched.
/// </summary>
public sealed class JobsHost : IAsyncLifetime
{
    private readonly TemporaryFolder _data = new();
    private readonly WatchedEngine _engine = new(new FliteEngine(new LocalEngineOptions()));
    private readonly WatchedEngine _cloud = new(new CloudEngine(new FliteEngine(new LocalEngineOptions())));
    private readonly FakeEngine _parrot = new("parrot", FakeEngine.Voice("parrot-polly", "en", VoiceGender.Neutral));
    private WebApplication _app = null!;
    private NpgsqlDataSource _database = null!;

    /// <summary>Two places, so that a third job waits.</summary>
    public const int Places = 2;

    /// <summary>A voice whose engine was there at the start and is gone now.</summary>
    public const string UnavailableVoice = "parrot-polly";

    internal WatchedEngine Engine => _engine;

    /// <summary>A service.</summary>
    internal WatchedEngine Cloud => _cloud;

    /// <summary>Of everybody who signs up here.</summary>
    internal const string Password = "three tall ships";

    internal string DataFolder => _data.Path;

    internal string ConnectionString { get; private set; } = "";

    internal string BlobFolder => Path.Combine(_data.Path, "blobs");

    public IServiceProvider Services => _app.Services;

    public HttpClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var name = $"t{Guid.NewGuid():n}";
        await cluster.CreateDatabaseAsync(name);
        var connection = cluster.ConnectionString(name);
        ConnectionString = connection;
        _database = NpgsqlDataSource.Create(connection);
        _app = LecternHost.Build(
            new Dictionary<string, string?>
            {
                ["urls"] = "http://127.0.0.1:0",
                ["Lectern:Data:Folder"] = _data.Path,
                ["Lectern:RateLimits:Enabled"] = "false", // all tests come from one address
                ["Lectern:Accounts:ConfirmEmail"] = "false",
                ["Lectern:Jobs:RunningPerWorkspace"] = $"{Places}",
                ["Lectern:Jobs:RenderParallelism"] = "4",
                ["Lectern:Providers:OpenAiUrl"] = "http://127.0.0.1:9/", // nobody is there
                ["ConnectionStrings:Lectern"] = connection,
            },
            Modules.All,
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.Replace(ServiceDescriptor.Singleton(new EngineSet([_engine, _cloud, _parrot])));
                builder.Services.Replace(ServiceDescriptor.Singleton(new PasswordHashing(new QuickHasher(), 4, 100)));
            }
        );
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _parrot.Unavailable = "It has flown.";
        await Services
            .GetRequiredService<VoiceCatalogue>()
            .RefreshAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(_app.Urls.First()),
        };

        // The first job of all measures the voice's loudness; then the engine is asked for chunks only.
        var person = await SignUpAsync();
        await person.MakeAsync("We are ready.");
    }

    /// <summary>A new person with a workspace and 20 credits.</summary>
    internal async Task<Person> SignUpAsync(string? email = null, string? name = null)
    {
        using var answer = await Client.PostAsJsonAsync(
            "/api/v1/auth/signup",
            new
            {
                email = email ?? $"{Guid.NewGuid():n}@example.com",
                password = Password,
                name,
            },
            TestContext.Current.CancellationToken
        );
        var body = await answer.JsonAsync();
        var publicId = (string)body["workspace"]!["id"]!;
        PublicId.TryParse(publicId.Split('_')[0], publicId, out var workspace).ShouldBeTrue();
        var person = new Person(Client, (string)body["tokens"]!["accessToken"]!, workspace);
        await Eventually.IsAsync(
            async () => (string?)(await person.JsonAsync("/credits"))["available"],
            available => available == "20",
            "the credits are granted"
        );
        return person;
    }

    /// <summary>Somebody who administers the platform.</summary>
    internal async Task<Person> PlatformAdminAsync()
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        var person = await SignUpAsync(email);
        await ExecuteAsync("update accounts.people set platform_admin = true where email_normalized = $1", email);
        using var answer = await Client.PostAsJsonAsync(
            "/api/v1/auth/login",
            new { email, password = Password },
            TestContext.Current.CancellationToken
        );
        return new Person(Client, (string)(await answer.JsonAsync())["accessToken"]!, person.Workspace);
    }

    /// <summary>What the database says, asked past row security.</summary>
    internal async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = _database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    /// <summary>Changes the database past row security.</summary>
    internal async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = _database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await _database.DisposeAsync();
        _data.Dispose();
    }

    /// <summary>The real format with one round.</summary>
    private sealed class QuickHasher()
        : PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = 1 }));
}

/// <summary>Tests that share the one host; they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class JobsHostCollection : ICollectionFixture<JobsHost>
{
    public const string Name = "jobs over HTTP";
}
