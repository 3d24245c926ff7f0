using System.Net.Http.Json;
using Lectern.Host;
using Lectern.SharedKernel;
using Lectern.Tests.Accounts;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;
using Lectern.Tests.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Lectern.Tests.Host;

/// <summary>
/// The whole host with all modules and workers, on a real port and a database of its own, which it migrates itself.
/// Passwords are hashed cheaply, and whoever signs up is in at once.
/// </summary>
public abstract class WholeHost : IAsyncLifetime
{
    private readonly TemporaryFolder _data = new();
    private readonly Stack<WebApplication> _apps = new();
    private NpgsqlDataSource _database = null!;

    /// <summary>Of everybody who signs up here.</summary>
    internal const string Password = SignedUp.Password;

    internal string DataFolder => _data.Path;

    internal string ConnectionString { get; private set; } = "";

    /// <summary>Of the first host.</summary>
    public IServiceProvider Services => App.Services;

    /// <summary>Calls the first host.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <summary>The first host.</summary>
    protected WebApplication App { get; private set; } = null!;

    /// <summary>What these tests set besides.</summary>
    protected abstract IReadOnlyDictionary<string, string?> Settings { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var name = $"t{Guid.NewGuid():n}";
        await cluster.CreateDatabaseAsync(name);
        ConnectionString = cluster.ConnectionString(name);
        _database = NpgsqlDataSource.Create(ConnectionString);
        App = await StartAsync(Settings);
        Client = ClientOf(App);
    }

    /// <summary>The last word on what is registered.</summary>
    protected virtual void Configure(WebApplicationBuilder builder) { }

    /// <summary>Starts a host on the database.</summary>
    protected async Task<WebApplication> StartAsync(IReadOnlyDictionary<string, string?> settings)
    {
        var app = LecternHost.Build(
            new Dictionary<string, string?>(settings)
            {
                ["urls"] = "http://127.0.0.1:0",
                ["Lectern:Data:Folder"] = _data.Path,
                ["Lectern:RateLimits:Enabled"] = "false", // all tests come from one address
                ["Lectern:Accounts:ConfirmEmail"] = "false",
                ["ConnectionStrings:Lectern"] = ConnectionString,
            },
            Modules.All,
            builder =>
            {
                builder.Logging.ClearProviders();
                SignedUp.QuickPasswords(builder.Services);
                Configure(builder);
            }
        );
        _apps.Push(app);
        await app.StartAsync(Cancel);
        return app;
    }

    /// <summary>Sends what it is told, and follows no redirect.</summary>
    protected static HttpClient ClientOf(WebApplication app) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(app.Urls.First()) };

    /// <summary>A new person with a workspace, who calls the first host.</summary>
    private protected async Task<Person> RegisterAsync(string? email = null, string? name = null)
    {
        using var answer = await Client.PostAsJsonAsync(
            "/api/v1/auth/signup",
            new
            {
                email = email ?? $"{Guid.NewGuid():n}@example.com",
                password = Password,
                name,
            },
            Cancel
        );
        var body = await answer.JsonAsync();
        PublicId.TryParse("workspace", (string)body["workspace"]!["id"]!, out var workspace).ShouldBeTrue();
        return new Person(Client, (string)body["tokens"]!["accessToken"]!, workspace);
    }

    /// <summary>What the database says, asked past row security.</summary>
    internal Task<T> ScalarAsync<T>(string sql, params object[] values) => _database.ScalarAsync<T>(sql, values);

    /// <summary>Changes the database past row security.</summary>
    internal Task ExecuteAsync(string sql, params object[] values) => _database.ExecuteAsync(sql, values);

    public virtual async ValueTask DisposeAsync()
    {
        Client.Dispose();
        foreach (var app in _apps)
        {
            await app.StopAsync(CancellationToken.None);
            await app.DisposeAsync();
        }

        await _database.DisposeAsync();
        _data.Dispose();
        GC.SuppressFinalize(this);
    }
}
