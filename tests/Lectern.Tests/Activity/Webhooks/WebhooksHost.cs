using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Mail;
using Lectern.Tests.Host;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;
using Lectern.Tests.Voices;
using Lectern.Voices.Contracts;
using Lectern.Voices.Lexicons;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Lectern.Tests.Activity.Webhooks;

/// <summary>
/// The whole host, which may reach 127.0.0.1 and nothing else, tries four times in seconds, and hangs up after one; and
/// somebody's server.
/// </summary>
public sealed class WebhooksHost : WholeHost
{
    /// <summary>Failed tries before a delivery is given up.</summary>
    public const int Tries = 4;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal Receiver Receiver { get; private set; } = null!;

    internal Mailbox Mail { get; } = new();

    internal EventStore Store => Services.GetRequiredService<EventStore>();

    protected override IReadOnlyDictionary<string, string?> Settings { get; } =
        new Dictionary<string, string?>
        {
            ["Lectern:UserUrls:AllowHttp"] = "true",
            ["Lectern:UserUrls:AllowedNetworks:0"] = "127.0.0.1/32",
            ["Lectern:Webhooks:RetryDelays:0"] = "00:00:00.05",
            ["Lectern:Webhooks:RetryDelays:1"] = "00:00:00.05",
            ["Lectern:Webhooks:RetryDelays:2"] = "00:00:00.05",
            ["Lectern:Webhooks:Timeout"] = "00:00:01",
        };

    public override async ValueTask InitializeAsync()
    {
        Receiver = await Receiver.StartAsync();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Receiver.DisposeAsync();
    }

    protected override void Configure(WebApplicationBuilder builder)
    {
        var parrot = new FakeEngine("parrot", FakeEngine.Voice("parrot-polly", "en", VoiceGender.Neutral));
        builder.Services.Replace(ServiceDescriptor.Singleton(new EngineSet([parrot])));
        builder.Services.Replace(ServiceDescriptor.Singleton<IMailer>(Mail));
    }

    /// <summary>Somebody with a workspace.</summary>
    internal async Task<(Person Person, string Email)> SignUpAsync()
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        return (await RegisterAsync(email), email);
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
}

/// <summary>Tests that share the one host; they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class WebhooksHostCollection : ICollectionFixture<WebhooksHost>
{
    public const string Name = "webhooks";
}
