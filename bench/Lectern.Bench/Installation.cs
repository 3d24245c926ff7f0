using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Lectern.Accounts;
using Lectern.Accounts.People;
using Lectern.Accounts.Tokens;
using Lectern.Billing;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Secrets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Bench;

/// <summary>An account with a wallet full of credits.</summary>
internal sealed record BenchAccount(Guid Workspace, string Token);

/// <summary>
/// What an installation of Lectern consists of (a database, a data folder, a master key), the real hosts that run on it,
/// and people who signed up without the 100 ms of password hashing that each of them would cost.
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    private static readonly string HostProgram = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "../../../../../src/Host/bin/Release/net10.0/lectern.dll")
    );
    private readonly string _masterKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(MasterKey.Length));
    private readonly ServiceProvider _services;

    private Installation(string name, string connectionString)
    {
        Name = name;
        ConnectionString = connectionString;
        Plain = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = 10, CommandTimeout = 0 }
        );
        var settings = new Dictionary<string, string?>
        {
            ["Lectern:Billing:SignUpCredits"] = "1000000",
            ["Lectern:Accounts:AccessTokenMinutes"] = "60",
        };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new MasterKey(Convert.FromBase64String(_masterKey)));
        var model = new EventingBuilder(services);
        foreach (IModule module in (IModule[])[new AccountsModule(), new BillingModule()])
        {
            module.AddServices(services, configuration);
            module.AddEventing(model);
        }

        services.AddEventing(model, _ => connectionString, runWorkers: false);
        _services = services.BuildServiceProvider();
    }

    public string Name { get; }

    public string ConnectionString { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("lectern-bench-data-").FullName;

    /// <summary>Connections of the database's owner.</summary>
    public NpgsqlDataSource Plain { get; }

    /// <summary>The services of Accounts and Billing, as the host registers them.</summary>
    public IServiceProvider Services => _services;

    /// <summary>On a new database, which the first host brings to its schema.</summary>
    public static async Task<Installation> CreateAsync(Postgres postgres)
    {
        var name = await postgres.EmptyDatabaseAsync();
        return new Installation(name, postgres.ConnectionString(name));
    }

    /// <summary>Starts <c>lectern serve</c> from the Release build, with the settings that it ships with but for those given.</summary>
    /// <param name="settings">As in docs/configuration.md, without <c>Lectern__</c>.</param>
    /// <param name="firstGet">It is ready when this was answered.</param>
    /// <param name="token">A token for it.</param>
    public Task<ChildProcess> StartHostAsync(
        IReadOnlyDictionary<string, string>? settings = null,
        string firstGet = "/health/ready",
        string? token = null
    )
    {
        var environment = (settings ?? new Dictionary<string, string>()).ToDictionary(
            s => "Lectern__" + s.Key,
            s => s.Value
        );
        // The load comes from one address. The limits are counted all the same, for that is part of the price of a request.
        foreach (var limit in (string[])["Address", "Caller", "Workspace", "SignIn"])
        foreach (var bound in (string[])["PerMinute", "Burst"])
            environment[$"Lectern__RateLimits__{limit}{bound}"] = "10000000";
        environment["ConnectionStrings__Lectern"] = ConnectionString;
        environment["Lectern__Data__Folder"] = Folder;
        environment["Lectern__Secrets__MasterKey"] = _masterKey;
        return ChildProcess.StartAsync(environment, $"{Folder}/log", firstGet, token, HostProgram, "serve");
    }

    /// <summary>Signs people up as the endpoint does, but without a usable password.</summary>
    public async Task<BenchAccount[]> SignUpAsync(int count)
    {
        var store = _services.GetRequiredService<EventStore>();
        var tokens = _services.GetRequiredService<AccessTokens>();
        var newAccounts = _services.GetRequiredService<NewAccounts>();
        var accounts = new BenchAccount[count];
        await Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (i, cancel) =>
            {
                var (session, member) = newAccounts.Open(
                    new NewAccount($"{Guid.CreateVersion7():n}@example.com", null, null, IsVerified: true)
                );
                await using (session)
                    await session.SaveChangesAsync(cancel);
                accounts[i] = new BenchAccount(member.Workspace, tokens.Issue(store.NewId(), member));
            }
        );
        return accounts;
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Plain.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Plain.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Plain.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>What a client of the API does with jobs.</summary>
internal static class JobsClient
{
    /// <summary>Submits a text; answers the job's path.</summary>
    public static async Task<string> SubmitAsync(this HttpClient client, string token, string text, string format)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        request.Content = JsonContent.Create(
            new
            {
                text,
                title = "A book",
                voice = "flite-slt",
                format,
            }
        );
        using var answer = await client.SendAsync(request);
        return answer.IsSuccessStatusCode
            ? answer.Headers.Location!.ToString()
            : throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Asks after a job until it is completed.</summary>
    public static async Task<JsonElement> CompleteAsync(
        this HttpClient client,
        string token,
        string job,
        TimeSpan every,
        Action? each = null
    )
    {
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, job);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = (await client.SendAsync(request)).EnsureSuccessStatusCode();
            var view = await answer.Content.ReadFromJsonAsync<JsonElement>();
            each?.Invoke();
            switch (view.GetProperty("status").GetString())
            {
                case "completed":
                    return view;
                case "failed" or "cancelled":
                    throw new InvalidOperationException($"The job ended without a result: {view}");
            }

            await Task.Delay(every);
        }
    }
}
