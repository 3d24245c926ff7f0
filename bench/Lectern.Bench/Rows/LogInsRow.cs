using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Lectern.Accounts.Passwords;
using Lectern.Accounts.People;
using Lectern.Accounts.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Bench.Rows;

/// <summary>
/// Log-ins by more clients than may be served at once, and what everybody else notices of it: passwords get half of the
/// cores, and the rest waits or is told to come back.
/// </summary>
internal sealed class LogInsRow : IRow
{
    private const string Password = "three tall ships";

    /// <summary>As many as find a place, at work or in line, on two cores; more would only be told to come back.</summary>
    private const int Clients = 16;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    public string Name => "log-ins";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var installation = await Installation.CreateAsync(postgres);
        // One account logs in as often as it can, which the limits would end at once.
        await using var host = await installation.StartHostAsync(
            new Dictionary<string, string> { ["RateLimits__Enabled"] = "false" }
        );
        var hasher = PasswordHashing.Hasher();
        var hash = hasher.HashPassword(new object(), Password);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < 8; i++)
            hasher.VerifyHashedPassword(new object(), hash, Password);
        var floor = 8 / Stopwatch.GetElapsedTime(started).TotalSeconds * Math.Max(1, Environment.ProcessorCount / 2);

        var email = $"{Guid.NewGuid():n}@example.com";
        var (session, member) = installation
            .Services.GetRequiredService<NewAccounts>()
            .Open(new NewAccount(email, null, hash, IsVerified: true));
        await using (session)
            await session.SaveChangesAsync(CancellationToken.None);
        var token = installation.Services.GetRequiredService<AccessTokens>().Issue(Guid.CreateVersion7(), member);

        await LatenciesAsync(host.Client, token, () => false, 50); // warm up
        var idle = await LatenciesAsync(host.Client, token, () => false, 100);
        var (served, refused) = (0, 0);
        var until = Stopwatch.StartNew();
        var load = Task.WhenAll(
            Enumerable
                .Range(0, Clients)
                .Select(async _ =>
                {
                    while (until.Elapsed < Duration)
                    {
                        using var answer = await host.Client.PostAsJsonAsync(
                            "/api/v1/auth/login",
                            new { email, password = Password }
                        );
                        if (answer.StatusCode == HttpStatusCode.OK)
                            Interlocked.Increment(ref served);
                        else if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                            Interlocked.Increment(ref refused);
                        else
                            throw new InvalidOperationException($"A log-in was answered with {answer.StatusCode}.");
                    }
                })
        );
        var busy = await LatenciesAsync(host.Client, token, () => until.Elapsed < Duration, int.MaxValue);
        await load;
        var ours = served / until.Elapsed.TotalSeconds;
        yield return Line.AtLeast(
            $"log-ins by {Clients} clients at once, {refused} told to come back (floor: PBKDF2 alone on half of the cores)",
            floor,
            ours,
            0.8,
            "/s"
        );
        yield return new(
            "GET /me meanwhile, p99 (floor: on an idle host)",
            $"{Line.Number(Percentile(idle, 0.99))} ms",
            $"{Line.Number(Percentile(busy, 0.99))} ms",
            Line.Number(Percentile(busy, 0.99) / Percentile(idle, 0.99)),
            "≤ 50 ms",
            Percentile(busy, 0.99) <= 50
        );
    }

    private static async Task<List<double>> LatenciesAsync(HttpClient client, string token, Func<bool> goOn, int atMost)
    {
        var found = new List<double>();
        while (found.Count < atMost && (atMost < int.MaxValue || goOn()))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/me");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var started = Stopwatch.GetTimestamp();
            using var answer = await client.SendAsync(request);
            answer.EnsureSuccessStatusCode();
            found.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await Task.Delay(10);
        }

        return found;
    }

    private static double Percentile(List<double> values, double share) =>
        values.Order().ElementAt((int)Math.Min(values.Count - 1, values.Count * share));
}
