using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.Eventing;
using Lectern.Host.Http;
using Lectern.Host.Settings;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Mail;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Secrets;
using Lectern.Tests.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Http;

/// <summary>
/// A few modules behind the host's HTTP shell on a database of their own, in memory; without background loops unless a
/// test asks for them. Who signs up is in at once, without a mail, unless the test sets it otherwise.
/// </summary>
public sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TestDatabase _database;
    private readonly DirectoryInfo _blobs;
    private readonly bool _ownsDatabase;

    private ApiHost(WebApplication app, TestDatabase database, DirectoryInfo blobs, Mailbox mail, bool ownsDatabase)
    {
        Mail = mail;
        _ownsDatabase = ownsDatabase;
        _app = app;
        _database = database;
        _blobs = blobs;
        Client = app.GetTestClient();
    }

    public HttpClient Client { get; }

    /// <summary>Reaches the database as its owner.</summary>
    public string ConnectionString => _database.ConnectionString;

    /// <summary>Where the blobs are.</summary>
    public string BlobFolder => _blobs.FullName;

    public IServiceProvider Services => _app.Services;

    /// <summary>What was mailed. Mails are sent by message handlers, so only a host that runs workers sends any.</summary>
    public Mailbox Mail { get; }

    public EventStore Store => Services.GetRequiredService<EventStore>();

    /// <summary>Starts a host.</summary>
    /// <param name="modules">What it has.</param>
    /// <param name="configure">The last word on its services.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="runWorkers">Whether messages are handled.</param>
    /// <param name="limits">Its rate limits; none without.</param>
    /// <param name="twinOf">Another host, whose database it shares; dispose of that one later.</param>
    internal static async Task<ApiHost> StartAsync(
        IReadOnlyList<IModule> modules,
        Action<IServiceCollection>? configure = null,
        IReadOnlyDictionary<string, string?>? settings = null,
        bool runWorkers = false,
        RateLimitSettings? limits = null,
        ApiHost? twinOf = null
    )
    {
        var database =
            twinOf?._database
            ?? await TestDatabase.CreateAsync(model =>
            {
                foreach (var module in modules)
                    module.AddEventing(model);
            });
        var blobs = Directory.CreateTempSubdirectory("lectern-blobs-");
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["Lectern:Accounts:ConfirmEmail"] = "false" }
        );
        builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
        var mail = new Mailbox();
        var http = new HttpSettings();
        // All tests come from one address; those of the limits turn them on.
        builder.AddHttpShell(http, limits ?? new RateLimitSettings { Enabled = false });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new MasterKey(new byte[MasterKey.Length]));
        builder.Services.AddSingleton<IBlobStore>(new LocalBlobStore(blobs.FullName));
        builder.Services.AddSingleton<IMailer>(mail);
        builder.Services.AddSingleton<PageCursor>();
        builder.Services.AddSingleton(new PublicAddress("http://localhost:8080"));
        builder.Services.AddSingleton(new DataFolder(Path.Combine(blobs.FullName, ".data")));
        builder.Services.AddSingleton<MediaToolOptions>();
        builder.Services.AddSingleton<Ffmpeg>();
        var eventing = new EventingBuilder(builder.Services);
        foreach (var module in modules)
        {
            module.AddServices(builder.Services, builder.Configuration);
            module.AddEventing(eventing);
        }

        builder.Services.AddEventing(eventing, _ => database.ConnectionString, runWorkers);
        configure?.Invoke(builder.Services);
        var app = builder.Build();
        app.UseHttpShell(http);
        var api = app.MapGroup("/api/v1");
        foreach (var module in modules)
        {
            module.MapEndpoints(api);
            module.MapRootEndpoints(app);
        }

        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ApiHost(app, database, blobs, mail, ownsDatabase: twinOf is null);
    }

    /// <summary>Sends JSON; the body is any object.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, object body, string? token = null) =>
        SendAsync(HttpMethod.Post, path, body, token);

    /// <summary>Gets a path of the API, with a token if there is one.</summary>
    public Task<HttpResponseMessage> GetAsync(string path, string? token = null) =>
        SendAsync(HttpMethod.Get, path, null, token);

    /// <summary>Deletes at a path of the API.</summary>
    public Task<HttpResponseMessage> DeleteAsync(string path, string? token = null) =>
        SendAsync(HttpMethod.Delete, path, null, token);

    /// <summary>Sends any method, with a JSON body and a token if there are any.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, string? token)
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path);
        if (body is not null)
            request.Content = JsonContent.Create(body, body.GetType());
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        if (_ownsDatabase)
            await _database.DisposeAsync();
        _blobs.Delete(recursive: true);
    }
}

/// <summary>Reads answers.</summary>
public static class Answers
{
    public static async Task<JsonNode> JsonAsync(this HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;

    /// <summary>Status and stable code of a refusal, for example <c>409 email-taken</c>.</summary>
    public static async Task<string> RefusalAsync(this HttpResponseMessage response)
    {
        (response.Content.Headers.ContentType?.MediaType).ShouldBe(
            "application/problem+json",
            $"{response.StatusCode}"
        );
        var problem = await response.JsonAsync();
        return $"{(int)response.StatusCode} {problem["code"]}";
    }
}
