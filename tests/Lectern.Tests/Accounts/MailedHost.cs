using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Accounts;

/// <summary>Accounts as they are by default: addresses are confirmed by mail, and the mail is sent by workers.</summary>
internal static class MailedHost
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static Task<ApiHost> StartAsync(
        Action<IServiceCollection>? configure = null,
        bool runWorkers = true,
        params (string Name, string Value)[] settings
    ) =>
        ApiHost.StartAsync(
            [new AccountsModule()],
            services =>
            {
                SignedUp.QuickPasswords(services);
                configure?.Invoke(services);
            },
            settings: new Dictionary<string, string?>(
                settings.Select(setting =>
                    KeyValuePair.Create($"Lectern:Accounts:{setting.Name}", (string?)setting.Value)
                )
            )
            {
                ["Lectern:Accounts:ConfirmEmail"] = "true",
            },
            runWorkers: runWorkers
        );

    /// <summary>Signs up and confirms; gives the whole answer.</summary>
    public static async Task<JsonNode> RegisterAsync(this ApiHost api, string email)
    {
        var before = api.Mail.To(email).Count;
        using var asked = await api.PostAsync("/auth/signup", new { email, password = SignedUp.Password });
        asked.StatusCode.ShouldBe(System.Net.HttpStatusCode.Accepted);
        var token = await api.Mail.TokenAsync(email, before + 1);
        using var made = await api.PostAsync("/auth/email/verify", new { token });
        made.StatusCode.ShouldBe(System.Net.HttpStatusCode.Created);
        return await made.JsonAsync();
    }

    public static Task<HttpResponseMessage> LogInAsync(this ApiHost api, string email, string password) =>
        api.PostAsync("/auth/login", new { email, password });

    /// <summary>Posts as somebody.</summary>
    public static async Task<HttpResponseMessage> PostAsync(this ApiHost api, string path, object body, JsonNode tokens)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1" + path)
        {
            Content = JsonContent.Create(body),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            tokens["accessToken"]!.GetValue<string>()
        );
        return await api.Client.SendAsync(request, Cancel);
    }

    public static Task<HttpResponseMessage> MeAsync(this ApiHost api, JsonNode tokens) =>
        api.GetAsync("/me", tokens["accessToken"]!.GetValue<string>());

    /// <summary>A platform administrator, made as operators make one, and logged in.</summary>
    public static async Task<JsonNode> AdministratorAsync(this ApiHost api, string email)
    {
        var people = api.Services.GetRequiredService<PeopleOperations>();
        (await people.CreateAsync(email, null, admin: true, SignedUp.Password, Cancel)).Done.ShouldBeTrue();
        return await (await api.LogInAsync(email, SignedUp.Password)).JsonAsync();
    }

    /// <summary>Waits until every mail that was asked for has been sent.</summary>
    public static Task QueueIsEmptyAsync(this ApiHost api) =>
        Eventually.IsAsync(
            () => api.CountAsync("select count(*) from eventing.messages"),
            waiting => waiting == 0,
            "no message waits"
        );

    public static async Task<long> CountAsync(this ApiHost api, string sql, params object?[] values) =>
        (await api.QueryAsync(sql, row => row.GetInt64(0), values)).Single();

    public static async Task<List<T>> QueryAsync<T>(
        this ApiHost api,
        string sql,
        Func<Npgsql.NpgsqlDataReader, T> read,
        params object?[] values
    )
    {
        await using var session = api.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.NewGuid()));
        return await session.QueryAsync(sql, read, Cancel, values);
    }

    /// <summary>Changes the database as a worker may.</summary>
    public static async Task ExecuteAsync(this ApiHost api, string sql, params object?[] values)
    {
        await using var session = api.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.NewGuid()));
        session.Execute(sql, values);
        await session.SaveChangesAsync(Cancel);
    }

    /// <summary>Every row that workers can see, as text.</summary>
    public static async Task<string> DumpAsync(this ApiHost api)
    {
        var tables = await api.QueryAsync(
            """
            select format('%I.%I', table_schema, table_name) from information_schema.table_privileges
            where grantee = 'lectern_worker' and privilege_type = 'SELECT' and table_schema in ('accounts', 'eventing')
            """,
            row => row.GetString(0)
        );
        tables.Count.ShouldBeGreaterThan(15);
        var rows = new List<string>();
        foreach (var table in tables)
            rows.AddRange(await api.QueryAsync($"select t::text from {table} t", row => row.GetString(0)));
        return string.Join('\n', rows);
    }

    /// <summary>Status, headers and body, without what names the single request.</summary>
    public static async Task<string> ShownAsync(this HttpResponseMessage answer)
    {
        var headers = answer
            .Headers.Concat(answer.Content.Headers)
            .Where(header => header.Key.ToUpperInvariant() is not ("X-REQUEST-ID" or "TRACEPARENT" or "DATE"))
            .Select(header => $"{header.Key}: {string.Join(',', header.Value)}")
            .Order(StringComparer.Ordinal);
        var body = await answer.Content.ReadAsStringAsync(Cancel);
        return $"{(int)answer.StatusCode}\n{string.Join('\n', headers)}\n{body}";
    }
}
