using System.Net;
using Lectern.Accounts.Contracts;
using Lectern.Tests.Accounts.Workspaces;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Accounts.Administration;

/// <summary>A database of its own for each test, since each is about all administrators that there are.</summary>
public sealed class LastPlatformAdminTests : IAsyncLifetime
{
    private readonly WorkspacesHost _host = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task The_last_administrator_stays_one()
    {
        var last = await _host.PlatformAdminAsync();
        var former = await _host.PlatformAdminAsync();
        var path = $"/admin/people/{last.Id}";
        await last.SendAsync(HttpMethod.Patch, $"/admin/people/{former.Id}", new { disabled = true });

        foreach (
            var answer in (HttpResponseMessage[])
                [
                    await last.SendAsync(HttpMethod.Patch, path, new { disabled = true }),
                    await last.SendAsync(HttpMethod.Patch, path, new { platformAdmin = false }),
                    await last.SendAsync(HttpMethod.Delete, path),
                ]
        )
            (await answer.RefusalAsync()).ShouldBe("409 last-platform-admin");

        (await last.GetAsync("/admin/people")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var demoted = await People.SetAdminAsync(last.Email, false, Cancel);
        demoted.Done.ShouldBeFalse();
        demoted.Text.ShouldContain("last administrator");
    }

    [Fact]
    public async Task Administrators_who_step_down_at_once_leave_one()
    {
        var jane = await _host.PlatformAdminAsync();
        for (var round = 0; round < 6; round++)
        {
            var john = await _host.PlatformAdminAsync();

            var answers = await Task.WhenAll(
                new[] { jane, john }.Select(one =>
                    one.SendAsync(HttpMethod.Patch, $"/admin/people/{one.Id}", new { platformAdmin = false })
                )
            );

            var refused = answers.Where(answer => !answer.IsSuccessStatusCode).ShouldHaveSingleItem();
            (await refused.RefusalAsync()).ShouldBe("409 last-platform-admin");
            (await _host.TextsAsync("select id::text from accounts.people where platform_admin")).Count.ShouldBe(1);
            if (answers[0].IsSuccessStatusCode)
                jane = john;
        }
    }

    [Fact]
    public async Task An_operator_makes_the_first_administrator()
    {
        var made = await People.CreateAsync("root@example.com", "Root", admin: true, null, Cancel);

        made.Done.ShouldBeTrue(made.Text);
        var password = made.Text.Split(": ")[^1];
        var login = await _host.Api.PostAsync("/auth/login", new { email = "root@example.com", password });
        login.StatusCode.ShouldBe(HttpStatusCode.OK);
        var root = new Somebody(_host.Api, "root@example.com", await login.JsonAsync());
        (await root.GetAsync("/admin/people")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var id = made.Text.Split('\n')[0];
        (await _host.AuditOfPlatformAsync())[..2].ShouldBe([$"people.created {id} {{}}", $"people.promoted {id} {{}}"]);
        (
            await _host.TextsAsync("select distinct actor from accounts.audit_log where action like 'people.%'")
        ).ShouldBe(["operator"]);
    }

    [Fact]
    public async Task An_operator_promotes_and_demotes()
    {
        var (jane, other) = (await _host.SignUpAsync(), await _host.PlatformAdminAsync());

        (await People.SetAdminAsync(jane.Email.ToUpperInvariant(), true, Cancel)).Done.ShouldBeTrue();
        await jane.EnterAsync(jane.Personal);
        (await jane.GetAsync("/admin/people")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await People.SetAdminAsync(jane.Email, true, Cancel)).Text.ShouldEndWith("already.");
        (await People.SetAdminAsync(other.Email, false, Cancel)).Done.ShouldBeTrue();

        // Another process did it, so this host learns of it within a second.
        await Eventually.IsAsync(
            () => other.GetAsync("/admin/people"),
            answer => answer.StatusCode == HttpStatusCode.Unauthorized,
            "the former administrator is out"
        );
    }

    [Fact]
    public async Task An_operator_is_told_what_is_wrong()
    {
        var jane = await _host.SignUpAsync();
        foreach (
            var (answer, why) in new[]
            {
                (await People.CreateAsync("x", null, false, null, Cancel), "e-mail address"),
                (await People.CreateAsync("x@example.com", " ", false, null, Cancel), "name"),
                (await People.CreateAsync("x@example.com", null, false, "short", Cancel), "password"),
                (await People.CreateAsync(jane.Email, null, false, null, Cancel), "has an account already"),
                (await People.SetAdminAsync("nobody@example.com", true, Cancel), "No account"),
            }
        )
        {
            answer.Done.ShouldBeFalse();
            answer.Text.ShouldContain(why);
        }
    }

    private PeopleOperations People => _host.Api.Services.GetRequiredService<PeopleOperations>();
}
