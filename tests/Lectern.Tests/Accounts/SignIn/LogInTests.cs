using System.Net;
using Lectern.Accounts.Passwords;
using Lectern.Tests.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Lectern.Tests.Accounts.SignIn;

/// <summary>What a log-in does about the stored hash. Who gets in is in <see cref="SignInTests"/>.</summary>
public sealed class LogInTests : IAsyncLifetime
{
    private const string Jane = "jane@example.com";
    private readonly ChangingHasher _hasher = new();
    private ApiHost _api = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync(
            [new Lectern.Accounts.AccountsModule()],
            services => services.Replace(ServiceDescriptor.Singleton(new PasswordHashing(_hasher, 4, 100)))
        );
        await SignedUp.TokensAsync(_api, Jane);
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_hash_with_fewer_rounds_than_today_is_replaced_when_the_password_is_at_hand()
    {
        var before = await HashAsync();
        (await _api.LogInAsync(Jane, SignedUp.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await HashAsync()).ShouldBe(before);

        _hasher.Rounds = 3;
        (await (await _api.LogInAsync(Jane, "not the password")).RefusalAsync()).ShouldBe("401 wrong-credentials");
        (await HashAsync()).ShouldBe(before);
        (await _api.LogInAsync(Jane, SignedUp.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var after = await HashAsync();
        Convert.FromBase64String(after)[5..9].ShouldBe(new byte[] { 0, 0, 0, 3 });
        (await _api.LogInAsync(Jane, SignedUp.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await HashAsync()).ShouldBe(after);
    }

    [Fact]
    public async Task A_log_in_whose_password_was_changed_while_it_was_checked_is_refused()
    {
        var checkedAlready = new TaskCompletionSource();
        using var goOn = new ManualResetEventSlim();
        _hasher.AfterCheck = () =>
        {
            checkedAlready.SetResult();
            goOn.Wait(Cancel);
        };
        var login = _api.LogInAsync(Jane, SignedUp.Password);
        await checkedAlready.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        _hasher.AfterCheck = () => { };

        await _api.ExecuteAsync("update accounts.people set password_hash = 'another'");
        goOn.Set();

        (await (await login).RefusalAsync()).ShouldBe("401 wrong-credentials");
        (await _api.CountAsync("select count(*) from accounts.sessions")).ShouldBe(1); // the sign-up's
    }

    private async Task<string> HashAsync() =>
        (await _api.QueryAsync("select password_hash from accounts.people", row => row.GetString(0))).Single();

    private sealed class ChangingHasher : IPasswordHasher<object>
    {
        public int Rounds { get; set; } = 1;

        public Action AfterCheck { get; set; } = () => { };

        private PasswordHasher<object> Inner =>
            new(Options.Create(new PasswordHasherOptions { IterationCount = Rounds }));

        public string HashPassword(object user, string password) => Inner.HashPassword(user, password);

        public PasswordVerificationResult VerifyHashedPassword(
            object user,
            string hashedPassword,
            string providedPassword
        )
        {
            var result = Inner.VerifyHashedPassword(user, hashedPassword, providedPassword);
            AfterCheck();
            return result;
        }
    }
}
