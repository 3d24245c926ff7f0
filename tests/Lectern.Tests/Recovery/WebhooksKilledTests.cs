using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Lectern.Eventing;
using Lectern.Host;
using Lectern.SharedKernel;
using Lectern.Tests.Activity.Webhooks;
using Lectern.Tests.Postgres;
using Lectern.Tests.SharedKernel.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Lectern.Tests.Recovery;

/// <summary>
/// Hosts and Postgres die while webhooks are told, and three in ten tries fail. Every event ends for every endpoint, under
/// one id. A few of each here; as many as <c>LECTERN_WEBHOOK_EVENTS</c> and <c>LECTERN_WEBHOOK_KILLS</c> say under
/// <c>bench/chaos webhooks</c>.
/// </summary>
public sealed class WebhooksKilledTests(ITestOutputHelper output)
{
    private const int Endpoints = 4;
    private const int EventsAtOnce = 20;

    /// <summary>The first, and one after each of the delays.</summary>
    private const int Tries = 5;

    /// <summary>Where redirects lead that could be followed; others lead to an inner address.</summary>
    private const string Followed = "/followed";

    /// <summary>For which there is no status: the connection is reset.</summary>
    private const int HungUp = 599;

    private static readonly string[] Wanted = ["lexicon.*"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_dies_every_event_ends_for_every_endpoint()
    {
        var (events, kills) = (Variable("LECTERN_WEBHOOK_EVENTS", 180), Variable("LECTERN_WEBHOOK_KILLS", 2));
        using var inner = new CountingListener("127.0.0.2");
        await using var receiver = await Receiver.StartAsync();
        await using var cluster = await PostgresCluster.StartAsync();
        await using var installation = await Installation.CreateAsync(cluster, Settings());
        await using var database = NpgsqlDataSource.Create(installation.ConnectionString);
        var secrets = await WebhooksAsync(installation, receiver, inner);
        var workspace = Guid.Parse(
            await TextAsync(database, "select workspace_id::text from activity.webhooks limit 1")
        );
        var running = Stopwatch.StartNew();

        using var writer = Writer(installation.ConnectionString);
        var portion = events / (kills + 1);
        for (var kill = 1; kill <= kills; kill++)
        {
            var before = receiver.All.Count;
            var happening = HappenAsync(writer, database, workspace, portion * kill);
            await Poll.UntilAsync(
                $"half of what happens has arrived, and the other half is under way\n{installation.Host.Output}",
                TimeSpan.FromSeconds(60),
                () => Task.FromResult(receiver.All.Count >= before + (portion * Endpoints / 2)),
                Cancel
            );
            if (kill % 10 == 2)
                await installation.CrashDatabaseAsync(cluster, kill: true, () => Task.Delay(200, Cancel));
            await installation.KillAsync();
            await happening;
            await installation.StartAsync();
        }

        await HappenAsync(writer, database, workspace, events);
        await Poll.UntilAsync(
            "every delivery has ended",
            TimeSpan.FromMinutes(3),
            async () =>
                await TextAsync(
                    database,
                    "select format('%s %s', count(*), count(*) filter (where status = 'pending')) from activity.webhook_deliveries"
                ) == $"{events * Endpoints} 0",
            Cancel
        );

        var ended = await DeliveriesAsync(database);
        var all = receiver.All;
        var accepted = all.Where(each => each.Answered == 204).Select(each => (each.Path, each.Id)).ToHashSet();
        ended
            .Where(each => each.Status == "delivered")
            .Select(each => (each.Path, each.Id))
            .Except(accepted)
            .ShouldBeEmpty("what counts as delivered was accepted by its receiver, under the event's id");
        ended.ShouldAllBe(each => each.Status == "delivered" || each.Status == "exhausted");
        var delivered = ended.Count(each => each.Status == "delivered");
        delivered.ShouldBeGreaterThan(ended.Count * 95 / 100); // seven in ten tries succeed, and there are five
        var arrivals = all.CountBy(each => (each.Path, each.Id)).ToDictionary();
        ended
            .Where(each => each.Status == "exhausted" && arrivals.GetValueOrDefault((each.Path, each.Id)) < Tries)
            .ShouldBeEmpty("what was given up had been tried as often as is promised");
        receiver.At(Followed).ShouldBeEmpty("no redirect is followed");
        all.Select(each => each.Id).Distinct().Count().ShouldBe(events);
        all.ShouldAllBe(each => each.IsSignedWith(secrets[each.Path]));
        inner.Connections.ShouldBe(0);
        var twice = all.Count - await LongAsync(database, "select count(*) from activity.webhook_attempts");
        output.WriteLine(
            $"""
            {events} events for {Endpoints} endpoints, {kills} hosts and {(kills + 8)
                / 10} times Postgres killed, {running.Elapsed.TotalSeconds:0} s:
            {delivered} delivered, {ended.Count - delivered} exhausted, of {ended.Count}
            {all.Count} tries arrived, {twice} of them without being written down, so they came again
            {all.Count(each => each.Answered is 302 or 307)} redirects, none of them followed; {inner.Connections} connections to inner addresses
            """
        );
    }

    private static Dictionary<string, string> Settings() =>
        new()
        {
            ["Lectern__UserUrls__AllowHttp"] = "true",
            ["Lectern__UserUrls__AllowedNetworks__0"] = "127.0.0.1/32",
            ["Lectern__Webhooks__Timeout"] = "00:00:02",
            ["Lectern__Webhooks__PerEndpoint"] = "8",
            ["Lectern__Webhooks__RetryDelays__0"] = "00:00:00.1",
            ["Lectern__Webhooks__RetryDelays__1"] = "00:00:00.2",
            ["Lectern__Webhooks__RetryDelays__2"] = "00:00:00.3",
            ["Lectern__Webhooks__RetryDelays__3"] = "00:00:00.4",
        };

    private static async Task<Dictionary<string, string>> WebhooksAsync(
        Installation installation,
        Receiver receiver,
        CountingListener inner
    )
    {
        var secrets = new Dictionary<string, string>();
        var tries = new ConcurrentDictionary<string, int>();
        for (var i = 0; i < Endpoints; i++)
        {
            var path = $"/endpoint-{i}";
            receiver.On(
                path,
                (http, _) =>
                {
                    var told = $"{path}/{http.Request.Headers["webhook-id"]}";
                    var status = Answer(told, tries.AddOrUpdate(told, 1, (_, before) => before + 1));
                    http.Response.StatusCode = status;
                    if (status == HungUp)
                        http.Abort();
                    if (status == 302)
                        http.Response.Headers.Location = receiver.Url + Followed;
                    if (status == 307)
                        http.Response.Headers.Location = $"http://127.0.0.2:{inner.Port}/";
                    return Task.CompletedTask;
                }
            );
            using var made = await installation.Client.PostAsJsonAsync(
                "/api/v1/webhooks",
                new { url = receiver.Url + path, events = Wanted },
                Cancel
            );
            var body = await made.Content.ReadFromJsonAsync<JsonElement>(Cancel);
            made.IsSuccessStatusCode.ShouldBeTrue($"{body}");
            secrets[path] = body.GetProperty("secret").GetString()!;
        }

        return secrets;
    }

    /// <summary>Three in ten tries fail, in one way or another.</summary>
    private static int Answer(string told, int tries)
    {
        var hash = 17u;
        foreach (var c in $"{told}/{tries}")
            hash = (hash * 31) + c;
        hash = (hash ^ (hash >> 15)) * 2654435761u; // one try says nothing about the next
        hash ^= hash >> 13;
        return (hash % 1000) switch
        {
            < 100 => 500,
            < 150 => 503,
            < 200 => 404,
            < 225 => 302,
            < 250 => 307,
            < 300 => HungUp,
            _ => 204,
        };
    }

    /// <summary>Another host, which isn't killed; but its database is.</summary>
    private static IHost Writer(string connectionString) =>
        TestDatabase.BuildHost(
            connectionString,
            model =>
            {
                foreach (var module in Modules.All)
                    module.AddEventing(model);
            }
        );

    /// <summary>Things happen until there are so many events.</summary>
    private static async Task HappenAsync(IHost writer, NpgsqlDataSource database, Guid workspace, int until)
    {
        var store = writer.Services.GetRequiredService<EventStore>();
        await Poll.UntilAsync(
            $"there are {until} events",
            TimeSpan.FromSeconds(60),
            async () =>
            {
                try
                {
                    // What was written when Postgres died is there or not; only the log knows.
                    var there = await LongAsync(
                        database,
                        "select count(*) from eventing.events where type = 'voices.lexicon_described.v1'"
                    );
                    if (there < until)
                        await WebhooksHost.HappenAsync(
                            store,
                            workspace,
                            (int)Math.Min(EventsAtOnce, until - there),
                            Cancel
                        );
                    return there >= until;
                }
                catch (NpgsqlException)
                {
                    return false;
                }
            },
            Cancel
        );
    }

    private static async Task<List<(string Path, string Id, string Status)>> DeliveriesAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            """
            select '/' || split_part(w.url, '/', 4), d.event_id, d.status
            from activity.webhook_deliveries d join activity.webhooks w on w.id = d.webhook_id
            """
        );
        await using var row = await command.ExecuteReaderAsync(Cancel);
        var found = new List<(string, string, string)>();
        while (await row.ReadAsync(Cancel))
            found.Add((row.GetString(0), PublicId.Format("event", row.GetGuid(1)), row.GetString(2)));
        return found;
    }

    private static async Task<string> TextAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync(Cancel))!;
    }

    private static async Task<long> LongAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancel))!;
    }

    private static int Variable(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value)
            ? value
            : usual;
}
