using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.Accounts.Passwords;
using Lectern.Eventing;
using Lectern.Host;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Mail;
using Lectern.Tests.Host;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;
using Lectern.Tests.Postgres;
using Lectern.Tests.Voices;
using Lectern.Voices.Contracts;
using Lectern.Voices.Lexicons;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Lectern.Tests.Activity.Webhooks;

/// <summary>
/// The whole host with its workers, which may reach 127.0.0.1 and nothing else, tries four times in seconds, and hangs up
/// after one; and somebody's server.
/// </summary>
public sealed class WebhooksHost : IAsyncLifetime
{
    private const string Passphrase = "three tall ships";

    private readonly TemporaryFolder _data = new();
    private WebApplication _app = null!;
    private NpgsqlDataSource _database = null!;

    /// <summary>Failed tries before a delivery is given up.</summary>
    public const int Tries = 4;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal Receiver Receiver { get; private set; } = null!;

    internal Mailbox Mail { get; } = new();

    internal HttpClient Client { get; private set; } = null!;

    internal IServiceProvider Services => _app.Services;

    internal EventStore Store => Services.GetRequiredService<EventStore>();

    public async ValueTask InitializeAsync()
    {
        Receiver = await Receiver.StartAsync();
        var cluster = await PostgresCluster.SharedAsync();
        var name = $"t{Guid.NewGuid():n}";
        await cluster.CreateDatabaseAsync(name);
        _database = NpgsqlDataSource.Create(cluster.ConnectionString(name));
        _app = LecternHost.Build(
            new Dictionary<string, string?>
            {
                ["urls"] = "http://127.0.0.1:0",
                ["Lectern:Data:Folder"] = _data.Path,
                ["Lectern:RateLimits:Enabled"] = "false", // all tests come from one address
                ["Lectern:Accounts:ConfirmEmail"] = "false",
                ["Lectern:UserUrls:AllowHttp"] = "true",
                ["Lectern:UserUrls:AllowedNetworks:0"] = "127.0.0.1/32",
                ["Lectern:Webhooks:RetryDelays:0"] = "00:00:00.05",
                ["Lectern:Webhooks:RetryDelays:1"] = "00:00:00.05",
                ["Lectern:Webhooks:RetryDelays:2"] = "00:00:00.05",
                ["Lectern:Webhooks:Timeout"] = "00:00:01",
                ["ConnectionStrings:Lectern"] = cluster.ConnectionString(name),
            },
            Modules.All,
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.Replace(
                    ServiceDescriptor.Singleton(
                        new EngineSet([
                            new FakeEngine("parrot", FakeEngine.Voice("parrot-polly", "en", VoiceGender.Neutral)),
                        ])
                    )
                );
                builder.Services.Replace(ServiceDescriptor.Singleton<IMailer>(Mail));
                builder.Services.Replace(ServiceDescriptor.Singleton(new PasswordHashing(new QuickHasher(), 4, 100)));
            }
        );
        await _app.StartAsync(Cancel);
        Client = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await Receiver.DisposeAsync();
        await _database.DisposeAsync();
        _data.Dispose();
    }

    /// <summary>Somebody with a workspace.</summary>
    internal async Task<(Person Person, string Email)> SignUpAsync()
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        using var answer = await Client.PostAsJsonAsync(
            "/api/v1/auth/signup",
            new { email, password = Passphrase },
            Cancel
        );
        var body = await answer.JsonAsync();
        PublicId.TryParse("workspace", (string)body["workspace"]!["id"]!, out var workspace).ShouldBeTrue();
        return (new Person(Client, (string)body["tokens"]!["accessToken"]!, workspace), email);
    }

    /// <summary>A webhook on the receiver: its id and its secret.</summary>
    internal async Task<(string Id, string Secret)> NewWebhookAsync(
        Person person,
        string path,
        string? url = null,
        params string[] events
    )
    {
        using var made = await person.SendAsync(
            HttpMethod.Post,
            "/webhooks",
            JsonContent.Create(
                new { url = url ?? Receiver.Url + path, events = events.Length > 0 ? events : ["lexicon.*"] }
            )
        );
        made.StatusCode.ShouldBe(HttpStatusCode.Created, await made.Content.ReadAsStringAsync(Cancel));
        var body = await made.JsonAsync();
        return ((string)body["webhook"]!["id"]!, (string)body["secret"]!);
    }

    /// <summary>Things happen in a workspace: a lexicon is described so often. Gives the events' ids.</summary>
    internal Task<List<string>> HappenAsync(Person person, int times = 1, string actor = "system") =>
        HappenAsync(Store, person.Workspace, times, Cancel, actor);

    internal static async Task<List<string>> HappenAsync(
        EventStore store,
        Guid workspace,
        int times,
        CancellationToken cancel,
        string actor = "system"
    )
    {
        var lexicon = store.NewId();
        var context = new SessionContext(workspace, actor, lexicon);
        await using var session = store.OpenWorkerSession(context);
        session.StartStream<LexiconState>(
            lexicon,
            [.. Enumerable.Range(0, times).Select(_ => new LexiconDescribed("en"))]
        );
        await session.SaveChangesAsync(cancel);
        await using var reading = store.OpenWorkerSession(context);
        return
        [
            .. (await reading.ReadStreamAsync(lexicon, 0, times, cancel)).Select(stored =>
                PublicId.Format("event", stored.Id)
            ),
        ];
    }

    /// <summary>The newest delivery of a webhook, with its tries, once it has ended.</summary>
    internal static Task<JsonNode> EndedAsync(Person person, string webhook) =>
        Eventually.IsAsync(
            async () =>
            {
                var list = await person.JsonAsync($"/webhooks/{webhook}/deliveries");
                return list["items"]!.AsArray() is [{ } newest, ..]
                    ? await person.JsonAsync($"/webhooks/{webhook}/deliveries/{newest["id"]}")
                    : new JsonObject { ["delivery"] = new JsonObject { ["status"] = "none" } };
            },
            found => (string?)found["delivery"]!["status"] is not ("none" or "pending"),
            "the delivery has ended"
        );

    internal async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = _database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync(Cancel))!;
    }

    internal async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = _database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>The real format with one round.</summary>
    private sealed class QuickHasher()
        : PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = 1 }));
}

/// <summary>Tests that share the one host; they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class WebhooksHostCollection : ICollectionFixture<WebhooksHost>
{
    public const string Name = "webhooks";
}
