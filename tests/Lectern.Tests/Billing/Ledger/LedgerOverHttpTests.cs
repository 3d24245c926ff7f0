using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Lectern.Accounts.Passwords;
using Lectern.Host;
using Lectern.SharedKernel.Audit;
using Lectern.Tests.Eventing;
using Lectern.Tests.Host;
using Lectern.Tests.Http;
using Lectern.Tests.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Lectern.Tests.Billing.Ledger;

/// <summary>
/// The whole host on a real port, under many clients at once: a wallet that all of them want to overdraw, and requests
/// that come many times while connections are cut on both sides of the host.
/// </summary>
public sealed class LedgerOverHttpTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly TemporaryFolder _data = new();
    private readonly Random _random = new((int)LedgerProof.Seed);
    private bool _cuts;
    private CuttingProxy _proxy = null!;
    private NpgsqlDataSource _database = null!;
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var name = $"t{Guid.NewGuid():n}";
        await cluster.CreateDatabaseAsync(name);
        _database = NpgsqlDataSource.Create(cluster.ConnectionString(name));
        _proxy = new CuttingProxy(cluster.ConnectionString(name), CutsNow);
        _app = LecternHost.Build(
            new Dictionary<string, string?>
            {
                ["urls"] = "http://127.0.0.1:0",
                ["Lectern:Data:Folder"] = _data.Path,
                ["Lectern:RateLimits:Enabled"] = "false", // all clients come from one address
                ["Lectern:Accounts:ConfirmEmail"] = "false",
                ["Lectern:Jobs:RunningPerWorkspace"] = "1",
                ["ConnectionStrings:Lectern"] = _proxy.ConnectionString,
            },
            Modules.All,
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.Replace(
                    ServiceDescriptor.Singleton(
                        new PasswordHashing(
                            new PasswordHasher<object>(
                                Options.Create(new PasswordHasherOptions { IterationCount = 1 })
                            ),
                            4,
                            100
                        )
                    )
                );
            }
        );
        await _app.StartAsync(Cancel);
        _client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 64 })
        {
            BaseAddress = new Uri(_app.Urls.First()),
        };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await _database.DisposeAsync();
        _proxy.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task Clients_that_race_for_one_wallet_never_overdraw_it_and_never_see_a_fault_of_the_server()
    {
        const int Clients = 32;
        var each = LedgerProof.Count(full: 2_000, small: 20);
        output.WriteLine($"{Clients} clients, {each} holds each");
        var (token, workspace) = await SignUpAsync();
        // So that a quarter of the holds fits; the rest has to be refused.
        var fits = Clients * each / 4;
        var text = new string('a', (int)(20_000_000 / 20 / fits) - 1) + "."; // 20 micro-credits a character
        var statuses = new ConcurrentDictionary<string, int>();

        await Parallel.ForAsync(
            0,
            Clients,
            new ParallelOptions { MaxDegreeOfParallelism = Clients, CancellationToken = Cancel },
            async (_, cancel) =>
            {
                for (var i = 0; i < each; i++)
                {
                    using var answer = await SubmitAsync(token, text, Guid.NewGuid().ToString(), cancel);
                    var outcome = answer.StatusCode == HttpStatusCode.Accepted ? "202" : await answer.RefusalAsync();
                    statuses.AddOrUpdate(outcome, 1, (_, count) => count + 1);
                }
            }
        );

        foreach (var (status, count) in statuses)
            output.WriteLine($"{status}: {count}");
        // Jobs run meanwhile, and what they did not spend may be held again.
        statuses["202"].ShouldBeGreaterThanOrEqualTo(fits);
        statuses.Keys.Order().ShouldBe(["202", "402 insufficient-credits"]);
        (await ScalarAsync("select count(*) from billing.holds where workspace_id = $1", workspace)).ShouldBe(
            statuses["202"]
        );
        await BreachesShouldBeNoneAsync();
    }

    [Fact]
    public async Task A_key_that_many_send_at_once_has_one_effect_and_one_answer_whatever_is_cut()
    {
        const int Twins = 8;
        var keys = LedgerProof.Count(full: 1_000, small: 40);
        output.WriteLine($"seed {LedgerProof.Seed}, {keys} keys, {Twins} twins each");
        var (token, workspace) = await SignUpAsync();
        var hangUps = 0;
        _cuts = true;

        var answers = new ConcurrentDictionary<int, ConcurrentBag<string>>();
        await Parallel.ForAsync(
            0,
            keys,
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancel },
            async (key, cancel) =>
            {
                var bodies = await Task.WhenAll(
                    Enumerable.Range(0, Twins).Select(_ => InsistAsync(token, $"Number {key}.", $"key-{key}", cancel))
                );
                answers[key] = [.. bodies];
            }
        );
        _cuts = false;

        output.WriteLine($"{_proxy.Cuts} connections to Postgres were cut, {hangUps} clients hung up");
        answers.Values.ShouldAllBe(bodies => bodies.Distinct().Count() == 1);
        (await ScalarAsync("select count(*) from jobs.job_view where workspace_id = $1", workspace)).ShouldBe(keys);
        (await ScalarAsync("select count(*) from billing.holds where workspace_id = $1", workspace)).ShouldBe(keys);
        _proxy.Cuts.ShouldBeGreaterThan(0);
        hangUps.ShouldBeGreaterThan(0);
        await BreachesShouldBeNoneAsync();

        // Asks until there is an answer: after a fault of the server, after a twin at work, after it hung up itself.
        async Task<string> InsistAsync(string token, string text, string key, CancellationToken cancel)
        {
            while (true)
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                if (Draw(4) == 0)
                    patience.CancelAfter(TimeSpan.FromMilliseconds(Draw(20)));
                try
                {
                    using var answer = await SubmitAsync(token, text, key, patience.Token);
                    if (answer.StatusCode == HttpStatusCode.Accepted)
                        return await answer.Content.ReadAsStringAsync(patience.Token);
                    ((int)answer.StatusCode).ShouldBeOneOf(409, 503);
                }
                catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
                {
                    Interlocked.Increment(ref hangUps);
                }
            }
        }
    }

    private bool CutsNow() => _cuts && Draw(100) == 0;

    private int Draw(int below)
    {
        lock (_random)
            return _random.Next(below);
    }

    private Task<HttpResponseMessage> SubmitAsync(string token, string text, string key, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs")
        {
            Content = JsonContent.Create(new { text, format = "wav" }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("Idempotency-Key", key);
        return _client.SendAsync(request, cancel);
    }

    private async Task<(string Token, Guid Workspace)> SignUpAsync()
    {
        using var answer = await _client.PostAsJsonAsync(
            "/api/v1/auth/signup",
            new { email = $"{Guid.NewGuid():n}@example.com", password = "three tall ships" },
            Cancel
        );
        var body = await answer.JsonAsync();
        var workspace = (string)body["workspace"]!["id"]!;
        Lectern.SharedKernel.PublicId.TryParse("workspace", workspace, out var id).ShouldBeTrue();
        return ((string)body["tokens"]!["accessToken"]!, id);
    }

    private async Task<long> ScalarAsync(string sql, Guid workspace)
    {
        await using var command = _database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = workspace });
        return (long)(await command.ExecuteScalarAsync(Cancel))!;
    }

    private async Task BreachesShouldBeNoneAsync()
    {
        foreach (var check in _app.Services.GetServices<IAuditCheck>())
            (await check.FindBreachesAsync(Cancel)).ShouldBeEmpty(check.Name);
    }
}
