using System.Net;
using System.Text.Json.Nodes;
using Lectern.Tests.Accounts.Workspaces;
using Lectern.Tests.Http;

namespace Lectern.Tests.Accounts.Administration;

public sealed class PeopleTests(WorkspacesHost host) : IClassFixture<WorkspacesHost>
{
    [Fact]
    public async Task Only_administrators_of_the_platform_get_in_and_what_they_do_is_audited()
    {
        var (jane, admin) = (await host.AdminOfNewWorkspaceAsync(), await host.PlatformAdminAsync());
        (HttpMethod Method, string Path, object? Body)[] acts =
        [
            (HttpMethod.Get, "/admin/people", null),
            (HttpMethod.Post, "/admin/people", new { email = $"{Guid.NewGuid():n}@example.com" }),
            (HttpMethod.Get, $"/admin/people/{jane.Id}", null),
            (HttpMethod.Patch, $"/admin/people/{jane.Id}", new { plan = "studio" }),
            (HttpMethod.Get, "/admin/workspaces", null),
            (HttpMethod.Get, "/admin/audit", null),
            (HttpMethod.Delete, $"/admin/people/{jane.Id}", null),
        ];
        foreach (var (method, path, body) in acts)
        {
            (await (await host.Api.SendAsync(method, path, body, null)).RefusalAsync()).ShouldBe("401 unauthenticated");
            (await (await jane.SendAsync(method, path, body)).RefusalAsync()).ShouldBe("403 forbidden", path);
        }

        foreach (var (method, path, body) in acts)
        {
            var before = await host.AuditOfPlatformAsync();
            (await admin.SendAsync(method, path, body)).IsSuccessStatusCode.ShouldBeTrue(path);
            (await host.AuditOfPlatformAsync())[before.Count].ShouldStartWith("platform.act ");
        }
    }

    [Fact]
    public async Task People_are_found_by_the_beginning_of_the_address()
    {
        var admin = await host.PlatformAdminAsync();
        var prefix = $"p{Guid.NewGuid():n}"[..12];
        foreach (var name in (string[])["a", "b", "c"])
            await host.SignUpAsync($"{prefix}_{name}@example.com");
        await host.SignUpAsync($"{prefix}x@example.com"); // the underscore is no wildcard

        var first = await admin.JsonAsync($"/admin/people?email={prefix.ToUpperInvariant()}_&limit=2");
        var rest = await admin.JsonAsync($"/admin/people?email={prefix}_&limit=2&cursor={first["next"]}");

        string[] newestFirst = [$"{prefix}_c@example.com", $"{prefix}_b@example.com", $"{prefix}_a@example.com"];
        Emails(first).Concat(Emails(rest)).ShouldBe(newestFirst);
        rest["next"].ShouldBeNull();
        Emails(await admin.JsonAsync("/admin/people?email=%25")).ShouldBeEmpty();
        (await (await admin.GetAsync($"/admin/people?email=other&cursor={first["next"]}")).RefusalAsync()).ShouldBe(
            "422 invalid-values"
        );
    }

    [Fact]
    public async Task A_person_is_made_without_a_password_and_with_a_confirmed_address()
    {
        var admin = await host.PlatformAdminAsync();
        var email = $"{Guid.NewGuid():n}@example.com";

        var made = await admin.SendAsync(
            HttpMethod.Post,
            "/admin/people",
            new
            {
                email,
                name = "Jane",
                plan = "studio",
            }
        );

        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var person = await made.JsonAsync();
        made.Headers.Location!.ToString().ShouldBe($"/api/v1/admin/people/{person["id"]}");
        person["email"]!.GetValue<string>().ShouldBe(email);
        person["plan"]!.GetValue<string>().ShouldBe("studio");
        person["emailVerified"]!.GetValue<bool>().ShouldBeTrue();
        person["platformAdmin"]!.GetValue<bool>().ShouldBeFalse();
        (await host.Api.PostAsync("/auth/login", new { email, password = SignedUp.Password })).StatusCode.ShouldBe(
            HttpStatusCode.Unauthorized
        );
        (await (await admin.SendAsync(HttpMethod.Post, "/admin/people", new { email })).RefusalAsync()).ShouldBe(
            "409 email-taken"
        );
        var (token, password) = (await host.Api.Mail.TokenAsync(email), "of their own choice");
        (await host.Api.PostAsync("/auth/password/reset", new { token, password })).StatusCode.ShouldBe(
            HttpStatusCode.NoContent
        );
        (await host.Api.PostAsync("/auth/login", new { email, password })).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.AuditOfPlatformAsync()).ShouldContain($"people.created {person["id"]} {{}}");
    }

    [Theory]
    [InlineData("POST", """{"email":"x"}""", "/email")]
    [InlineData("POST", """{"email":"x@example.com","name":" "}""", "/name")]
    [InlineData("POST", """{"email":"x@example.com","plan":"Best Plan"}""", "/plan")]
    [InlineData("PATCH", """{"name":""}""", "/name")]
    [InlineData("PATCH", """{"plan":""}""", "/plan")]
    [InlineData("PATCH", """{"email":"y@example.com"}""", "/email")]
    public async Task Values_that_do_not_fit_are_refused_with_their_pointer(string method, string json, string pointer)
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());

        var answer = await admin.SendAsync(
            new HttpMethod(method),
            method == "POST" ? "/admin/people" : $"/admin/people/{jane.Id}",
            JsonNode.Parse(json)
        );

        (await answer.RefusalAsync()).ShouldBe("422 invalid-values");
        ((string)(await answer.JsonAsync())["errors"]![0]!["pointer"]!).ShouldBe(pointer);
    }

    [Fact]
    public async Task Name_and_plan_are_changed_and_what_is_left_out_stays()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());
        await admin.SendAsync(HttpMethod.Patch, $"/admin/people/{jane.Id}", new { name = "Jane" });

        var changed = await (
            await admin.SendAsync(HttpMethod.Patch, $"/admin/people/{jane.Id}", new { plan = "studio" })
        ).JsonAsync();

        changed["name"]!.GetValue<string>().ShouldBe("Jane");
        changed["plan"]!.GetValue<string>().ShouldBe("studio");
        changed["workspace"]!.GetValue<string>().ShouldBe(jane.Personal);
        (await jane.GetAsync("/me")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.AuditOfPlatformAsync()).ShouldContain($$"""people.plan_changed {{jane.Id}} {"plan": "studio"}""");
    }

    [Fact]
    public async Task Who_is_disabled_is_out_at_once_and_can_come_back()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());

        await SetAsync(admin, jane, new { disabled = true });

        (await (await jane.GetAsync("/me")).RefusalAsync()).ShouldBe("401 unauthenticated");
        (await (await jane.TryEnterAsync(jane.Personal)).RefusalAsync()).ShouldBeOneOf(
            "401 invalid-grant",
            "404 not-found"
        );
        (await LogInAsync(jane)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await admin.JsonAsync($"/admin/people/{jane.Id}"))["disabled"]!.GetValue<bool>().ShouldBeTrue();

        await SetAsync(admin, jane, new { disabled = false });
        (await LogInAsync(jane)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_deleted_person_is_out_at_once()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());

        (await admin.SendAsync(HttpMethod.Delete, $"/admin/people/{jane.Id}")).IsSuccessStatusCode.ShouldBeTrue();

        (await (await jane.GetAsync("/me")).RefusalAsync()).ShouldBe("401 unauthenticated");
        (await LogInAsync(jane)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await host.AuditOfPlatformAsync()).ShouldContain($"people.erasure_began {jane.Id} {{}}");
    }

    [Fact]
    public async Task Somebody_who_is_no_administrator_any_more_is_none_at_once()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.SignUpAsync());
        await SetAsync(admin, jane, new { platformAdmin = true });
        await jane.EnterAsync(jane.Personal);
        (await jane.GetAsync("/admin/people")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await SetAsync(admin, jane, new { platformAdmin = false });

        (await (await jane.GetAsync("/admin/people")).RefusalAsync()).ShouldBe("401 unauthenticated");
        (await host.AuditOfPlatformAsync())
            .Where(entry => entry.Contains(jane.Id, StringComparison.Ordinal))
            .ShouldContain($"people.demoted {jane.Id} {{}}");
    }

    [Fact]
    public async Task People_who_are_not_there_are_not_found()
    {
        var admin = await host.PlatformAdminAsync();
        foreach (
            var id in (string[])[admin.Workspace, "x", Lectern.Accounts.Contracts.AccountIds.Person(Guid.NewGuid())]
        )
        {
            (await (await admin.GetAsync($"/admin/people/{id}")).RefusalAsync()).ShouldBe("404 not-found");
            (await (await admin.SendAsync(HttpMethod.Delete, $"/admin/people/{id}")).RefusalAsync()).ShouldBe(
                "404 not-found"
            );
            (
                await (
                    await admin.SendAsync(HttpMethod.Patch, $"/admin/people/{id}", new { plan = "x" })
                ).RefusalAsync()
            ).ShouldBe("404 not-found");
        }
    }

    [Fact]
    public async Task Workspaces_are_listed_with_their_members()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.AdminOfNewWorkspaceAsync("Newest"));
        await host.JoinAsync(jane, "viewer");

        var shared = (await admin.JsonAsync("/admin/workspaces?kind=shared&limit=1"))["items"]![0]!;

        shared["id"]!.GetValue<string>().ShouldBe(jane.Workspace);
        shared["name"]!.GetValue<string>().ShouldBe("Newest");
        shared["members"]!.GetValue<long>().ShouldBe(2);
        (await (await admin.GetAsync("/admin/workspaces?kind=other")).RefusalAsync()).ShouldBe("422 invalid-values");
    }

    private static IEnumerable<string> Emails(JsonNode page) =>
        page["items"]!.AsArray().Select(person => (string)person!["email"]!);

    private static async Task SetAsync(Somebody by, Somebody whom, object change) =>
        (await by.SendAsync(HttpMethod.Patch, $"/admin/people/{whom.Id}", change)).StatusCode.ShouldBe(
            HttpStatusCode.OK
        );

    private Task<HttpResponseMessage> LogInAsync(Somebody somebody) =>
        host.Api.PostAsync("/auth/login", new { email = somebody.Email, password = SignedUp.Password });
}
