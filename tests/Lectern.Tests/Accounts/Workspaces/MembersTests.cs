using System.Net;
using Lectern.Accounts.Workspaces;
using Lectern.Eventing;
using Lectern.SharedKernel.Access;
using Lectern.Tests.Http;

namespace Lectern.Tests.Accounts.Workspaces;

public sealed class MembersTests(WorkspacesHost host) : IClassFixture<WorkspacesHost>
{
    [Fact]
    public async Task Everybody_in_a_workspace_sees_who_is_in_it()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var viewer = await host.JoinAsync(jane, "viewer");
        await host.AdminOfNewWorkspaceAsync();

        var first = await viewer.JsonAsync(viewer.In("/members?limit=1"));
        var rest = await viewer.JsonAsync(viewer.In($"/members?limit=1&cursor={first["next"]}"));

        first["items"]!
            .AsArray()
            .Concat(rest["items"]!.AsArray())
            .Select(member => $"{member!["person"]} {member["email"]} {member["role"]}")
            .ShouldBe([$"{viewer.Id} {viewer.Email} viewer", $"{jane.Id} {jane.Email} admin"]);
        rest["next"].ShouldBeNull();
    }

    // Every act and what comes of it by role; 204, 200 and 201 are done, and undone where the next one needs it.
    [Theory]
    [InlineData("viewer", "GET", "", "200")]
    [InlineData("viewer", "GET", "/members", "200")]
    [InlineData("viewer", "PATCH", "", "403 forbidden")]
    [InlineData("viewer", "DELETE", "", "403 forbidden")]
    [InlineData("viewer", "PATCH", "/members/{other}", "403 forbidden")]
    [InlineData("viewer", "DELETE", "/members/{other}", "403 forbidden")]
    [InlineData("viewer", "DELETE", "/members/{absent}", "404 not-found")]
    [InlineData("viewer", "DELETE", "/members/{self}", "204")]
    [InlineData("viewer", "POST", "/transfer", "403 forbidden")]
    [InlineData("viewer", "GET", "/invitations", "403 forbidden")]
    [InlineData("viewer", "POST", "/invitations", "403 forbidden")]
    [InlineData("viewer", "DELETE", "/invitations/{invitation}", "403 forbidden")]
    [InlineData("viewer", "GET", "/audit", "403 forbidden")]
    [InlineData("editor", "GET", "", "200")]
    [InlineData("editor", "GET", "/members", "200")]
    [InlineData("editor", "PATCH", "", "403 forbidden")]
    [InlineData("editor", "DELETE", "", "403 forbidden")]
    [InlineData("editor", "PATCH", "/members/{other}", "403 forbidden")]
    [InlineData("editor", "DELETE", "/members/{other}", "403 forbidden")]
    [InlineData("editor", "DELETE", "/members/{absent}", "404 not-found")]
    [InlineData("editor", "DELETE", "/members/{self}", "204")]
    [InlineData("editor", "POST", "/transfer", "403 forbidden")]
    [InlineData("editor", "GET", "/invitations", "403 forbidden")]
    [InlineData("editor", "POST", "/invitations", "403 forbidden")]
    [InlineData("editor", "DELETE", "/invitations/{invitation}", "403 forbidden")]
    [InlineData("editor", "GET", "/audit", "403 forbidden")]
    [InlineData("admin", "GET", "", "200")]
    [InlineData("admin", "GET", "/members", "200")]
    [InlineData("admin", "PATCH", "", "200")]
    [InlineData("admin", "DELETE", "", "204")]
    [InlineData("admin", "PATCH", "/members/{other}", "204")]
    [InlineData("admin", "PATCH", "/members/{absent}", "404 not-found")]
    [InlineData("admin", "PATCH", "/members/nobody", "404 not-found")]
    [InlineData("admin", "DELETE", "/members/{other}", "204")]
    [InlineData("admin", "DELETE", "/members/{absent}", "404 not-found")]
    [InlineData("admin", "DELETE", "/members/{self}", "204")]
    [InlineData("admin", "POST", "/transfer", "204")]
    [InlineData("admin", "GET", "/invitations", "200")]
    [InlineData("admin", "POST", "/invitations", "201")]
    [InlineData("admin", "DELETE", "/invitations/{invitation}", "204")]
    [InlineData("admin", "GET", "/audit", "200")]
    public async Task Roles_decide_who_does_what(string role, string method, string path, string outcome)
    {
        var founder = await host.AdminOfNewWorkspaceAsync();
        var actor = await host.JoinAsync(founder, role);
        var stranger = await host.SignUpAsync();
        var made = await founder.SendAsync(
            HttpMethod.Post,
            founder.In("/invitations"),
            new { email = stranger.Email, role = "viewer" }
        );
        path = path.Replace("{other}", founder.Id, StringComparison.Ordinal)
            .Replace("{self}", actor.Id, StringComparison.Ordinal)
            .Replace("{absent}", stranger.Id, StringComparison.Ordinal)
            .Replace("{invitation}", (string)(await made.JsonAsync())["id"]!, StringComparison.Ordinal);
        object? body = (method, path) switch
        {
            ("PATCH", "") => new { name = "Renamed" },
            ("PATCH", _) => new { role = "viewer" },
            ("POST", "/transfer") => new { person = founder.Id },
            ("POST", "/invitations") => new { email = "new@example.com", role = "viewer" },
            _ => null,
        };

        var answer = await actor.SendAsync(new HttpMethod(method), actor.In(path), body);

        (answer.IsSuccessStatusCode ? $"{(int)answer.StatusCode}" : await answer.RefusalAsync()).ShouldBe(outcome);
    }

    [Fact]
    public async Task A_new_role_holds_at_once_and_tokens_for_the_old_one_are_refused()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var john = await host.JoinAsync(jane, "admin");
        var person = WorkspacesHost.IdOf(john.Id);

        await ChangeAsync(jane, john, "viewer", HttpStatusCode.NoContent);

        var stale = await john.GetAsync(john.In(""));
        (await stale.RefusalAsync()).ShouldBe("401 unauthenticated");
        stale.Headers.WwwAuthenticate.ToString().ShouldContain("revoked");
        await john.EnterAsync(jane.Workspace);
        (await john.JsonAsync(john.In("")))["role"]!.GetValue<string>().ShouldBe("viewer");
        (await (await john.GetAsync(john.In("/audit"))).RefusalAsync()).ShouldBe("403 forbidden");
        (await jane.GetAsync(jane.In(""))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.EventsOfAsync(jane.Workspace))[^1]
            .ShouldBe(
                $$"""accounts.member_role_changed.v1 {"to": "viewer", "from": "admin", "person": "{{person}}", "workspace": "{{WorkspacesHost.IdOf(jane.Workspace)}}"}"""
            );
        (await host.AuditOfAsync(jane.Workspace))[^1]
            .ShouldBe($$"""members.role_changed {{john.Id}} {"to": "viewer", "from": "admin"}""");
    }

    [Fact]
    public async Task The_same_role_again_changes_nothing()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var john = await host.JoinAsync(jane, "editor");

        await ChangeAsync(jane, john, "editor", HttpStatusCode.NoContent);

        (await john.GetAsync(john.In(""))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.EventsOfAsync(jane.Workspace)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"role":"owner"}""")]
    [InlineData("""{"role":2}""")]
    [InlineData("""{}""")]
    public async Task A_role_that_there_is_not_is_refused(string body)
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var john = await host.JoinAsync(jane, "editor");

        var answer = await jane.SendAsync(
            HttpMethod.Patch,
            jane.In($"/members/{john.Id}"),
            System.Text.Json.JsonDocument.Parse(body).RootElement
        );

        (await answer.RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Fact]
    public async Task The_last_admin_can_be_neither_demoted_nor_removed_nor_leave()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        await host.JoinAsync(jane, "editor");
        var visitor = await host.PlatformAdminAsync();
        await visitor.EnterAsync(jane.Workspace);

        foreach (var by in (Somebody[])[jane, visitor])
        {
            (
                await (
                    await by.SendAsync(HttpMethod.Patch, by.In($"/members/{jane.Id}"), new { role = "editor" })
                ).RefusalAsync()
            ).ShouldBe("409 last-admin");
            (await (await by.SendAsync(HttpMethod.Delete, by.In($"/members/{jane.Id}"))).RefusalAsync()).ShouldBe(
                "409 last-admin"
            );
        }

        (await jane.GetAsync(jane.In(""))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Two_admins_who_step_down_or_push_each_other_out_at_once_leave_one()
    {
        var outcomes = new HashSet<string>();
        for (var round = 0; round < 12; round++)
        {
            var jane = await host.AdminOfNewWorkspaceAsync();
            var john = await host.JoinAsync(jane, "admin");
            // Leaving, demoting the other, removing the other, demoting oneself.
            var answers = await Task.WhenAll(
                (round % 4) switch
                {
                    0 => [Remove(jane, jane), Remove(john, john)],
                    1 => [Demote(jane, john), Demote(john, jane)],
                    2 => [Remove(jane, john), Remove(john, jane)],
                    _ => (Task<HttpResponseMessage>[])[Demote(jane, jane), Demote(john, john)],
                }
            );

            foreach (var answer in answers)
                outcomes.Add(answer.IsSuccessStatusCode ? "done" : await answer.RefusalAsync());
            answers.Count(answer => answer.IsSuccessStatusCode).ShouldBe(1);
            (await AdminsAsync(jane.Workspace)).ShouldBe(1);
        }

        // Who was demoted before the second request was let in has a token that is refused.
        outcomes.ShouldBeSubsetOf(["done", "409 last-admin", "401 unauthenticated", "404 not-found"]);
        outcomes.ShouldContain("409 last-admin");

        Task<HttpResponseMessage> Remove(Somebody by, Somebody whom) =>
            by.SendAsync(HttpMethod.Delete, by.In($"/members/{whom.Id}"));

        Task<HttpResponseMessage> Demote(Somebody by, Somebody whom) =>
            by.SendAsync(HttpMethod.Patch, by.In($"/members/{whom.Id}"), new { role = "viewer" });
    }

    [Fact]
    public async Task The_database_itself_keeps_an_admin_in_every_living_workspace()
    {
        for (var round = 0; round < 10; round++)
        {
            var jane = await host.AdminOfNewWorkspaceAsync();
            var john = await host.JoinAsync(jane, "admin");

            // Past everything that the program does about it.
            var refusals = await Task.WhenAll(
                new[] { jane, john }.Select(one =>
                    RefusalAsync(
                        round % 2 == 0
                            ? "delete from accounts.members where workspace_id = $1 and person_id = $2"
                            : "update accounts.members set role = 'viewer' where workspace_id = $1 and person_id = $2",
                        jane.Workspace,
                        one.Id
                    )
                )
            );

            refusals.Count(refusal => refusal == "workspace_has_an_admin").ShouldBe(1);
            refusals.Count(refusal => refusal is null).ShouldBe(1);
            (await AdminsAsync(jane.Workspace)).ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_workspace_that_is_deleted_needs_no_admin()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        await host.ExecuteAsync(
            "update accounts.workspaces set deleted_at = now() where id = $1",
            WorkspacesHost.IdOf(jane.Workspace)
        );

        (
            await RefusalAsync(
                "delete from accounts.members where workspace_id = $1 and person_id = $2",
                jane.Workspace,
                jane.Id
            )
        ).ShouldBeNull();
    }

    [Fact]
    public async Task Who_leaves_or_is_removed_is_out_at_once_and_can_be_invited_again()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var (leaver, removed) = (await host.JoinAsync(jane, "viewer"), await host.JoinAsync(jane, "editor"));

        (await leaver.SendAsync(HttpMethod.Delete, leaver.In($"/members/{leaver.Id}"))).StatusCode.ShouldBe(
            HttpStatusCode.NoContent
        );
        (await jane.SendAsync(HttpMethod.Delete, jane.In($"/members/{removed.Id}"))).StatusCode.ShouldBe(
            HttpStatusCode.NoContent
        );

        foreach (var gone in (Somebody[])[leaver, removed])
        {
            (await (await gone.GetAsync(gone.In(""))).RefusalAsync()).ShouldBe("401 unauthenticated");
            (await (await gone.TryEnterAsync(jane.Workspace)).RefusalAsync()).ShouldBe("404 not-found");
            await gone.EnterAsync(gone.Personal);
        }

        (await jane.JsonAsync(jane.In("/members")))["items"]!.AsArray().Count.ShouldBe(1);
        (await host.AuditOfAsync(jane.Workspace))[^2..]
            .ShouldBe([$"members.left {leaver.Id} {{}}", $"members.removed {removed.Id} {{}}"]);
        (await host.EventsOfAsync(jane.Workspace))[^1].ShouldStartWith("accounts.member_left.v1");
        await host.InviteAsync(jane, removed.Email);
    }

    [Fact]
    public async Task A_transfer_hands_the_admin_role_over()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var john = await host.JoinAsync(jane, "viewer");

        (await jane.SendAsync(HttpMethod.Post, jane.In("/transfer"), new { person = john.Id })).StatusCode.ShouldBe(
            HttpStatusCode.NoContent
        );

        foreach (var (member, role) in new[] { (jane, "editor"), (john, "admin") })
        {
            (await (await member.GetAsync(member.In(""))).RefusalAsync()).ShouldBe("401 unauthenticated");
            await member.EnterAsync(member.Workspace);
            (await member.JsonAsync(member.In("")))["role"]!.GetValue<string>().ShouldBe(role);
        }

        (await host.AuditOfAsync(jane.Workspace))[^1].ShouldBe($"workspaces.transferred {john.Id} {{}}");
    }

    [Fact]
    public async Task A_workspace_is_handed_to_another_member_only()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var stranger = await host.SignUpAsync();

        foreach (
            var (person, refusal) in new[]
            {
                (jane.Id, "422 invalid-values"),
                ("nobody", "422 invalid-values"),
                (stranger.Id, "404 not-found"),
            }
        )
            (
                await (await jane.SendAsync(HttpMethod.Post, jane.In("/transfer"), new { person })).RefusalAsync()
            ).ShouldBe(refusal);
    }

    [Theory]
    [InlineData(true, Role.Admin, null)]
    [InlineData(true, Role.Viewer, "last-admin")]
    [InlineData(false, Role.Viewer, null)]
    public void Only_the_last_admin_keeps_the_role(bool isLast, Role to, string? refusal) =>
        ChangeMemberRole
            .Refusal(new Member(Guid.NewGuid(), Role.Admin, Guid.NewGuid(), isLast), to)
            .ShouldSatisfyAllConditions(problem => (problem?.Type.Name).ShouldBe(refusal));

    private async Task ChangeAsync(Somebody by, Somebody whom, string role, HttpStatusCode outcome) =>
        (await by.SendAsync(HttpMethod.Patch, by.In($"/members/{whom.Id}"), new { role })).StatusCode.ShouldBe(outcome);

    private async Task<int> AdminsAsync(string workspace) =>
        (
            await host.TextsAsync(
                "select person_id::text from accounts.members where workspace_id = $1 and role = 'admin'",
                WorkspacesHost.IdOf(workspace)
            )
        ).Count;

    private async Task<string?> RefusalAsync(string sql, string workspace, string person)
    {
        try
        {
            await host.ExecuteAsync(sql, WorkspacesHost.IdOf(workspace), WorkspacesHost.IdOf(person));
            return null;
        }
        catch (ConstraintViolatedException refused)
        {
            return refused.Constraint;
        }
    }
}
