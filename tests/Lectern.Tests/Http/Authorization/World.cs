using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Accounts.ApiKeys;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Tokens;
using Lectern.Activity.Webhooks;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Secrets;
using Lectern.Tests.Accounts.Profile;
using Lectern.Tests.Accounts.Tokens;
using Lectern.Tests.Jobs;
using Lectern.Tests.Voices.Characters;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lectern.Tests.Http.Authorization;

/// <summary>Somebody with a credential that is good.</summary>
/// <param name="Name">For the message of a failure.</param>
/// <param name="Token">The credential.</param>
/// <param name="Role">The role in the workspace that the token is for.</param>
/// <param name="Email">With which the person logs in.</param>
internal sealed record Caller(string Name, string Token, Role Role, string Email)
{
    /// <summary>Whether the credential is for another workspace than the one that is tried.</summary>
    public bool IsOutsider { get; init; }

    public bool IsPlatformAdmin { get; init; }

    public bool IsKey { get; init; }

    /// <summary>Whether a key's scopes are for reading only.</summary>
    public bool ReadsOnly { get; init; }

    public bool May(For least) =>
        least switch
        {
            For.Person or For.Member => !IsKey,
            For.Viewer => true,
            For.Editor => Role >= Role.Editor && !ReadsOnly,
            For.EditorInPerson => Role >= Role.Editor && !IsKey,
            For.Admin => Role == Role.Admin && !IsKey,
            For.Platform => IsPlatformAdmin && !IsKey,
            _ => throw new ArgumentOutOfRangeException(nameof(least)),
        };
}

/// <summary>What a placeholder of a route names.</summary>
internal sealed class Thing(string prefix, Func<Caller?, Task<string>> own, Func<Caller, Task<string[]>> unreachable)
{
    private string? _shared;

    /// <summary>One that a caller of the workspace may reach, if the role allows it.</summary>
    public async Task<string> OwnAsync() => _shared ??= await own(null);

    /// <summary>One that this caller may use up.</summary>
    public Task<string> FreshAsync(Caller caller) => own(caller);

    public string Random() => PublicId.Format(prefix, Guid.CreateVersion7());

    /// <summary>Those that this caller must not find, and what is no id at all.</summary>
    public async Task<string[]> UnreachableAsync(Caller caller)
    {
        var there = await unreachable(caller);
        var shape = there[0];
        return
        [
            .. there,
            shape.ToUpperInvariant(),
            shape + "0",
            shape[..^1],
            "other" + shape[prefix.Length..],
            shape[(prefix.Length + 1)..],
            prefix + "_" + new string('z', 26),
            "1",
            prefix + "_" + new string('ü', 26),
            "' or 1=1 --",
        ];
    }
}

/// <summary>A workspace with members of every role, its neighbour, and credentials that were good once.</summary>
internal sealed class World
{
    private readonly JobsHost _host;
    private readonly Person _admin;
    private readonly Person _outsider;
    private readonly string _ownJob;
    private readonly string _foreignJob;
    private readonly string _deletedJob;
    private readonly List<string> _foreignEvents;

    private World(
        JobsHost host,
        Person admin,
        Person outsider,
        string ownJob,
        string foreignJob,
        string deletedJob,
        List<string> events
    ) =>
        (_host, _admin, _outsider, _ownJob, _foreignJob, _deletedJob, _foreignEvents) = (
            host,
            admin,
            outsider,
            ownJob,
            foreignJob,
            deletedJob,
            events
        );

    public required IReadOnlyList<Caller> Callers { get; init; }

    public required IReadOnlyList<(string Name, string? Token)> BadTokens { get; init; }

    public static async Task<World> BuildAsync(JobsHost host)
    {
        var (owner, neighbour) = (await SignUpAsync(host), await SignUpAsync(host));
        var workspace = await SharedWorkspaceAsync(host, owner);
        var ownerToken = await EnterAsync(host, owner, workspace);
        var admin = new Person(host.Client, ownerToken, workspace);
        var outsider = new Person(host.Client, neighbour.Access, neighbour.Workspace);
        var ownJob = (string)(await admin.MakeAsync("Ours."))["id"]!;
        var foreignJob = (string)(await outsider.MakeAsync("Theirs alone."))["id"]!;
        var deletedJob = (string)(await admin.MakeAsync("Gone soon."))["id"]!;
        await admin.DeleteAsync(deletedJob);
        await Eventually.IsAsync(
            async () => (int)(await admin.GetAsync($"/jobs/{deletedJob}")).StatusCode,
            status => status == 404,
            "the job is deleted"
        );
        var events = await outsider.EventsAsync(foreignJob);
        return new World(host, admin, outsider, ownJob, foreignJob, deletedJob, events)
        {
            Callers =
            [
                await MemberAsync(host, admin, Role.Viewer),
                await MemberAsync(host, admin, Role.Editor),
                new("an admin", ownerToken, Role.Admin, owner.Email),
                new("the admin of another workspace", neighbour.Access, Role.Admin, neighbour.Email)
                {
                    IsOutsider = true,
                },
                await VisitorAsync(host, admin),
                await KeyAsync(host, admin, "a key for everything", readsOnly: false),
                await KeyAsync(host, admin, "a key for reading", readsOnly: true),
            ],
            BadTokens = [.. await BadTokensAsync(host, admin)],
        };
    }

    /// <summary>What the placeholders of a route name, in their order.</summary>
    public IReadOnlyList<Thing> ThingsOf(string template) =>
        template switch
        {
            "/ws/jobs/{id}" => [Job()],
            _ when template.StartsWith("/api/v1/jobs/{id}", StringComparison.Ordinal) => [Job()],
            _ when template.StartsWith("/api/v1/characters/{id}/images/{expression}", StringComparison.Ordinal) =>
            [
                OwnCharacter(),
                Expression(),
            ],
            _ when template.StartsWith("/api/v1/characters/{id}", StringComparison.Ordinal) => [OwnCharacter()],
            _ when template.StartsWith("/api/v1/me/sessions/{id}", StringComparison.Ordinal) => [Session()],
            _ when template.StartsWith("/api/v1/admin/people/{id}", StringComparison.Ordinal) => [Anybody()],
            _ when template.StartsWith("/api/v1/admin/payments/{id}", StringComparison.Ordinal) =>
            [
                OfThePlatform(
                    "payment",
                    """
                    insert into billing.payments
                        (id, provider_session, provider_event, type, amount, currency, livemode, outcome, reason)
                    values ($1, 'cs', 'evt', 'checkout.session.completed', 100, 'usd', false, 'unmatched', 'unknown_workspace')
                    """
                ),
            ],
            _ when template.StartsWith("/api/v1/admin/credits/codes/{id}", StringComparison.Ordinal) =>
            [
                OfThePlatform(
                    "code",
                    "insert into billing.codes (id, code, normalized, credits, uses) values ($1, $1::text, $1::text, 1, 1)"
                ),
            ],
            _ when template.StartsWith("/api/v1/webhooks/{id}/deliveries/{delivery}", StringComparison.Ordinal) =>
                Delivery(),
            _ when template.StartsWith("/api/v1/webhooks/{id}", StringComparison.Ordinal) =>
            [
                Key("webhook", NewWebhookAsync),
            ],
            _ when template.StartsWith("/api/v1/lexicons/{id}", StringComparison.Ordinal) =>
            [
                Key("lexicon", NewLexiconAsync),
            ],
            _ when template.StartsWith("/api/v1/projects/{id}", StringComparison.Ordinal) =>
            [
                Key("project", person => person.MakeProjectAsync()),
            ],
            "/api/v1/credits/at/{version:int}" => [],
            "/api/v1/credits/statements/{month}" =>
            [
                new Thing(
                    "month",
                    _ => Task.FromResult(DateTime.UtcNow.ToString("yyyy-MM", null)),
                    _ => Task.FromResult<string[]>(["2026-13"])
                ),
            ],
            "/api/v1/credits/caps/{key}" =>
            [
                Key("apikey", async admin => Text((await NewApiKeyAsync(admin, ["jobs:read"]))["apiKey"]!, "id")),
            ],
            "/api/v1/workspaces/{id}/members/{person}" => [Workspace(), Member()],
            "/api/v1/workspaces/{id}/invitations/{invitation}" => [Workspace(), Invitation()],
            _ when template.StartsWith("/api/v1/workspaces/{id}/api-keys/{key}", StringComparison.Ordinal) =>
            [
                Workspace(),
                Key("apikey", async admin => Text((await NewApiKeyAsync(admin, ["jobs:read"]))["apiKey"]!, "id")),
            ],
            _ when template.StartsWith("/api/v1/workspaces/{id}/provider-keys/{key}", StringComparison.Ordinal) =>
            [
                Workspace(),
                Key("providerkey", NewProviderKeyAsync),
            ],
            _ when template.StartsWith("/api/v1/workspaces/{id}", StringComparison.Ordinal) => [Workspace()],
            _ when template.StartsWith("/api/v1/people/{id}", StringComparison.Ordinal) => [PersonWithAvatar()],
            _ when template.Contains('{', StringComparison.Ordinal) => throw new InvalidOperationException(
                $"Nobody said what {template} names."
            ),
            _ => [],
        };

    /// <summary>The neighbour's job is as it was.</summary>
    public async Task CheckThatNothingForeignHappenedAsync() =>
        (await _outsider.EventsAsync(_foreignJob)).ShouldBe(_foreignEvents);

    private Thing Job() =>
        new(
            "job",
            async _ => (string)(await _admin.MakeAsync("Ours."))["id"]!,
            caller => Task.FromResult<string[]>([caller.IsOutsider ? _ownJob : _foreignJob, _deletedJob])
        );

    /// <summary>With an image; private, as what isn't is for everybody.</summary>
    private Thing OwnCharacter() => Key("character", NewCharacterAsync);

    private static Thing Expression() =>
        new("x", _ => Task.FromResult("neutral"), _ => Task.FromResult<string[]>(["happy"]));

    private static async Task<string> NewCharacterAsync(Person person)
    {
        using var form = Dweller.Form(
            new Dictionary<string, byte[]> { ["image"] = Pictures.Png(8, 8) },
            ("name", "Anne")
        );
        form.Add(new ByteArrayContent(await Recordings.WavAsync(seconds: 3.2)), "sample", "sample.wav");
        using var made = await person.SendAsync(HttpMethod.Post, "/characters", form);
        return Text(await made.JsonAsync(), "id");
    }

    private Thing Workspace() =>
        new(
            "workspace",
            _ => Task.FromResult(IdOf(_admin)),
            caller => Task.FromResult<string[]>([IdOf(caller.IsOutsider ? _admin : _outsider)])
        );

    private Thing Key(string prefix, Func<Person, Task<string>> make) =>
        new(prefix, _ => make(_admin), async caller => [await make(caller.IsOutsider ? _admin : _outsider)]);

    private async Task<string> NewLexiconAsync(Person admin)
    {
        using var made = await PostAsync(_host, "/lexicons", new { name = "Ours", language = "en" }, admin.Token);
        return Text(await made.JsonAsync(), "id");
    }

    /// <summary>Past the API, where there is no place for as many; nobody answers at that name.</summary>
    private async Task<string> NewWebhookAsync(Person admin)
    {
        var store = _host.Services.GetRequiredService<EventStore>();
        var id = store.NewId();
        await using var session = store.OpenWorkerSession(new SessionContext(admin.Workspace, "system", id));
        session.StartStream<Webhook>(id, new WebhookCreated(WebhookPayload.Newest));
        session.Execute(
            """
            insert into activity.webhooks (id, workspace_id, url, description, events, payload_version, secret_id, version)
            values ($1, $2, 'https://nobody.invalid/', '', '{*}', 1, $1, 1)
            """,
            id,
            admin.Workspace
        );
        await session.SaveChangesAsync(TestContext.Current.CancellationToken);
        return PublicId.Format("webhook", id);
    }

    /// <summary>A webhook, and what it was told of once.</summary>
    private Thing[] Delivery()
    {
        var newest = "";
        var webhook = Key("webhook", async admin => newest = await NewWebhookAsync(admin));
        return
        [
            webhook,
            new Thing(
                "delivery",
                async caller => await NewDeliveryAsync(caller is null ? await webhook.OwnAsync() : newest),
                async _ => [await NewDeliveryAsync(await NewWebhookAsync(_outsider))]
            ),
        ];
    }

    private async Task<string> NewDeliveryAsync(string webhook)
    {
        PublicId.TryParse("webhook", webhook, out var id).ShouldBeTrue();
        var delivery = Guid.CreateVersion7();
        await _host.ExecuteAsync(
            """
            insert into activity.webhook_deliveries (id, workspace_id, webhook_id, event_id, type, status, ended_at)
            select $1, workspace_id, id, $1, 'webhook.test', 'exhausted', now() from activity.webhooks where id = $2
            """,
            delivery,
            id
        );
        return PublicId.Format("delivery", delivery);
    }

    private Thing Member() =>
        new(
            "person",
            async _ =>
                AccountIds.Person(await JoinAsync(_host, await SignUpAsync(_host), _admin.Workspace, Role.Viewer)),
            async _ => [AccountIds.Person((await SignUpAsync(_host)).Id)]
        );

    private Thing Invitation() =>
        new(
            "invitation",
            _ => InviteAsync(_admin.Workspace),
            async caller => [await InviteAsync(caller.IsOutsider ? _admin.Workspace : _outsider.Workspace)]
        );

    /// <summary>To administrators of the platform everybody is there who has an account.</summary>
    private Thing Anybody() =>
        new(
            "person",
            async _ => AccountIds.Person((await SignUpAsync(_host)).Id),
            _ => Task.FromResult<string[]>([AccountIds.Person(Guid.CreateVersion7())])
        );

    /// <summary>What belongs to no workspace, so that to administrators of the platform all of it is there.</summary>
    private Thing OfThePlatform(string prefix, string insert) =>
        new(
            prefix,
            async _ =>
            {
                var id = Guid.CreateVersion7();
                await _host.ExecuteAsync(insert, id);
                return PublicId.Format(prefix, id);
            },
            _ => Task.FromResult<string[]>([PublicId.Format(prefix, Guid.CreateVersion7())])
        );

    private async Task<string> InviteAsync(Guid workspace)
    {
        var id = Guid.CreateVersion7();
        await _host.ExecuteAsync(
            """
            insert into accounts.invitations (id, workspace_id, email, email_normalized, role, invited_by, expires_at)
            select $1, $2, $3, $3, 'viewer', (select person_id from accounts.members where workspace_id = $2 limit 1),
                   now() + interval '1 day'
            """,
            id,
            workspace,
            $"{id:n}@example.com"
        );
        return AccountIds.Invitation(id);
    }

    /// <summary>A session belongs to a person, in whatever workspace the token is.</summary>
    private Thing Session() =>
        new(
            "session",
            async caller => await AnotherSessionAsync(caller?.Email ?? Callers[0].Email),
            async caller => [await AnotherSessionAsync(Callers.First(other => other.Email != caller.Email).Email)]
        );

    /// <summary>A picture is seen in the workspaces of who is on it.</summary>
    private Thing PersonWithAvatar() =>
        new(
            "person",
            async _ => await WithAvatarAsync(_admin),
            async caller => [await WithAvatarAsync(caller.IsOutsider ? _admin : _outsider)]
        );

    private static async Task<string> WithAvatarAsync(Person person)
    {
        using var put = await person.PutAvatarAsync(Pictures.Png(64, 64));
        put.StatusCode.ShouldBe(System.Net.HttpStatusCode.NoContent);
        return (string)(await person.JsonAsync("/me"))["id"]!;
    }

    private async Task<string> AnotherSessionAsync(string email)
    {
        using var answer = await PostAsync(_host, "/auth/login", new { email, password = SignUpPassword }, null);
        var token = Text(await answer.JsonAsync(), "accessToken");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/me/sessions");
        request.Headers.Authorization = new("Bearer", token);
        using var sessions = await _host.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var items = (await sessions.JsonAsync())["items"]!.AsArray();
        return Text(items.Single(item => item!["current"]!.GetValue<bool>())!, "id");
    }

    private static async Task<Guid> SharedWorkspaceAsync(JobsHost host, Somebody owner)
    {
        using var answer = await PostAsync(host, "/workspaces", new { name = "Ours" }, owner.Access);
        PublicId.TryParse("workspace", Text(await answer.JsonAsync(), "id"), out var workspace).ShouldBeTrue();
        var store = host.Services.GetRequiredService<EventStore>();
        await using var session = store.OpenWorkerSession(new SessionContext(workspace, "system", workspace));
        Wallets.Grant(session, store.NewId(), 100 * Credits.Micro, "test");
        await session.SaveChangesAsync(TestContext.Current.CancellationToken);
        return workspace;
    }

    private static async Task<Guid> JoinAsync(JobsHost host, Somebody person, Guid workspace, Role role)
    {
        await host.ExecuteAsync(
            "insert into accounts.members (workspace_id, person_id, role) values ($1, $2, $3)",
            workspace,
            person.Id,
            role.Name()
        );
        return person.Id;
    }

    /// <summary>A new person, made a member past the API, and in the workspace by a refresh.</summary>
    private static async Task<Caller> MemberAsync(JobsHost host, Person admin, Role role)
    {
        var person = await SignUpAsync(host);
        await JoinAsync(host, person, admin.Workspace, role);
        var token = await EnterAsync(host, person, admin.Workspace);
        return new Caller($"a member who is {role.Name()}", token, role, person.Email);
    }

    private static async Task<Caller> VisitorAsync(JobsHost host, Person admin)
    {
        var person = await SignUpAsync(host);
        await host.ExecuteAsync("update accounts.people set platform_admin = true where id = $1", person.Id);
        var token = await EnterAsync(host, person, admin.Workspace);
        return new Caller("a platform administrator", token, Role.Admin, person.Email) { IsPlatformAdmin = true };
    }

    private static async Task<Caller> KeyAsync(JobsHost host, Person admin, string name, bool readsOnly)
    {
        var scopes = ApiScopes
            .Of(host.Services.GetRequiredService<EndpointDataSource>().Endpoints)
            .Where(scope => !readsOnly || scope.EndsWith(":read", StringComparison.Ordinal));
        var key = await NewApiKeyAsync(admin, scopes);
        return new Caller(name, Text(key, "key"), Role.Admin, "") { IsKey = true, ReadsOnly = readsOnly };
    }

    private static async Task<JsonNode> NewApiKeyAsync(Person admin, IEnumerable<string> scopes)
    {
        using var answer = await admin.SendAsync(
            HttpMethod.Post,
            $"/workspaces/{IdOf(admin)}/api-keys",
            JsonContent.Create(new { name = "x", scopes })
        );
        return await answer.JsonAsync();
    }

    private static async Task<string> NewProviderKeyAsync(Person admin)
    {
        using var answer = await admin.SendAsync(
            HttpMethod.Post,
            $"/workspaces/{IdOf(admin)}/provider-keys",
            JsonContent.Create(
                new
                {
                    provider = "openai",
                    name = $"{Guid.NewGuid()}",
                    secret = "sk-0123456789abcdef",
                }
            )
        );
        return Text(await answer.JsonAsync(), "id");
    }

    private static string IdOf(Person admin) => PublicId.Format("workspace", admin.Workspace);

    private static async Task<List<(string Name, string? Token)>> BadTokensAsync(JobsHost host, Person admin)
    {
        var parts = admin.Token.Split('.');
        var yesterday = new AccessTokens(
            host.Services.GetRequiredService<SigningKeys>(),
            host.Services.GetRequiredService<IOptions<AccountsSettings>>(),
            new ManualClock(DateTimeOffset.UtcNow.AddDays(-1))
        );
        var loggedOut = await SignUpAsync(host);
        using (await PostAsync(host, "/auth/logout", new { }, loggedOut.Access)) { }
        var revoked = await NewApiKeyAsync(admin, ["jobs:write"]);
        var revocation = $"/workspaces/{IdOf(admin)}/api-keys/{Text(revoked["apiKey"]!, "id")}";
        using (await admin.SendAsync(HttpMethod.Delete, revocation)) { }
        return
        [
            ("no token", null),
            ("nonsense", "nonsense"),
            ("no signature", $"{parts[0]}.{parts[1]}."),
            ("another signature", $"{parts[0]}.{parts[1]}.{new string('A', parts[2].Length)}"),
            ("a token of another installation", new TokenForge().Good()),
            ("an expired token", yesterday.Issue(Guid.CreateVersion7(), new TokenForge().Member)),
            ("a refresh token", loggedOut.Refresh),
            ("the token of who logged out", loggedOut.Access),
            ("a revoked API key", Text(revoked, "key")),
            ("an API key of another installation", ForeignKey()),
        ];
    }

    private static string ForeignKey() =>
        new ApiKeyTexts(new MasterKey(Enumerable.Repeat((byte)9, MasterKey.Length).ToArray())).New();

    private const string SignUpPassword = "three tall ships";

    private sealed record Somebody(Guid Id, Guid Workspace, string Email, string Access, string Refresh);

    private static async Task<Somebody> SignUpAsync(JobsHost host)
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        using var answer = await PostAsync(host, "/auth/signup", new { email, password = SignUpPassword }, null);
        var body = await answer.JsonAsync();
        PublicId.TryParse("person", Text(body["person"]!, "id"), out var person).ShouldBeTrue();
        PublicId.TryParse("workspace", Text(body["workspace"]!, "id"), out var workspace).ShouldBeTrue();
        var tokens = body["tokens"]!;
        return new Somebody(person, workspace, email, Text(tokens, "accessToken"), Text(tokens, "refreshToken"));
    }

    private static async Task<string> EnterAsync(JobsHost host, Somebody person, Guid workspace)
    {
        var body = new { refreshToken = person.Refresh, workspace = PublicId.Format("workspace", workspace) };
        using var answer = await PostAsync(host, "/auth/refresh", body, null);
        return Text(await answer.JsonAsync(), "accessToken");
    }

    private static async Task<HttpResponseMessage> PostAsync(JobsHost host, string path, object body, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1" + path)
        {
            Content = JsonContent.Create(body, body.GetType()),
        };
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        return await host.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
