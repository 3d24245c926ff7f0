using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Passwords;
using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.Tests.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Lectern.Tests.Accounts.SignIn;

public sealed class SignInTests : IAsyncLifetime
{
    private const string Password = "three tall ships";
    private readonly Welcome _welcome = new();
    private ApiHost _api = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _api = await ApiHost.StartAsync(
            [new AccountsModule()],
            services =>
            {
                services.AddSingleton<IWhenAccountRegistered>(_welcome);
                services.AddSingleton<IMePart, ShoeSize>();
                services.Replace(ServiceDescriptor.Singleton(new PasswordHashing(new QuickHasher(), 2, 100)));
            }
        );

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Who_signs_up_is_logged_in_with_a_workspace_of_their_own()
    {
        var answer = await SignUpAsync("Jane@Example.com", name: "Jane");

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        answer.Headers.Location!.ToString().ShouldBe("/api/v1/me");
        var body = await answer.JsonAsync();
        body["tokens"]!["tokenType"]!.GetValue<string>().ShouldBe("Bearer");
        body["tokens"]!["expiresIn"]!.GetValue<int>().ShouldBe(900);
        var me = await (await _api.GetAsync("/me", Token(body["tokens"]!))).JsonAsync();
        me["id"]!.GetValue<string>().ShouldBe(body["person"]!["id"]!.GetValue<string>());
        me["email"]!.GetValue<string>().ShouldBe("Jane@Example.com");
        me["name"]!.GetValue<string>().ShouldBe("Jane");
        me["workspace"]!.GetValue<string>().ShouldBe(body["workspace"]!["id"]!.GetValue<string>());
        me["role"]!.GetValue<string>().ShouldBe("admin");
        me["createdAt"]!.GetValue<DateTimeOffset>().ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1));
        me["shoeSize"]!.GetValue<int>().ShouldBe(42);
    }

    [Fact]
    public async Task The_address_is_the_same_in_any_case()
    {
        await SignUpAsync("jane@example.com");

        (await (await SignUpAsync("JANE@example.COM")).RefusalAsync()).ShouldBe("409 email-taken");
        (await LogInAsync("jAnE@eXample.com", Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Sign_ups_at_once_with_one_address_make_one_account_and_one_welcome()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SignUpAsync("jane@example.com")));

        answers.Count(answer => answer.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        foreach (var refused in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
            (await refused.RefusalAsync()).ShouldBe("409 email-taken");
        (await CountAsync("select count(*) from accounts.people")).ShouldBe(1);
        (await CountAsync("select count(*) from accounts.workspaces")).ShouldBe(1);
        (await CountAsync("select count(*) from eventing.events")).ShouldBe(2); // the account's and the welcome
    }

    [Fact]
    public async Task A_module_that_reacts_to_a_sign_up_commits_with_it_or_not_at_all()
    {
        await SignUpAsync("jane@example.com");
        (await CountAsync("select count(*) from eventing.events where version = 2")).ShouldBe(1);
        _welcome.Failing = true;
        (await SignUpAsync("john@example.com")).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        _welcome.Failing = false;

        (await CountAsync("select count(*) from accounts.people")).ShouldBe(1);
        (await SignUpAsync("john@example.com")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("""{"email":"jane","password":"three tall ships"}""", "/email")]
    [InlineData("""{"email":"jane@example.com","password":"short"}""", "/password")]
    [InlineData("""{"email":"jane@example.com","password":"password1"}""", "/password")]
    [InlineData("""{"email":"jane@example.com","password":"three\u0000ships"}""", "/password")]
    [InlineData("""{"email":"jane@example.com","password":"three tall ships","name":" "}""", "/name")]
    [InlineData("""{"email":"jane@example.com","password":"three tall ships","name":"a\nb"}""", "/name")]
    [InlineData("""{"email":"jane@example.com"}""", "/password")]
    [InlineData("""{"email":null,"password":"three tall ships"}""", "/email")]
    [InlineData("""{"email":"jane@example.com","password":"three tall ships","role":"admin"}""", "/role")]
    public async Task Values_that_do_not_fit_are_refused_with_their_pointer(string json, string pointer)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        var answer = await _api.Client.PostAsync("/api/v1/auth/signup", body, Cancel);

        (await answer.RefusalAsync()).ShouldBe("422 invalid-values");
        var problem = await answer.JsonAsync();
        problem["errors"]!.AsArray().Select(error => error!["pointer"]!.GetValue<string>()).ShouldBe([pointer]);
        (await CountAsync("select count(*) from accounts.people")).ShouldBe(0);
    }

    [Fact]
    public async Task All_faults_are_named_at_once()
    {
        var answer = await _api.PostAsync(
            "/auth/signup",
            new
            {
                email = "x",
                password = "x",
                name = "",
            }
        );
        (await answer.JsonAsync())["errors"]!.AsArray().Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_unknown_address_and_a_wrong_password_get_the_same_answer()
    {
        await SignUpAsync("jane@example.com");

        var wrong = await LogInAsync("jane@example.com", Password + "!");
        var unknown = await LogInAsync("john@example.com", Password);
        var nonsense = await LogInAsync("no address", "");

        (await wrong.RefusalAsync()).ShouldBe("401 wrong-credentials");
        var first = await BodyWithoutTraceAsync(wrong);
        foreach (var other in (HttpResponseMessage[])[unknown, nonsense])
        {
            other.StatusCode.ShouldBe(wrong.StatusCode);
            other.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer realm=\"lectern\"");
            (await BodyWithoutTraceAsync(other)).ShouldBe(first);
        }
    }

    [Fact]
    public async Task Who_logs_in_gets_a_token_that_works()
    {
        await SignUpAsync("jane@example.com");

        var tokens = await (await LogInAsync("jane@example.com", Password)).JsonAsync();

        tokens
            .AsObject()
            .Select(member => member.Key)
            .ShouldBe(["accessToken", "tokenType", "expiresIn", "refreshToken"]);
        (await _api.GetAsync("/me", Token(tokens))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(null, "Bearer realm=\"lectern\"")]
    [InlineData("Basic amFuZTp4", "Bearer realm=\"lectern\"")]
    [InlineData("Bearer", "Bearer realm=\"lectern\"")]
    [InlineData(
        "Bearer x",
        "Bearer realm=\"lectern\", error=\"invalid_token\", error_description=\"The access token is not valid.\""
    )]
    public async Task Without_a_good_token_the_answer_is_401_and_says_what_is_wanted(string? header, string challenge)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/me");
        if (header is not null)
            request.Headers.TryAddWithoutValidation("Authorization", header);

        var answer = await _api.Client.SendAsync(request, Cancel);

        (await answer.RefusalAsync()).ShouldBe("401 unauthenticated");
        answer.Headers.WwwAuthenticate.ToString().ShouldBe(challenge);
    }

    [Fact]
    public async Task Two_credentials_are_none()
    {
        var token = Token((await (await SignUpAsync("jane@example.com")).JsonAsync())["tokens"]!);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/me");
        request.Headers.TryAddWithoutValidation("Authorization", ["Bearer " + token, "Bearer " + token]);

        (await _api.Client.SendAsync(request, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("GET", "/api/v1/nothing", "404 not-found")]
    [InlineData("DELETE", "/api/v1/auth/login", "405 method-not-allowed")]
    public async Task An_address_that_does_not_exist_asks_for_no_token(string method, string path, string refusal)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        (await (await _api.Client.SendAsync(request, Cancel)).RefusalAsync()).ShouldBe(refusal);
    }

    [Fact]
    public async Task The_public_key_is_published_and_verifies_what_was_issued()
    {
        var token = Token((await (await SignUpAsync("jane@example.com")).JsonAsync())["tokens"]!).Split('.');

        var answer = await _api.Client.GetAsync("/.well-known/jwks.json", Cancel);

        answer.Headers.CacheControl!.Public.ShouldBeTrue();
        var key = (await answer.JsonAsync())["keys"]![0]!;
        var header = JsonNode.Parse(Base64Url.DecodeFromChars(token[0]))!;
        header["kid"]!.GetValue<string>().ShouldBe(key["kid"]!.GetValue<string>());
        key.AsObject().Select(member => member.Key).ShouldNotContain("d");
        using var verifier = ECDsa.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new()
                {
                    X = Base64Url.DecodeFromChars(key["x"]!.GetValue<string>()),
                    Y = Base64Url.DecodeFromChars(key["y"]!.GetValue<string>()),
                },
            }
        );
        Es256
            .Verify(verifier, Encoding.ASCII.GetBytes($"{token[0]}.{token[1]}"), Base64Url.DecodeFromChars(token[2]))
            .ShouldBeTrue();
    }

    [Fact]
    public async Task The_database_shows_a_workspace_its_own_people_only_and_no_password_hash()
    {
        var jane = await SignUpAsync("jane@example.com");
        await SignUpAsync("john@example.com");
        PublicId.TryParse(
            "workspace",
            (await jane.JsonAsync())["workspace"]!["id"]!.GetValue<string>(),
            out var workspace
        );
        await using var session = _api.Store.OpenSession(new SessionContext(workspace, "system", Guid.NewGuid()));

        (await session.QueryAsync("select email from accounts.people", row => row.GetString(0), Cancel)).ShouldBe([
            "jane@example.com",
        ]);
        (await session.QueryAsync("select 1 from accounts.workspaces", _ => 1, Cancel)).Count.ShouldBe(1);
        (await session.QueryAsync("select 1 from accounts.members", _ => 1, Cancel)).Count.ShouldBe(1);
        var denied = await Should.ThrowAsync<PostgresException>(() =>
            session.QueryAsync("select password_hash from accounts.people", row => row.GetString(0), Cancel)
        );
        denied.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
    }

    [Fact]
    public async Task A_full_line_of_sign_ins_answers_503_with_a_time_to_come_back()
    {
        await using var busy = await ApiHost.StartAsync(
            [new AccountsModule()],
            services => services.Replace(ServiceDescriptor.Singleton(new PasswordHashing(new StuckHasher(), 1, 0)))
        );
        var first = busy.PostAsync("/auth/login", new { email = "jane@example.com", password = Password });
        await StuckHasher.Entered.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);

        foreach (var path in (string[])["/auth/login", "/auth/signup"])
        {
            var refused = await busy.PostAsync(path, new { email = "jane@example.com", password = Password });
            (await refused.RefusalAsync()).ShouldBe("503 sign-in-busy");
            refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
        }

        StuckHasher.Gate.Set();
        (await (await first).RefusalAsync()).ShouldBe("401 wrong-credentials");
    }

    private Task<HttpResponseMessage> SignUpAsync(string email, string? name = null) =>
        _api.PostAsync(
            "/auth/signup",
            new
            {
                email,
                password = Password,
                name,
            }
        );

    private Task<HttpResponseMessage> LogInAsync(string email, string password) =>
        _api.PostAsync("/auth/login", new { email, password });

    private static string Token(JsonNode tokens) => tokens["accessToken"]!.GetValue<string>();

    private static async Task<string> BodyWithoutTraceAsync(HttpResponseMessage answer)
    {
        var body = (await answer.JsonAsync()).AsObject();
        body.Remove("traceId");
        return body.ToJsonString();
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var session = _api.Store.OpenWorkerSession(
            new SessionContext(Guid.Empty, "system", Guid.NewGuid())
        );
        return (await session.QueryAsync(sql, row => row.GetInt64(0), Cancel)).Single();
    }

    private sealed class ShoeSize : IMePart
    {
        public string Name => "shoeSize";

        public Task<object> GetAsync(Caller caller, CancellationToken cancel) => Task.FromResult<object>(42);
    }

    /// <summary>Another module's reaction: an event that can be counted, or one whose stream doesn't exist.</summary>
    private sealed class Welcome : IWhenAccountRegistered
    {
        public bool Failing { get; set; }

        public void Apply(Session session, AccountRegistered registered) =>
            session.Append<Account>(Failing ? Guid.NewGuid() : registered.Person, registered);
    }

    /// <summary>The real format with one round, since these tests are about sign-in and not about the cost of it.</summary>
    private sealed class QuickHasher()
        : PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = 1 }));

    private sealed class StuckHasher : IPasswordHasher<object>
    {
        public static TaskCompletionSource Entered { get; } = new();

        public static ManualResetEventSlim Gate { get; } = new();

        public string HashPassword(object user, string password) => throw new NotSupportedException();

        public PasswordVerificationResult VerifyHashedPassword(
            object user,
            string hashedPassword,
            string providedPassword
        )
        {
            Entered.SetResult();
            Gate.Wait();
            return PasswordVerificationResult.Failed;
        }
    }
}
