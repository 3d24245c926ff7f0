using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.Tests.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace Lectern.Tests.Accounts.Vault;

/// <summary>The vault over HTTP, and what becomes of rows that somebody moves or changes in the database.</summary>
public sealed class VaultTests : IAsyncLifetime
{
    private const string Secret = "sk-proj-an-example-that-opens-nothing-Qx3A";

    private FakeProvider _provider = null!;
    private ApiHost _api = null!;
    private Tenant _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _provider = await FakeProvider.StartAsync();
        var settings = new ProviderSettings
        {
            OpenAiUrl = _provider.Url,
            ElevenLabsUrl = _provider.Url,
            GeminiUrl = _provider.Url,
            InworldUrl = _provider.Url,
            FalUrl = _provider.Url,
            ImageRouterUrl = _provider.Url,
        };
        _api = await ApiHost.StartAsync(
            [new AccountsModule()],
            services =>
            {
                SignedUp.QuickPasswords(services);
                services.Replace(ServiceDescriptor.Singleton(new ProviderCatalogue(settings)));
                services.Replace(ServiceDescriptor.Singleton(new ProviderKeyTest(TimeSpan.FromSeconds(1))));
            }
        );
        _jane = await SignUpAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task A_key_is_shown_by_its_end_and_its_fingerprint_and_found_by_adapters()
    {
        using var answer = await _jane.AddAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var shown = await answer.JsonAsync();

        ((string)shown["lastFour"]!).ShouldBe("Qx3A");
        ((string)shown["fingerprint"]!).Length.ShouldBe(16);
        foreach (var text in (string[])[shown.ToJsonString(), (await _jane.ListAsync()).ToJsonString()])
            text.ShouldNotContain(Secret[..^4]);
        (await FindAsync(_jane))!.Reveal().ShouldBe(Secret);
        (await FindAsync(await SignUpAsync())).ShouldBeNull();
        (await Keys.FindAsync(_jane.Id, "elevenlabs", Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_secret_in_the_clear_tells_nothing_by_itself()
    {
        await _jane.AddAsync();
        var found = (await FindAsync(_jane))!;

        $"{found}".ShouldBe("ProviderSecret(…)");
        JsonSerializer.Serialize(found).ShouldBe("{}");
        new Lectern.Accounts.Vault.AddProviderKey("openai", "x", Secret).ToString().ShouldNotContain("sk-");
        new Lectern.Accounts.Vault.ReplaceProviderKey(Secret).ToString().ShouldNotContain("sk-");
    }

    [Theory]
    [InlineData("openai", "", "/secret")]
    [InlineData("openai", "sk-short", "/secret")]
    [InlineData("openai", "                    ", "/secret")]
    [InlineData("openai", "sk-with a blank in it 1234", "/secret")]
    [InlineData("openai", "sk-with-a-line-break-in-it\n", "/secret")]
    [InlineData("openai", "sk-with-an-umlaut-in-it-ü", "/secret")]
    [InlineData("openai", "not-a-key-of-that-provider", "/secret")]
    [InlineData("deepmind", "sk-0000000000000000000000", "/provider")]
    [InlineData("OpenAI", "sk-0000000000000000000000", "/provider")]
    public async Task What_no_key_looks_like_is_refused(string provider, string secret, string pointer)
    {
        using var refused = await _jane.AddAsync(provider, "x", secret);

        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
        var error = (await refused.JsonAsync())["errors"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)error["pointer"]!).ShouldBe(pointer);
        if (pointer == "/provider")
            ((string)error["detail"]!).ShouldEndWith("openai, elevenlabs, gemini, inworld, fal, imagerouter");
    }

    [Fact]
    public async Task So_is_one_of_more_than_a_kilobyte()
    {
        using var refused = await _jane.AddAsync(secret: "sk-" + new string('x', 1022));
        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");

        (await _jane.AddAsync(secret: "sk-" + new string('x', 1021))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_name_is_taken_once_in_a_workspace()
    {
        (await _jane.AddAsync()).StatusCode.ShouldBe(HttpStatusCode.Created);

        (await (await _jane.AddAsync("elevenlabs")).RefusalAsync()).ShouldBe("409 name-taken");
        (await (await SignUpAsync()).AddAsync()).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task The_newest_key_is_used_but_sooner_one_that_was_not_refused()
    {
        await _jane.AddedAsync("old", Secret);
        var fresh = await _jane.AddedAsync("new", "sk-the-newer-one-of-the-two");
        (await FindAsync(_jane))!.Reveal().ShouldBe("sk-the-newer-one-of-the-two");

        _provider.Answer = Status(401);
        await _jane.TestAsync(fresh);

        (await FindAsync(_jane))!.Reveal().ShouldBe(Secret);
    }

    [Fact]
    public async Task A_replaced_secret_is_the_one_that_is_used_and_was_never_tested()
    {
        var key = await _jane.AddedAsync();
        await _jane.TestAsync(key);

        using var answer = await _jane.ReplaceAsync(key, "sk-the-one-that-came-after-it-zzzz");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);

        var shown = await answer.JsonAsync();
        ((string)shown["lastFour"]!).ShouldBe("zzzz");
        shown["lastTestOutcome"].ShouldBeNull();
        shown["replacedAt"].ShouldNotBeNull();
        (await FindAsync(_jane))!.Reveal().ShouldBe("sk-the-one-that-came-after-it-zzzz");
        (await (await _jane.ReplaceAsync(key, "short")).RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Fact]
    public async Task Of_replacements_that_race_each_is_stored_or_refused_and_what_is_there_opens()
    {
        var key = await _jane.AddedAsync();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(i => _jane.ReplaceAsync(key, $"sk-replacement-number-{i:d4}"))
        );

        foreach (var refused in answers.Where(answer => answer.StatusCode != HttpStatusCode.OK))
            (await refused.RefusalAsync()).ShouldBe("409 conflict");
        var stored = answers.Count(answer => answer.StatusCode == HttpStatusCode.OK);
        stored.ShouldBeGreaterThan(0);
        (await ScalarAsync<int>("select version from accounts.provider_keys")).ShouldBe(1 + stored);
        (await FindAsync(_jane))!.Reveal().ShouldStartWith("sk-replacement-number-");
    }

    [Fact]
    public async Task With_the_last_key_the_data_key_is_destroyed()
    {
        var (first, second) = (await _jane.AddedAsync("a"), await _jane.AddedAsync("b"));
        var destroyed = await ScalarAsync<Guid>("select id from accounts.data_keys");

        (await _jane.DeleteAsync(first)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ScalarAsync<long>("select count(*) from accounts.data_keys")).ShouldBe(1);
        (await _jane.DeleteAsync(second)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ScalarAsync<long>("select count(*) from accounts.data_keys")).ShouldBe(0);

        await _jane.AddedAsync("c");
        (await ScalarAsync<Guid>("select id from accounts.data_keys")).ShouldNotBe(destroyed);
        (await (await _jane.DeleteAsync(second)).RefusalAsync()).ShouldBe("404 not-found");
    }

    [Fact]
    public async Task Whoever_adds_and_deletes_at_once_leaves_keys_that_open_and_no_data_key_without_one()
    {
        for (var round = 0; round < 8; round++)
        {
            var deleted = await Task.WhenAll(_jane.AddedAsync("a"), _jane.AddedAsync("b"));
            var adding = Enumerable.Range(0, 3).Select(i => _jane.AddAsync(name: $"added {i}"));
            var answers = await Task.WhenAll([.. deleted.Select(key => _jane.DeleteAsync(key)), .. adding]);
            answers.ShouldAllBe(answer => answer.IsSuccessStatusCode);

            (await FindAsync(_jane))!.Reveal().ShouldBe(Secret);
            var left = (await _jane.ListAsync())["items"]!.AsArray().Select(key => (string)key!["id"]!).ToList();
            left.Count.ShouldBe(3);
            await Task.WhenAll(left.Select(key => _jane.DeleteAsync(key)));
            (await ScalarAsync<long>("select count(*) from accounts.data_keys")).ShouldBe(0);
        }
    }

    [Fact]
    public async Task With_the_workspace_everything_in_its_vault_goes()
    {
        await _jane.AddedAsync();

        await ExecuteAsync("update accounts.workspaces set deleted_at = now()");

        (await ScalarAsync<long>("select count(*) from accounts.provider_keys")).ShouldBe(0);
        (await ScalarAsync<long>("select count(*) from accounts.data_keys")).ShouldBe(0);
    }

    [Theory]
    [InlineData( // between two keys of a workspace
        "update accounts.provider_keys k set sealed = o.sealed from accounts.provider_keys o where o.id <> k.id and o.workspace_id = k.workspace_id"
    )]
    [InlineData( // between workspaces, data keys and all
            """
            update accounts.provider_keys k set sealed = o.sealed from accounts.provider_keys o
            where o.workspace_id <> k.workspace_id and o.name = k.name;
            update accounts.data_keys k set wrapped = o.wrapped from accounts.data_keys o where o.id <> k.id
            """
    )]
    [InlineData("update accounts.provider_keys set version = version + 1")]
    [InlineData(
        "insert into accounts.vault_generations (generation) values (2); update accounts.data_keys set generation = 2"
    )]
    [InlineData("update accounts.provider_keys set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)")]
    [InlineData("update accounts.provider_keys set sealed = substring(sealed for 20)")]
    [InlineData("update accounts.data_keys set wrapped = set_byte(wrapped, 0, get_byte(wrapped, 0) # 1)")]
    public async Task What_was_moved_or_changed_in_the_database_does_not_open(string tamper)
    {
        var other = await SignUpAsync();
        foreach (var tenant in (Tenant[])[_jane, other])
        {
            await tenant.AddedAsync("a", "sk-a-0000000000000000000000");
            await tenant.AddedAsync("b", "sk-b-0000000000000000000000");
        }

        (await FindAsync(_jane))!.Reveal().ShouldBe("sk-b-0000000000000000000000");
        await ExecuteAsync(tamper);

        await Should.ThrowAsync<CryptographicException>(() => FindAsync(_jane));
        await Should.ThrowAsync<CryptographicException>(() => FindAsync(other));
    }

    [Theory]
    [InlineData("openai", "GET /v1/models", "authorization", "Bearer sk-0123456789abcdef")]
    [InlineData("elevenlabs", "GET /v1/user", "xi-api-key", "sk-0123456789abcdef")]
    [InlineData("gemini", "GET /v1/models?pageSize=1", "x-goog-api-key", "sk-0123456789abcdef")]
    [InlineData("inworld", "GET /voices/v1/voices?pageSize=1", "authorization", "Basic sk-0123456789abcdef")]
    [InlineData(
        "fal",
        "GET /v1/models/pricing?endpoint_id=fal-ai/flux/dev",
        "authorization",
        "Key sk-0123456789abcdef"
    )]
    [InlineData("imagerouter", "GET /v1/credits", "authorization", "Bearer sk-0123456789abcdef")]
    public async Task A_test_sends_the_key_in_the_providers_own_header_and_nowhere_else(
        string provider,
        string request,
        string header,
        string value
    )
    {
        var key = await _jane.AddedAsync("x", "sk-0123456789abcdef", provider);

        ((string)(await _jane.TestAsync(key))["outcome"]!).ShouldBe("valid");

        var (path, headers) = _provider.Received.ShouldHaveSingleItem();
        path.ShouldBe(request);
        headers[header].ShouldBe(value);
        headers.Where(h => h.Key != header).ShouldAllBe(h => !h.Value.Contains("0123456789abcdef"));
        var shown = (await _jane.ListAsync())["items"]![0]!;
        ((string)shown["lastTestOutcome"]!).ShouldBe("valid");
        shown["lastTestedAt"].ShouldNotBeNull();
    }

    [Theory]
    [InlineData("openai", 401, "", "refused", "refuses the key (401)")]
    [InlineData("openai", 403, "", "refused", "refuses the key (403)")]
    [InlineData("openai", 403, """{"error":{"message":"Missing scopes: api.model.read"}}""", "valid", "may do less")]
    [InlineData("elevenlabs", 401, """{"detail":{"status":"missing_permissions"}}""", "valid", "may do less")]
    [InlineData("elevenlabs", 401, """{"detail":{"status":"invalid_api_key"}}""", "refused", "refuses the key")]
    [InlineData(
        "gemini",
        400,
        """{"error":{"details":[{"reason":"API_KEY_INVALID"}]}}""",
        "refused",
        "refuses the key"
    )]
    [InlineData("gemini", 400, "{}", "unreachable", "answered 400")]
    [InlineData("openai", 500, "", "unreachable", "answered 500")]
    [InlineData("openai", 429, "", "unreachable", "answered 429")]
    public async Task What_the_provider_says_is_told(
        string provider,
        int status,
        string body,
        string outcome,
        string detail
    )
    {
        var key = await _jane.AddedAsync("x", "sk-0123456789abcdef", provider);
        _provider.Answer = async http =>
        {
            http.Response.StatusCode = status;
            await http.Response.WriteAsync(body, Cancel);
        };

        var told = await _jane.TestAsync(key);

        ((string)told["outcome"]!).ShouldBe(outcome);
        ((string)told["detail"]!).ShouldContain(detail);
        ((string)(await _jane.ListAsync())["items"]![0]!["lastTestOutcome"]!).ShouldBe(outcome);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        var key = await _jane.AddedAsync();
        _provider.Answer = http =>
        {
            http.Response.Redirect(new Uri(_provider.Url, "elsewhere").ToString());
            return Task.CompletedTask;
        };

        ((string)(await _jane.TestAsync(key))["detail"]!).ShouldContain("redirect (302)");

        _provider.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_or_is_gone_is_unreachable()
    {
        var key = await _jane.AddedAsync();
        _provider.Answer = _ => _provider.Stopped;
        var silent = await _jane.TestAsync(key);
        await _provider.DisposeAsync();
        var gone = await _jane.TestAsync(key);

        ((string)silent["outcome"]!).ShouldBe("unreachable");
        ((string)silent["detail"]!).ShouldContain("did not answer within 1 second");
        ((string)gone["outcome"]!).ShouldBe("unreachable");
        ((string)gone["detail"]!).ShouldContain("can't be reached: ConnectionError");
    }

    [Fact]
    public void A_provider_has_ten_seconds() => ProviderKeyTest.Patience.ShouldBe(TimeSpan.FromSeconds(10));

    [Fact]
    public async Task Another_workspaces_keys_are_not_there()
    {
        var key = await _jane.AddedAsync();
        var stranger = await SignUpAsync();

        foreach (var tenant in (Tenant[])[stranger with { Workspace = _jane.Workspace }, stranger])
        {
            (await (await tenant.DeleteAsync(key)).RefusalAsync()).ShouldBe("404 not-found");
            (await (await tenant.ReplaceAsync(key, Secret)).RefusalAsync()).ShouldBe("404 not-found");
            (await (await tenant.SendAsync(HttpMethod.Post, $"/{key}/test")).RefusalAsync()).ShouldBe("404 not-found");
        }

        var intruder = stranger with { Workspace = _jane.Workspace };
        (await (await intruder.SendAsync(HttpMethod.Get, "")).RefusalAsync()).ShouldBe("404 not-found");
        (await (await intruder.AddAsync()).RefusalAsync()).ShouldBe("404 not-found");
        (await stranger.ListAsync())["items"]!.AsArray().ShouldBeEmpty();
        _provider.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task Requests_cannot_read_what_is_sealed()
    {
        await _jane.AddedAsync();
        await using var session = _api.Store.OpenSession(new SessionContext(_jane.Id, "system", Guid.CreateVersion7()));

        foreach (
            var sql in (string[])["select sealed from accounts.provider_keys", "select wrapped from accounts.data_keys"]
        )
            (
                await Should.ThrowAsync<PostgresException>(() =>
                    session.QueryAsync(sql, row => row.GetValue(0), Cancel)
                )
            ).SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        (
            await session.QueryAsync("select id from accounts.provider_keys", row => row.GetGuid(0), Cancel)
        ).ShouldHaveSingleItem();
    }

    private ProviderKeys Keys => _api.Services.GetRequiredService<ProviderKeys>();

    private Task<ProviderSecret?> FindAsync(Tenant tenant) => Keys.FindAsync(tenant.Id, "openai", Cancel);

    private static Func<HttpContext, Task> Status(int status) =>
        http =>
        {
            http.Response.StatusCode = status;
            return Task.CompletedTask;
        };

    private async Task<Tenant> SignUpAsync()
    {
        var token = (string)(await SignedUp.TokensAsync(_api))["accessToken"]!;
        var me = await (await _api.GetAsync("/me", token)).JsonAsync();
        return new Tenant(_api, token, (string)me["workspace"]!);
    }

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var session = Worker();
        return (await session.QueryAsync(sql, row => row.GetFieldValue<T>(0), Cancel)).Single();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var session = Worker();
        foreach (var statement in sql.Split(';'))
            session.Execute(statement);
        await session.SaveChangesAsync(Cancel);
    }

    private Session Worker() =>
        _api.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.CreateVersion7()));

    /// <summary>An admin of a workspace, and what such a person does to its vault.</summary>
    private sealed record Tenant(ApiHost Api, string Token, string Workspace)
    {
        public Guid Id =>
            PublicId.TryParse("workspace", Workspace, out var id) ? id : throw new FormatException(Workspace);

        public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null) =>
            Api.SendAsync(method, $"/workspaces/{Workspace}/provider-keys{path}", body, Token);

        public Task<HttpResponseMessage> AddAsync(
            string provider = "openai",
            string name = "Narration",
            string secret = Secret
        ) =>
            SendAsync(
                HttpMethod.Post,
                "",
                new
                {
                    provider,
                    name,
                    secret,
                }
            );

        public async Task<string> AddedAsync(
            string name = "Narration",
            string secret = Secret,
            string provider = "openai"
        )
        {
            using var answer = await AddAsync(provider, name, secret);
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
            return (string)(await answer.JsonAsync())["id"]!;
        }

        public Task<HttpResponseMessage> ReplaceAsync(string key, string secret) =>
            SendAsync(HttpMethod.Put, $"/{key}", new { secret });

        public Task<HttpResponseMessage> DeleteAsync(string key) => SendAsync(HttpMethod.Delete, $"/{key}");

        public async Task<JsonNode> TestAsync(string key)
        {
            using var answer = await SendAsync(HttpMethod.Post, $"/{key}/test");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            return await answer.JsonAsync();
        }

        public async Task<JsonNode> ListAsync()
        {
            using var answer = await SendAsync(HttpMethod.Get, "");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            return await answer.JsonAsync();
        }
    }
}
