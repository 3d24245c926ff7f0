using System.Net;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Workspaces;
using Lectern.Billing;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Accounts.Workspaces;

/// <summary>Accounts and Billing over HTTP, and people in workspaces; mail is delivered.</summary>
public class WorkspacesHost : IAsyncLifetime
{
    public ApiHost Api { get; private set; } = null!;

    /// <summary>What a host for other tests sets besides.</summary>
    protected virtual IReadOnlyDictionary<string, string?>? Settings => null;

    /// <summary>What it has.</summary>
    protected virtual IReadOnlyList<IModule> Modules => [new AccountsModule(), new BillingModule()];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        Api = await ApiHost.StartAsync(Modules, Configure, Settings, runWorkers: true);

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Api.DisposeAsync();
    }

    /// <summary>What a host for other tests has instead.</summary>
    protected virtual void Configure(IServiceCollection services) => SignedUp.QuickPasswords(services);

    /// <summary>A new person, in their personal workspace.</summary>
    internal async Task<Somebody> SignUpAsync(string? email = null, bool verified = true)
    {
        email ??= $"{Guid.NewGuid():n}@example.com";
        var tokens = await SignedUp.TokensAsync(Api, email);
        var somebody = new Somebody(Api, email, tokens);
        var me = await somebody.JsonAsync("/me");
        somebody.Id = (string)me["id"]!;
        somebody.Workspace = somebody.Personal = (string)me["workspace"]!;
        await ExecuteAsync(
            "update accounts.people set email_verified_at = case when $2 then now() end where id = $1",
            IdOf(somebody.Id),
            verified
        );
        return somebody;
    }

    /// <summary>A person who administers the platform.</summary>
    internal async Task<Somebody> PlatformAdminAsync()
    {
        var somebody = await SignUpAsync();
        await ExecuteAsync("update accounts.people set platform_admin = true where id = $1", IdOf(somebody.Id));
        await somebody.EnterAsync(somebody.Workspace); // for a token that says so
        return somebody;
    }

    /// <summary>A shared workspace with its admin, who has a token for it.</summary>
    internal async Task<Somebody> AdminOfNewWorkspaceAsync(string name = "Harbor Press")
    {
        var admin = await SignUpAsync();
        var made = await admin.SendAsync(HttpMethod.Post, "/workspaces", new { name });
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        await admin.EnterAsync((string)(await made.JsonAsync())["id"]!);
        return admin;
    }

    /// <summary>Another person in the workspace that the admin has a token for, with a token for it.</summary>
    internal async Task<Somebody> JoinAsync(Somebody admin, string role)
    {
        var somebody = await SignUpAsync();
        var token = await InviteAsync(admin, somebody.Email, role);
        var accepted = await somebody.SendAsync(HttpMethod.Post, "/invitations/accept", new { token });
        accepted.StatusCode.ShouldBe(HttpStatusCode.OK);
        await somebody.EnterAsync(admin.Workspace);
        return somebody;
    }

    /// <summary>The token of a new invitation.</summary>
    internal async Task<string> InviteAsync(Somebody admin, string email, string role = "editor")
    {
        var made = await admin.SendAsync(
            HttpMethod.Post,
            $"/workspaces/{admin.Workspace}/invitations",
            new { email, role }
        );
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        return TokenOf((string)(await made.JsonAsync())["id"]!);
    }

    /// <summary>What the mail of an invitation carries.</summary>
    internal string TokenOf(string invitation) =>
        Api.Services.GetRequiredService<ConfirmationTokens>().Write(InvitationAcceptance.Purpose, IdOf(invitation));

    internal static Guid IdOf(string publicId)
    {
        PublicId.TryParse(publicId.Split('_')[0], publicId, out var id).ShouldBeTrue();
        return id;
    }

    internal async Task ExecuteAsync(string sql, params object?[] values)
    {
        await using var session = OpenWorker();
        session.Execute(sql, values);
        await session.SaveChangesAsync(Cancel);
    }

    internal async Task<List<string>> TextsAsync(string sql, params object?[] values)
    {
        await using var session = OpenWorker();
        return await session.QueryAsync(sql, row => row.GetString(0), Cancel, values);
    }

    /// <summary>Stored names and data of what happened in a workspace.</summary>
    internal Task<List<string>> EventsOfAsync(string workspace) =>
        TextsAsync(
            "select type || ' ' || data from eventing.events where stream_id = $1 order by version",
            IdOf(workspace)
        );

    /// <summary>What the audit log of a workspace says: action, target and detail.</summary>
    internal Task<List<string>> AuditOfAsync(Guid chain) =>
        TextsAsync(
            "select action || ' ' || coalesce(target, '-') || ' ' || detail from accounts.audit_log where workspace_id = $1 order by number",
            chain
        );

    internal Task<List<string>> AuditOfAsync(string workspace) => AuditOfAsync(IdOf(workspace));

    internal Task<List<string>> AuditOfPlatformAsync() => AuditOfAsync(AuditLog.Platform);

    internal Session OpenWorker() =>
        Api.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.NewGuid()));
}

/// <summary>A person with tokens for one workspace at a time.</summary>
internal sealed class Somebody(ApiHost api, string email, JsonNode tokens)
{
    public string Email => email;

    public string Id { get; set; } = "";

    /// <summary>The person's own workspace.</summary>
    public string Personal { get; set; } = "";

    /// <summary>The workspace that the token is for.</summary>
    public string Workspace { get; set; } = "";

    public string Token { get; private set; } = (string)tokens["accessToken"]!;

    public string RefreshToken { get; private set; } = (string)tokens["refreshToken"]!;

    /// <summary>Below the workspace of the token.</summary>
    public string In(string path) => $"/workspaces/{Workspace}{path}";

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null) =>
        api.SendAsync(method, path, body, Token);

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public async Task<JsonNode> JsonAsync(string path)
    {
        var answer = await GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return await answer.JsonAsync();
    }

    /// <summary>Gets tokens for a workspace.</summary>
    public async Task EnterAsync(string workspace)
    {
        var answer = await TryEnterAsync(workspace);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var next = await answer.JsonAsync();
        (Token, RefreshToken, Workspace) = ((string)next["accessToken"]!, (string)next["refreshToken"]!, workspace);
    }

    public Task<HttpResponseMessage> TryEnterAsync(string workspace) =>
        api.PostAsync("/auth/refresh", new { refreshToken = RefreshToken, workspace });
}
