using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Lectern.Eventing;
using Lectern.Host;
using Lectern.SharedKernel;
using Lectern.Tests.Postgres;
using Lectern.Tests.Recovery;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Activity.Live;

/// <summary>What a thousand clients cost a host, and how soon two hundred hear. It measures, so it runs when it is asked for.</summary>
public sealed class LiveLoadTests(ITestOutputHelper output)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task A_thousand_clients_take_little_memory_and_two_hundred_hear_soon()
    {
        await using var installation = await Installation.CreateAsync(
            await PostgresCluster.SharedAsync(),
            new Dictionary<string, string>
            {
                ["Lectern__Live__ConnectionsPerCaller"] = "2000",
                ["Lectern__Live__ConnectionsPerWorkspace"] = "2000",
            }
        );
        var me = await installation.Client.GetFromJsonNodeAsync("/api/v1/me");
        PublicId.TryParse("workspace", (string)me["workspace"]!, out var workspace).ShouldBeTrue($"{me}");
        using var writer = TestDatabase.BuildHost(
            installation.ConnectionString,
            model =>
            {
                foreach (var module in Modules.All)
                    module.AddEventing(model);
            },
            services => services.AddLogging()
        );
        var store = writer.Services.GetRequiredService<EventStore>();
        var job = await MakeJobAsync(store, workspace);

        var version = 1;
        Report("before");
        var clients = new List<RawClient>();
        for (var i = 0; i < 200; i++)
            clients.Add(await RawClient.OpenAsync(installation, i % 2 == 0));
        Report("200 clients");
        await AppendAsync("200 clients, 100 events/s for 10 s", 10);
        for (var i = 200; i < 1000; i++)
            clients.Add(await RawClient.OpenAsync(installation, i % 2 == 0));
        Report("1,000 clients");
        await AppendAsync("1,000 clients, 20 events/s for 60 s", 60, perSecond: 20);
        Report("1,000 clients after a minute of events");
        clients.ForEach(client => client.Dispose());

        void Report(string when) =>
            output.WriteLine($"{when}: {ResidentMegabytes(installation.Host.Id):0.0} MB resident");

        async Task AppendAsync(string what, int seconds, int perSecond = 100)
        {
            clients.ForEach(client => client.Latencies.Clear());
            var started = Stopwatch.StartNew();
            for (var i = 0; i < seconds * perSecond; i++)
            {
                var wait = TimeSpan.FromSeconds((double)i / perSecond) - started.Elapsed;
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait, Cancel);
                await using var session = store.OpenSession(ContextOf(workspace));
                session.Append<Lectern.Jobs.Job>(job, version++, LiveHost.Chunk(i));
                await session.SaveChangesAsync(Cancel);
            }

            var all = seconds * perSecond * clients.Count;
            await Poll.UntilAsync(
                "all have heard all",
                TimeSpan.FromSeconds(60),
                () => Task.FromResult(clients.Sum(client => client.Count) >= all),
                Cancel
            );
            var latencies = clients.SelectMany(client => client.Latencies).Order().ToList();
            output.WriteLine(
                $"{what}: {latencies.Count} heard, p50 {At(0.5):0.0} ms, p95 {At(0.95):0.0} ms, p99 {At(0.99):0.0} ms"
            );

            double At(double share) => latencies[(int)(latencies.Count * share)];
        }
    }

    private static SessionContext ContextOf(Guid workspace) => new(workspace, "system", Guid.CreateVersion7());

    private static async Task<Guid> MakeJobAsync(EventStore store, Guid workspace)
    {
        var job = Guid.CreateVersion7();
        await using var session = store.OpenSession(ContextOf(workspace));
        session.StartStream<Lectern.Jobs.Job>(
            job,
            new Lectern.Jobs.Contracts.JobSubmitted(
                "audiobook",
                "flite-slt",
                "wav",
                0,
                9,
                Guid.CreateVersion7(),
                1,
                "1"
            )
        );
        await session.SaveChangesAsync(Cancel);
        return job;
    }

    private static double ResidentMegabytes(int process) =>
        double.Parse(
            File.ReadLines($"/proc/{process}/status")
                .Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
            CultureInfo.InvariantCulture
        ) / 1024;

    /// <summary>A client that costs little itself: it looks for the time in what comes and throws the rest away.</summary>
    private sealed class RawClient : IDisposable
    {
        private static readonly byte[] At = "\"at\":\""u8.ToArray();

        private readonly Socket _socket;

        private RawClient(Socket socket) => _socket = socket;

        /// <summary>Milliseconds from the append, by the database's clock, which is this machine's.</summary>
        public List<double> Latencies { get; } = new(2000);

        public int Count => Latencies.Count;

        public static async Task<RawClient> OpenAsync(Installation installation, bool webSocket)
        {
            var address = installation.Client.BaseAddress!;
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(address.Host, address.Port, Cancel);
            var token = installation.Client.DefaultRequestHeaders.Authorization!.Parameter;
            var path = webSocket ? "/ws/jobs?type=job.chunk_done" : "/api/v1/events/live?type=job.chunk_done";
            var upgrade = webSocket
                ? "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                : "";
            var request =
                $"GET {path} HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {token}\r\n{upgrade}\r\n";
            await socket.SendAsync(Encoding.ASCII.GetBytes(request), Cancel);
            var client = new RawClient(socket);
            var begun = new TaskCompletionSource();
            _ = client.ReadAsync(begun);
            await begun.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
            return client;
        }

        public void Dispose() => _socket.Dispose();

        private async Task ReadAsync(TaskCompletionSource begun)
        {
            var buffer = new byte[16 * 1024];
            try
            {
                for (var kept = 0; await _socket.ReceiveAsync(buffer.AsMemory(kept), Cancel) is var count and > 0; )
                {
                    begun.TrySetResult();
                    var now = DateTimeOffset.UtcNow;
                    var rest = buffer.AsSpan(0, kept + count);
                    while (rest.IndexOf(At) is var at and >= 0 && rest.Length >= at + 40)
                    {
                        var text = Encoding.ASCII.GetString(rest.Slice(at + At.Length, 33));
                        var then = DateTimeOffset.Parse(text[..text.IndexOf('"')], CultureInfo.InvariantCulture);
                        Latencies.Add((now - then).TotalMilliseconds);
                        rest = rest[(at + 40)..];
                    }

                    kept = Math.Min(rest.Length, 60);
                    rest[^kept..].CopyTo(buffer);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException) { }
        }
    }
}

internal static class JsonOfClient
{
    public static async Task<System.Text.Json.Nodes.JsonNode> GetFromJsonNodeAsync(
        this HttpClient client,
        string path
    ) =>
        System.Text.Json.Nodes.JsonNode.Parse(
            await client.GetStringAsync(path, TestContext.Current.CancellationToken)
        )!;
}
