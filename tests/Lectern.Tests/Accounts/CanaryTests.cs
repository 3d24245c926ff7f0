using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Eventing;
using Lectern.Host;
using Lectern.SharedKernel.Mail;
using Lectern.Tests.Accounts.Vault;
using Lectern.Tests.Host;
using Lectern.Tests.Http;
using Lectern.Tests.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Accounts;

/// <summary>
/// Secrets that went through the whole host in every way that one can think of stand nowhere afterwards: not in a dump of
/// the database, not in a log at its most talkative, not in the exported events, a problem, the metrics or a list.
/// </summary>
public sealed class CanaryTests : IAsyncLifetime
{
    private const string Password = "canary three tall ships";
    private const string NewSecret = "sk-canary-second-7f1d0b6c5e4a39281706";
    private const string Secret = "sk-canary-first-0a1b2c3d4e5f60718293";
    private const string OwnSecret = "canarywebhooksecretowned"; // of 24 bytes, the least that it may have
    private const string DatabasePrefix = "canary";

    private readonly TemporaryFolder _data = new();
    private readonly TalkativeLog _log = new();
    private readonly List<string> _answers = [];
    private readonly Mailbox _mail = new();
    private readonly string _database = $"{DatabasePrefix}{Guid.NewGuid():n}";
    private FakeProvider _provider = null!;
    private PostgresCluster _cluster = null!;
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _provider = await FakeProvider.StartAsync();
        _cluster = await PostgresCluster.SharedAsync();
        await _cluster.CreateDatabaseAsync(_database);
        _app = LecternHost.Build(
            new Dictionary<string, string?>
            {
                ["urls"] = "http://127.0.0.1:0",
                ["Lectern:Data:Folder"] = _data.Path,
                ["Lectern:RateLimits:Enabled"] = "false",
                ["Lectern:Providers:OpenAiUrl"] = _provider.Url.ToString(),
                ["Lectern:UserUrls:AllowHttp"] = "true",
                ["Lectern:UserUrls:AllowedNetworks:0"] = "127.0.0.1/32",
                ["ConnectionStrings:Lectern"] = _cluster.ConnectionString(_database),
                ["Logging:LogLevel:Default"] = "Debug",
                ["Logging:LogLevel:Microsoft.AspNetCore"] = "Debug",
                ["Logging:LogLevel:Npgsql"] = "Debug",
            },
            Modules.All,
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Logging.AddProvider(_log);
                builder.Services.Replace(ServiceDescriptor.Singleton<IMailer>(_mail));
                SignedUp.QuickPasswords(builder.Services);
            }
        );
        await _app.StartAsync(Cancel);
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await _provider.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task No_secret_is_written_down_anywhere()
    {
        var canaries = await LiveAsync();

        var places = await PlacesAsync();

        foreach (var (place, text) in places)
        foreach (var (canary, secret) in canaries)
            LeakOf(secret, text).ShouldBeNull($"{canary} is in {place}");
        places["logs"].ShouldContain("/api/v1/jobs"); // there was something to look through
        places["dump"].ShouldContain("accounts.provider_keys");
        places["dump"].ShouldContain("Wrong signature: v1,"); // and not what it was made with
        places["logs"].ShouldContain("/api/v1/events/live");
        places["events"].ShouldContain("jobs.job_submitted.v1");
        places["answers"].ShouldContain("urn:lectern:lectern:malformed-request");
        places["metrics"].ShouldContain("http_server");
    }

    [Fact]
    public async Task A_leak_would_be_found_wherever_it_is_and_however_it_is_written()
    {
        const string Leaked = "sk-canary-leaked-0011223344556677";
        var bytes = Encoding.UTF8.GetBytes(Leaked);
        await ExecuteAsync("create table leaked (plain text, bytes bytea, json jsonb)");
        await ExecuteAsync($"insert into leaked (plain) values ('{Leaked}')");
        LeakOf(Leaked, (await PlacesAsync())["dump"]).ShouldNotBeNull();
        await ExecuteAsync($"update leaked set plain = null, bytes = convert_to('{Leaked}', 'UTF8')");
        LeakOf(Leaked, (await PlacesAsync())["dump"]).ShouldNotBeNull();

        _app.Services.GetRequiredService<ILogger<CanaryTests>>().LogDebug("It is {Secret}.", Leaked);
        LeakOf(Leaked, (await PlacesAsync())["logs"]).ShouldNotBeNull();
        for (var before = 0; before < 3; before++)
            LeakOf(Leaked, Convert.ToBase64String([.. new byte[before], .. bytes, .. "behind"u8])).ShouldNotBeNull();
        LeakOf(Leaked, Base64Url.EncodeToString(bytes)).ShouldNotBeNull();
        LeakOf(Leaked, Convert.ToHexString(bytes)).ShouldNotBeNull();
        LeakOf("a b+c/dddddddd", Uri.EscapeDataString("a b+c/dddddddd")).ShouldNotBeNull();
        LeakOf(Leaked, "sk-canary-another").ShouldBeNull();
    }

    /// <summary>A life with everything that goes wrong in it; what is secret of it.</summary>
    private async Task<Dictionary<string, string>> LiveAsync()
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        await SendAsync(HttpMethod.Post, "/auth/signup", new { email, password = Password });
        var confirmation = await _mail.TokenAsync(email);
        var registered = await SendAsync(
            HttpMethod.Post,
            "/auth/email/verify",
            new { token = confirmation },
            isTold: true
        );
        var first = registered["tokens"]!;
        var second = await SendAsync(
            HttpMethod.Post,
            "/auth/refresh",
            new { refreshToken = Text(first, "refreshToken") },
            isTold: true
        );
        var loggedIn = await SendAsync(
            HttpMethod.Post,
            "/auth/login",
            new { email, password = Password },
            isTold: true
        );
        var token = Text(second, "accessToken");
        var workspace = Text(await SendAsync(HttpMethod.Get, "/me", token: token), "workspace");
        var created = await SendAsync(
            HttpMethod.Post,
            $"/workspaces/{workspace}/api-keys",
            new { name = "Canary", scopes = (string[])["jobs:write"] },
            token,
            isTold: true
        );
        var key = Text(created, "key");
        await SendAsync(HttpMethod.Post, "/auth/password/forgot", new { email });
        var reset = await _mail.TokenAsync(email, 2);

        await UseVaultAsync(workspace, token);
        await UseKeyAsync(key);
        var (generated, rotated) = await UseWebhooksAsync(token);
        var ticket = await UseTicketAsync(token);
        await FailAsync(email, workspace, token, key, confirmation, reset, Text(first, "refreshToken"));
        await SendAsync(HttpMethod.Post, "/auth/logout", new { everywhere = true }, token);
        await SendAsync(HttpMethod.Get, "/me", token: token);
        return new Dictionary<string, string>
        {
            ["the password"] = Password,
            ["the first refresh token"] = Text(first, "refreshToken"),
            ["the second refresh token"] = Text(second, "refreshToken"),
            ["the other session's refresh token"] = Text(loggedIn, "refreshToken"),
            ["the access token"] = token,
            ["the API key"] = key,
            ["the provider key"] = Secret,
            ["its replacement"] = NewSecret,
            ["the webhook's own secret"] = OwnSecret,
            ["the webhook's generated secret"] = generated,
            ["its bytes"] = BytesOf(generated),
            ["the webhook's rotated secret"] = rotated,
            ["the bytes of that"] = BytesOf(rotated),
            ["the live ticket"] = ticket,
            ["the mailed confirmation"] = confirmation,
            ["the mailed reset"] = reset,
        };
    }

    private async Task UseVaultAsync(string workspace, string token)
    {
        // The provider repeats the key in its answer, as some do.
        _provider.Answer = async http =>
        {
            http.Response.StatusCode = 401;
            await http.Response.WriteAsync(
                $"Incorrect API key provided: {http.Request.Headers.Authorization}.",
                Cancel
            );
        };
        var drawer = $"/workspaces/{workspace}/provider-keys";
        var added = await SendAsync(
            HttpMethod.Post,
            drawer,
            new
            {
                provider = "openai",
                name = "Canary",
                secret = Secret,
            },
            token
        );
        var path = $"{drawer}/{Text(added, "id")}";
        await SendAsync(HttpMethod.Post, $"{path}/test", token: token);
        await SendAsync(HttpMethod.Put, path, new { secret = NewSecret }, token);
        await SendAsync(HttpMethod.Post, $"{path}/test", token: token);
        await _app.Services.GetRequiredService<Lectern.Accounts.Contracts.VaultRewrap>().RunAsync(Cancel);
        await SendAsync(HttpMethod.Get, drawer, token: token);
        foreach (
            var body in (object[])
                [
                    new
                    {
                        provider = "openai",
                        name = "Canary",
                        secret = Secret,
                    },
                    new
                    {
                        provider = "nobody",
                        name = "x",
                        secret = Secret,
                    },
                    new
                    {
                        provider = "openai",
                        name = "x",
                        secret = " " + Secret,
                    },
                    new { secret = (object)new { value = Secret } },
                ]
        )
            await SendAsync(HttpMethod.Post, drawer, body, token);
    }

    /// <summary>A webhook with a secret of its own and one without, deliveries that are signed with both, and another secret.</summary>
    private async Task<(string Generated, string Rotated)> UseWebhooksAsync(string token)
    {
        // The receiver repeats what it was sent, as some do; the beginning of what it answers is kept.
        _provider.Answer = async http =>
        {
            http.Response.StatusCode = 400;
            await http.Response.WriteAsync($"Wrong signature: {http.Request.Headers["webhook-signature"]}.", Cancel);
        };
        var url = $"{_provider.Url}hook";
        var secret = $"whsec_{Convert.ToBase64String(Encoding.UTF8.GetBytes(OwnSecret))}";
        string[] events = ["lexicon.*"];
        var own = await MakeAsync(
            "/webhooks",
            new
            {
                url,
                events,
                secret,
            }
        );
        var made = await MakeAsync("/webhooks", new { url, events });
        var path = $"/webhooks/{Text(made["webhook"]!, "id")}";
        var ownPath = $"/webhooks/{Text(own["webhook"]!, "id")}";
        foreach (var hook in (string[])[ownPath, path])
        {
            var test = await SendAsync(HttpMethod.Post, $"{hook}/test", token: token);
            await Eventually.IsAsync(
                () => SendAsync(HttpMethod.Get, $"{hook}/deliveries/{Text(test, "id")}", token: token),
                delivery => (int)delivery["delivery"]!["attempts"]! > 0,
                "it was tried"
            );
        }

        var rotated = await MakeAsync($"{path}/rotate", new { });
        await SendAsync(HttpMethod.Get, "/webhooks", token: token);
        await SendAsync(HttpMethod.Get, path, token: token);
        foreach (
            var (to, body) in (List<(string, object)>)
                [
                    (
                        "/webhooks",
                        new
                        {
                            url = "ftp://x",
                            events,
                            secret,
                        }
                    ),
                    (
                        "/webhooks",
                        new
                        {
                            url,
                            events,
                            secret = secret + "!",
                        }
                    ),
                    (
                        "/webhooks",
                        new
                        {
                            url,
                            events,
                            secret = (string[])[secret],
                        }
                    ),
                    ($"{path}/rotate", new { secret = " " + secret }),
                    ($"{path}/rotate", new { secret, overlapHours = 1000 }),
                    ($"{path}/rotate", new { secret = Text(made, "secret"), force = true }),
                ]
        )
            await SendAsync(HttpMethod.Post, to, body, token);
        return (Text(made, "secret")["whsec_".Length..], Text(rotated, "secret")["whsec_".Length..]);

        Task<JsonNode> MakeAsync(string to, object body) => SendAsync(HttpMethod.Post, to, body, token, isTold: true);
    }

    /// <summary>A ticket that lets in once, and wherever it doesn't.</summary>
    private async Task<string> UseTicketAsync(string token)
    {
        var ticket = Text(await SendAsync(HttpMethod.Post, "/live/tickets", token: token, isTold: true), "ticket");
        using (var unused = await OpenAsync("/jobs"))
            unused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using (var followed = await OpenAsync("/events/live"))
            followed.StatusCode.ShouldBe(HttpStatusCode.OK);
        await SendAsync(HttpMethod.Get, $"/events/live?ticket={ticket}");
        await SendAsync(HttpMethod.Get, $"/events/live?ticket={ticket}&ticket={ticket}");
        await SendAsync(HttpMethod.Get, "/me", token: ticket);
        await SendAsync(HttpMethod.Post, $"/live/tickets?ticket={ticket}");
        return ticket;

        Task<HttpResponseMessage> OpenAsync(string path) =>
            _client.GetAsync($"/api/v1{path}?ticket={ticket}", HttpCompletionOption.ResponseHeadersRead, Cancel);
    }

    private async Task UseKeyAsync(string key)
    {
        var job = Text(await SendAsync(HttpMethod.Post, "/jobs", new { text = "A canary sings." }, key), "id");
        await SendAsync(HttpMethod.Post, "/jobs", new { text = "", voice = "nobody" }, key);
        await SendAsync(HttpMethod.Get, $"/jobs/{job}", token: key);
        await SendAsync(HttpMethod.Get, "/me", token: key);
        await SendAsync(HttpMethod.Get, "/credits", token: key);
        await SendAsync(HttpMethod.Get, $"/jobs?api_key={key}");
        await SendAsync(HttpMethod.Get, $"/prices?anything={key}");
        await SendAsync(HttpMethod.Get, $"/jobs?cursor={key}", token: key);
        await Eventually.IsAsync(
            async () => (await SendAsync(HttpMethod.Get, $"/jobs/{job}/events", token: key)).ToJsonString(),
            events => events.Contains("jobs.job_", StringComparison.Ordinal),
            "the job has events"
        );
    }

    private async Task FailAsync(
        string email,
        string workspace,
        string token,
        string key,
        string confirmation,
        string reset,
        string usedUp
    )
    {
        await SendAsync(HttpMethod.Post, "/auth/login", new { email, password = Password + "?" });
        await SendAsync(HttpMethod.Post, "/auth/login", new { email = "nobody@example.com", password = Password });
        await SendAsync(HttpMethod.Post, "/auth/signup", new { email, password = Password });
        await SendAsync(HttpMethod.Post, "/auth/login", new { email, password = (string[])[Password] });
        await SendAsync(HttpMethod.Post, "/auth/password/reset", new { token = reset, password = "short" });
        foreach (var secret in (string[])[key, usedUp, confirmation, reset, token])
        {
            await SendAsync(HttpMethod.Post, "/auth/email/verify", new { token = secret });
            if (secret != usedUp) // which gets its successor again, as it should
                await SendAsync(HttpMethod.Post, "/auth/refresh", new { refreshToken = secret, workspace });
            await SendAsync(HttpMethod.Post, "/auth/verify", new { token = secret });
            await SendAsync(HttpMethod.Get, "/me", token: secret + "x");
            await SendAsync(HttpMethod.Get, $"/me?token={secret}", token: token);
            await SendAsync(HttpMethod.Post, "/quotes", new { unknown = secret }, token);
            await SendTextAsync($"{{\"token\":\"{secret}\",\"token\":\"{secret}\"}}");
            await SendTextAsync($"{{\"password\": \"{secret}");
            await SendTextAsync($"{secret}");
        }
    }

    /// <summary>Wherever something could have been written.</summary>
    private async Task<Dictionary<string, string>> PlacesAsync()
    {
        var events = new StringBuilder();
        await foreach (var stored in _app.Services.GetRequiredService<EventExport>().ReadAsync(null, Cancel))
            events.AppendLine(JsonSerializer.Serialize(stored, JsonSerializerOptions.Web));
        return new Dictionary<string, string>
        {
            ["dump"] = await _cluster.DumpAsync(_database),
            ["logs"] = _log.ToString(),
            ["events"] = events.ToString(),
            ["answers"] = string.Join('\n', _answers),
            ["metrics"] = await _client.GetStringAsync("/metrics", Cancel),
        };
    }

    /// <summary>How a text contains a secret: as it is, or in base64, hexadecimal or percent-encoding; null if it doesn't.</summary>
    private static string? LeakOf(string secret, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        var forms = new List<string>
        {
            secret,
            Uri.EscapeDataString(secret),
            JsonEncodedText.Encode(secret).ToString(),
        };
        for (var before = 0; before < 3; before++)
        {
            // Within other data: the characters at the edges depend on the neighbors.
            var encoded = Convert.ToBase64String([.. new byte[before], .. bytes]);
            var inner = encoded[(before == 0 ? 0 : 4)..^4];
            forms.AddRange([inner, inner.Replace('+', '-').Replace('/', '_')]);
        }

        return forms.FirstOrDefault(form => text.Contains(form, StringComparison.Ordinal))
            ?? (
                text.Contains(Convert.ToHexString(bytes), StringComparison.OrdinalIgnoreCase) ? "in hexadecimal" : null
            );
    }

    /// <param name="isTold">Whether the answer shows a secret to whom it belongs; every other answer is searched.</param>
    private async Task<JsonNode> SendAsync(
        HttpMethod method,
        string path,
        object? body = null,
        string? token = null,
        bool isTold = false
    )
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path);
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        if (body is not null)
            request.Content = JsonContent.Create(body, body.GetType());
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var answer = await _client.SendAsync(request, Cancel);
        ((int)answer.StatusCode).ShouldBeLessThan(500);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        if (isTold)
            answer.IsSuccessStatusCode.ShouldBeTrue(text);
        else
            _answers.Add($"{answer.Headers}{text}");
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    private async Task SendTextAsync(string text)
    {
        using var content = new StringContent(text, Encoding.UTF8, "application/json");
        using var answer = await _client.PostAsync("/api/v1/auth/login", content, Cancel);
        answer.StatusCode.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.UnprocessableEntity);
        _answers.Add($"{answer.Headers}{await answer.Content.ReadAsStringAsync(Cancel)}");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(_cluster.ConnectionString(_database));
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>Of what is written in base64, as a dump would write them.</summary>
    private static string BytesOf(string secret) => Convert.ToHexStringLower(Convert.FromBase64String(secret));

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    /// <summary>Keeps every line with its scopes, values and exceptions.</summary>
    private sealed class TalkativeLog : ILoggerProvider, ISupportExternalScope
    {
        private readonly ConcurrentQueue<string> _lines = new();
        private IExternalScopeProvider? _scopes;

        public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

        public override string ToString() => string.Join('\n', _lines);

        public void Dispose() { }

        private sealed class Logger(TalkativeLog log, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel,
                EventId eventId,
                TState state,
                Exception? exception,
                Func<TState, Exception?, string> formatter
            )
            {
                var line = new StringBuilder($"{logLevel} {category}: {formatter(state, exception)} {exception}");
                if (state is IEnumerable<KeyValuePair<string, object?>> values)
                    line.AppendJoin(' ', values);
                log._scopes?.ForEachScope(
                    (scope, to) =>
                    {
                        to.Append(' ').Append(scope);
                        if (scope is IEnumerable<KeyValuePair<string, object?>> named)
                            to.AppendJoin(' ', named);
                    },
                    line
                );
                log._lines.Enqueue(line.ToString());
            }
        }
    }
}
