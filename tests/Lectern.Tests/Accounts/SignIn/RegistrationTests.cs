using System.Net;
using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Passwords;
using Lectern.Tests.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Lectern.Tests.Accounts.SignIn;

/// <summary>Sign-up as it is by default: nothing is made, and nothing told, before the address is confirmed.</summary>
public sealed class RegistrationTests : IAsyncLifetime
{
    private const string Jane = "jane@example.com";
    private ApiHost _api = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _api = await MailedHost.StartAsync();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Who_signs_up_gets_a_mail_and_its_token_makes_the_account()
    {
        using var asked = await SignUpAsync("Jane@Example.com");

        asked.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await _api.CountAsync("select count(*) from accounts.people")).ShouldBe(0);
        (await (await _api.LogInAsync(Jane, SignedUp.Password)).RefusalAsync()).ShouldBe("401 wrong-credentials");
        var mail = await _api.Mail.NextAsync("Jane@Example.com");
        mail.Text.ShouldContain("http://localhost:8080/api/v1/auth/email/verify");
        mail.Text.ShouldAllBe(c => char.IsAscii(c)); // so the token stands in the file as it is
        using var made = await VerifyAsync(Mailbox.TokenOf(mail)!);

        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        made.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var body = await made.JsonAsync();
        body["person"]!["email"]!.GetValue<string>().ShouldBe("Jane@Example.com");
        body["workspace"]!["kind"]!.GetValue<string>().ShouldBe("personal");
        (await _api.MeAsync(body["tokens"]!)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _api.LogInAsync(Jane, SignedUp.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _api.CountAsync("select count(*) from accounts.people where email_verified_at is not null")).ShouldBe(1);
        (await _api.CountAsync("select count(*) from accounts.sessions where method = 'confirmation'")).ShouldBe(1);
        (await _api.CountAsync("select count(*) from accounts.confirmations")).ShouldBe(0);
    }

    [Fact]
    public async Task A_known_address_gets_the_same_answer_and_another_mail()
    {
        await _api.RegisterAsync(Jane);

        using var known = await SignUpAsync("JANE@example.com");
        using var unknown = await SignUpAsync("john@example.com");

        (await known.ShownAsync()).ShouldBe(await unknown.ShownAsync());
        (await _api.Mail.NextAsync("john@example.com")).Subject.ShouldBe("Confirm your e-mail address");
        var told = await _api.Mail.NextAsync("JANE@example.com");
        told.Subject.ShouldBe("You have an account already");
        Mailbox.TokenOf(told).ShouldBeNull();
        await _api.QueueIsEmptyAsync();
        // The password of who doesn't read that mail is not kept.
        (await _api.QueryAsync("select email from accounts.confirmations", row => row.GetString(0))).ShouldBe([
            "john@example.com",
        ]);
    }

    [Fact]
    public async Task A_token_is_good_once_also_when_it_comes_many_times_at_once()
    {
        await SignUpAsync(Jane);
        var token = await _api.Mail.TokenAsync(Jane);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => VerifyAsync(token)));

        answers.Count(answer => answer.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        foreach (var late in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
            (await late.RefusalAsync()).ShouldBeOneOf("422 confirmation-invalid", "409 email-taken");
        (await _api.CountAsync("select count(*) from accounts.people")).ShouldBe(1);
        (await _api.CountAsync("select count(*) from accounts.sessions")).ShouldBe(1);
        (await (await VerifyAsync(token)).RefusalAsync()).ShouldBe("422 confirmation-invalid");
    }

    [Fact]
    public async Task Of_two_who_sign_up_with_one_address_its_owner_chooses()
    {
        await _api.PostAsync("/auth/signup", new { email = Jane, password = "what the thief knows" });
        await _api.Mail.NextAsync(Jane);
        await SignUpAsync(Jane);
        var (first, second) = (await _api.Mail.TokenAsync(Jane), await _api.Mail.TokenAsync(Jane, 2));

        (await VerifyAsync(second)).StatusCode.ShouldBe(HttpStatusCode.Created);

        (await (await VerifyAsync(first)).RefusalAsync()).ShouldBe("422 confirmation-invalid");
        (await _api.LogInAsync(Jane, SignedUp.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await _api.LogInAsync(Jane, "what the thief knows")).RefusalAsync()).ShouldBe("401 wrong-credentials");
    }

    [Fact]
    public async Task A_mail_that_did_not_come_is_sent_again_with_the_same_token()
    {
        await SignUpAsync(Jane);
        var first = await _api.Mail.TokenAsync(Jane);

        using var known = await _api.PostAsync("/auth/email/resend", new { email = "JANE@example.com" });
        using var unknown = await _api.PostAsync("/auth/email/resend", new { email = "john@example.com" });
        using var nonsense = await _api.PostAsync("/auth/email/resend", new { email = "no address" });

        (await _api.Mail.TokenAsync(Jane, 2)).ShouldBe(first);
        (await known.ShownAsync()).ShouldBe(await unknown.ShownAsync());
        (await known.ShownAsync()).ShouldBe(await nonsense.ShownAsync());
        await _api.QueueIsEmptyAsync();
        _api.Mail.All.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Tokens_that_are_expired_foreign_or_for_something_else_are_all_refused_alike()
    {
        await _api.RegisterAsync("john@example.com");
        await _api.PostAsync("/auth/password/forgot", new { email = "john@example.com" });
        var forAPassword = await _api.Mail.TokenAsync("john@example.com", 2);
        var expired = Guid.CreateVersion7();
        await _api.ExecuteAsync(
            """
            insert into accounts.confirmations (id, purpose, email, email_normalized, password_hash, expires_at)
            values ($1, 'sign_up', $2, $2, 'x', now() - interval '1 second')
            """,
            expired,
            Jane
        );
        var tokens = _api.Services.GetRequiredService<ConfirmationTokens>();

        string? first = null;
        foreach (
            var token in (string[])
                [
                    tokens.Write(ConfirmationPurpose.SignUp, expired),
                    tokens.Write(ConfirmationPurpose.SignUp, Guid.CreateVersion7()),
                    forAPassword,
                    forAPassword[..^1],
                    new string('A', 54),
                    "",
                ]
        )
        {
            using var refused = await VerifyAsync(token);
            (await refused.RefusalAsync()).ShouldBe("422 confirmation-invalid");
            var body = (await refused.JsonAsync()).AsObject();
            body.Remove("traceId");
            (first ??= body.ToJsonString()).ShouldBe(body.ToJsonString());
        }

        (await _api.CountAsync("select count(*) from accounts.people")).ShouldBe(1);
        await _api.Services.GetRequiredService<ConfirmationSweep>().SweepAsync(Cancel);
        (await _api.CountAsync("select count(*) from accounts.confirmations where email = $1", Jane)).ShouldBe(0);
        (await _api.CountAsync("select count(*) from accounts.confirmations")).ShouldBe(1);
    }

    [Fact]
    public async Task Neither_a_token_nor_a_password_is_stored()
    {
        await SignUpAsync(Jane);
        await SignUpAsync("john@example.com");
        var token = await _api.Mail.TokenAsync(Jane);
        await _api.Mail.NextAsync("john@example.com");
        await VerifyAsync(token);
        await _api.PostAsync("/auth/password/forgot", new { email = Jane });
        var reset = await _api.Mail.TokenAsync(Jane, 2);

        var dump = await _api.DumpAsync();

        dump.ShouldContain("john@example.com"); // the dump does show what is there
        dump.ShouldNotContain(SignedUp.Password);
        dump.ShouldNotContain(token);
        dump.ShouldNotContain(reset);
        var hashes = await _api.QueryAsync(
            "select password_hash from accounts.confirmations where purpose = 'sign_up' union all select password_hash from accounts.people",
            row => row.GetString(0)
        );
        hashes.Count.ShouldBe(2);
        hashes.ShouldAllBe(hash => Convert.FromBase64String(hash)[0] == 1);
    }

    [Fact]
    public async Task A_known_address_costs_the_same_work_as_an_unknown_one()
    {
        var hasher = new CountingHasher();
        await using var quiet = await MailedHost.StartAsync(
            services => services.Replace(ServiceDescriptor.Singleton(new PasswordHashing(hasher, 2, 100))),
            runWorkers: false,
            ("ConfirmEmail", "true")
        );
        await quiet.AdministratorAsync(Jane);

        foreach (
            var (path, body) in ((string, Func<string, object>)[])
                [
                    ("/auth/signup", email => new { email, password = SignedUp.Password }),
                    ("/auth/email/resend", email => new { email }),
                    ("/auth/password/forgot", email => new { email }),
                    ("/auth/login", email => new { email, password = "not the password" }),
                ]
        )
            (await WorkAsync(quiet, hasher, path, body(Jane))).ShouldBe(
                await WorkAsync(quiet, hasher, path, body("nobody@example.com")),
                path
            );
    }

    [Fact]
    public async Task Where_registration_is_closed_nobody_signs_up_and_administrators_make_people()
    {
        await using var closed = await MailedHost.StartAsync(settings: ("Registration", "closed"));
        var admin = await closed.AdministratorAsync("admin@example.com");

        (await (await closed.PostAsync("/auth/signup", Credentials(Jane))).RefusalAsync()).ShouldBe(
            "403 registration-closed"
        );
        var waiting = Guid.CreateVersion7(); // from the time before
        await closed.ExecuteAsync(
            """
            insert into accounts.confirmations (id, purpose, email, email_normalized, password_hash, expires_at)
            values ($1, 'sign_up', $2, $2, 'x', now() + interval '1 hour')
            """,
            waiting,
            Jane
        );
        var tokens = closed.Services.GetRequiredService<ConfirmationTokens>();
        var late = new { token = tokens.Write(ConfirmationPurpose.SignUp, waiting) };
        (await (await closed.PostAsync("/auth/email/verify", late)).RefusalAsync()).ShouldBe("403 registration-closed");
        (await closed.PostAsync("/admin/people", new { email = Jane }, admin)).StatusCode.ShouldBe(
            HttpStatusCode.Created
        );
        var mail = await closed.Mail.NextAsync(Jane);
        mail.Subject.ShouldBe("Your account is ready");
        (await (await closed.LogInAsync(Jane, SignedUp.Password)).RefusalAsync()).ShouldBe("401 wrong-credentials");
        var chosen = new { token = Mailbox.TokenOf(mail), password = SignedUp.Password };
        (await closed.PostAsync("/auth/password/reset", chosen)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await closed.LogInAsync(Jane, SignedUp.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Where_an_invitation_is_needed_only_the_invited_address_gets_in()
    {
        await using var host = await MailedHost.StartAsync(settings: ("Registration", "invitation"));
        var admin = await host.AdministratorAsync("admin@example.com");
        var workspace = (await (await host.PostAsync("/workspaces", new { name = "Books" }, admin)).JsonAsync())[
            "id"
        ]!.GetValue<string>();
        using var refreshed = await host.PostAsync(
            "/auth/refresh",
            new { refreshToken = admin["refreshToken"]!.GetValue<string>(), workspace }
        );
        var inside = await refreshed.JsonAsync();
        var invited = new { email = Jane, role = "editor" };
        using var sent = await host.PostAsync($"/workspaces/{workspace}/invitations", invited, inside);
        sent.StatusCode.ShouldBe(HttpStatusCode.Created, await sent.Content.ReadAsStringAsync(Cancel));
        var invitation = await host.Mail.TokenAsync(Jane);

        (await (await host.PostAsync("/auth/signup", Credentials(Jane))).RefusalAsync()).ShouldBe(
            "403 invitation-needed"
        );
        foreach (var (email, token) in new[] { ("john@example.com", invitation), (Jane, new string('A', 54)) })
            (await (await host.PostAsync("/auth/signup", Credentials(email, token))).RefusalAsync()).ShouldBe(
                "422 confirmation-invalid"
            );
        using var made = await host.PostAsync("/auth/signup", Credentials(Jane, invitation));

        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        (
            await host.CountAsync(
                """
                select count(*) from accounts.members m join accounts.people p on p.id = m.person_id
                where p.email = $1 and p.email_verified_at is not null and m.role in ('admin', 'editor')
                """,
                Jane
            )
        ).ShouldBe(2); // in the personal workspace, and in the one of the invitation
        (
            await (await host.PostAsync("/auth/signup", Credentials("jim@example.com", invitation))).RefusalAsync()
        ).ShouldBe("422 confirmation-invalid");
    }

    private Task<HttpResponseMessage> SignUpAsync(string email) => _api.PostAsync("/auth/signup", Credentials(email));

    private Task<HttpResponseMessage> VerifyAsync(string token) => _api.PostAsync("/auth/email/verify", new { token });

    private static object Credentials(string email, string? invitation = null) =>
        new
        {
            email,
            password = SignedUp.Password,
            invitation,
        };

    /// <summary>The statements that a request sends and the passwords that it has hashed.</summary>
    private static async Task<string> WorkAsync(ApiHost api, CountingHasher hasher, string path, object body)
    {
        using var statements = new SqlOfRequest();
        hasher.Calls.Clear();
        using var answer = await statements.PostAsync(api.Client, "/api/v1" + path, body);
        statements.Texts.ShouldNotBeEmpty();
        return string.Join('\n', [.. statements.Texts, .. hasher.Calls]);
    }

    private sealed class CountingHasher : IPasswordHasher<object>
    {
        private readonly PasswordHasher<object> _inner = new(
            Options.Create(new PasswordHasherOptions { IterationCount = 1 })
        );

        public List<string> Calls { get; } = [];

        public string HashPassword(object user, string password)
        {
            Calls.Add("hash");
            return _inner.HashPassword(user, password);
        }

        public PasswordVerificationResult VerifyHashedPassword(
            object user,
            string hashedPassword,
            string providedPassword
        )
        {
            Calls.Add("verify");
            return _inner.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }
}
