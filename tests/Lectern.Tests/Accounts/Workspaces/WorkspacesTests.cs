using System.Net;
using Lectern.Accounts.Contracts;
using Lectern.Tests.Http;

namespace Lectern.Tests.Accounts.Workspaces;

public sealed class WorkspacesTests(WorkspacesHost host) : IClassFixture<WorkspacesHost>
{
    [Fact]
    public async Task Who_makes_a_workspace_is_its_admin_and_its_wallet_is_empty()
    {
        var jane = await host.AdminOfNewWorkspaceAsync("Harbor Press");

        var shown = await jane.JsonAsync(jane.In(""));
        shown["id"]!.GetValue<string>().ShouldBe(jane.Workspace);
        shown["kind"]!.GetValue<string>().ShouldBe("shared");
        shown["name"]!.GetValue<string>().ShouldBe("Harbor Press");
        shown["role"]!.GetValue<string>().ShouldBe("admin");
        (await jane.JsonAsync("/credits"))["available"]!.GetValue<string>().ShouldBe("0");
        var (workspace, person) = (WorkspacesHost.IdOf(jane.Workspace), WorkspacesHost.IdOf(jane.Id));
        (await host.EventsOfAsync(jane.Workspace)).ShouldBe([
            $$"""accounts.workspace_created.v1 {"person": "{{person}}", "workspace": "{{workspace}}"}""",
        ]);
        (await host.AuditOfAsync(jane.Workspace)).ShouldBe([$"workspaces.created {jane.Workspace} {{}}"]);
    }

    [Fact]
    public async Task The_list_shows_all_workspaces_of_the_person_and_none_of_others()
    {
        var jane = await host.SignUpAsync();
        var personal = jane.Workspace;
        await host.AdminOfNewWorkspaceAsync("Somebody else's");
        foreach (var name in (string[])["One", "Two"])
            await jane.SendAsync(HttpMethod.Post, "/workspaces", new { name });

        var first = await jane.JsonAsync("/workspaces?limit=2");
        var rest = await jane.JsonAsync($"/workspaces?limit=2&cursor={first["next"]}");

        first["items"]!.AsArray().Select(item => (string)item!["name"]!).ShouldBe(["Two", "One"]);
        var last = rest["items"]!.AsArray().ShouldHaveSingleItem()!;
        last["id"]!.GetValue<string>().ShouldBe(personal);
        last["kind"]!.GetValue<string>().ShouldBe("personal");
        last["name"].ShouldBeNull();
        rest["next"].ShouldBeNull();
    }

    [Fact]
    public async Task A_cursor_of_somebody_elses_list_is_refused()
    {
        var (jane, john) = (await host.SignUpAsync(), await host.AdminOfNewWorkspaceAsync());
        var cursor = (await john.JsonAsync("/workspaces?limit=1"))["next"]!.GetValue<string>();

        (await (await jane.GetAsync($"/workspaces?cursor={cursor}")).RefusalAsync()).ShouldBe("422 invalid-values");
        (await (await jane.GetAsync("/workspaces?limit=0")).RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\nb")]
    public async Task A_name_must_be_one(string name)
    {
        var jane = await host.AdminOfNewWorkspaceAsync();

        foreach (
            var answer in (HttpResponseMessage[])
                [
                    await jane.SendAsync(HttpMethod.Post, "/workspaces", new { name }),
                    await jane.SendAsync(HttpMethod.Patch, jane.In(""), new { name }),
                ]
        )
        {
            (await answer.RefusalAsync()).ShouldBe("422 invalid-values");
            ((string)(await answer.JsonAsync())["errors"]![0]!["pointer"]!).ShouldBe("/name");
        }
    }

    [Fact]
    public async Task Personal_and_shared_workspaces_can_be_renamed()
    {
        var jane = await host.SignUpAsync();
        var renamed = await jane.SendAsync(HttpMethod.Patch, jane.In(""), new { name = "My desk" });
        (await renamed.JsonAsync())["name"]!.GetValue<string>().ShouldBe("My desk");
        (await jane.JsonAsync(jane.In("")))["name"]!.GetValue<string>().ShouldBe("My desk");
        (await host.AuditOfAsync(jane.Workspace)).ShouldBe([$"workspaces.renamed {jane.Workspace} {{}}"]);
    }

    [Fact]
    public async Task A_personal_workspace_can_not_be_deleted_shared_or_left()
    {
        var jane = await host.SignUpAsync();
        var email = "john@example.com";

        (await (await jane.SendAsync(HttpMethod.Delete, jane.In(""))).RefusalAsync()).ShouldBe(
            "409 personal-workspace"
        );
        (
            await (
                await jane.SendAsync(HttpMethod.Post, jane.In("/invitations"), new { email, role = "viewer" })
            ).RefusalAsync()
        ).ShouldBe("409 personal-workspace");
        (await (await jane.SendAsync(HttpMethod.Delete, jane.In($"/members/{jane.Id}"))).RefusalAsync()).ShouldBe(
            "409 personal-workspace"
        );
        (
            await (
                await jane.SendAsync(HttpMethod.Patch, jane.In($"/members/{jane.Id}"), new { role = "viewer" })
            ).RefusalAsync()
        ).ShouldBe("409 personal-workspace");
        (await jane.GetAsync(jane.In(""))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Deleting_a_workspace_closes_it_at_once_for_everybody()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var john = await host.JoinAsync(jane, "editor");
        var invited = await host.InviteAsync(jane, (await host.SignUpAsync()).Email);
        var (workspace, name) = (jane.Workspace, "again");

        (await jane.SendAsync(HttpMethod.Delete, jane.In(""))).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        foreach (var member in (Somebody[])[jane, john])
        {
            (await (await member.GetAsync(member.In(""))).RefusalAsync()).ShouldBe("401 unauthenticated");
            (await (await member.TryEnterAsync(workspace)).RefusalAsync()).ShouldBe("404 not-found");
        }

        await jane.EnterAsync(jane.Personal);
        (await jane.JsonAsync("/workspaces"))["items"]!.AsArray().Count.ShouldBe(1);
        var late = await host.SignUpAsync();
        (
            await (await late.SendAsync(HttpMethod.Post, "/invitations/accept", new { token = invited })).RefusalAsync()
        ).ShouldBe("404 not-found");
        (await host.EventsOfAsync(workspace))[^1].ShouldStartWith("accounts.workspace_deleted.v1");
        (await host.AuditOfAsync(workspace))[^1].ShouldBe($"workspaces.deleted {workspace} {{}}");
        (await jane.SendAsync(HttpMethod.Post, "/workspaces", new { name })).StatusCode.ShouldBe(
            HttpStatusCode.Created
        );
    }

    [Fact]
    public async Task Another_workspace_is_not_there_whether_one_is_in_it_or_not()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var stranger = await host.AdminOfNewWorkspaceAsync();
        var own = jane.Personal;

        var absent = await BodyAsync(await jane.GetAsync($"/workspaces/{AccountIds.Workspace(Guid.CreateVersion7())}"));
        foreach (var id in (string[])[stranger.Workspace, own, "workspace_1", jane.Id, "..."])
        foreach (var path in (string[])["", "/members", "/invitations", "/audit"])
        {
            var answer = await jane.GetAsync($"/workspaces/{id}{path}");
            (await answer.RefusalAsync()).ShouldBe("404 not-found", $"{id}{path}");
            (await BodyAsync(answer)).ShouldBe(absent);
        }

        (await (await jane.SendAsync(HttpMethod.Delete, $"/workspaces/{stranger.Workspace}")).RefusalAsync()).ShouldBe(
            "404 not-found"
        );
        (await stranger.GetAsync(stranger.In(""))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_platform_admin_visits_any_workspace_and_every_act_there_is_audited()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var visitor = await host.PlatformAdminAsync();
        await visitor.EnterAsync(jane.Workspace);

        (await visitor.JsonAsync(visitor.In("")))["role"]!.GetValue<string>().ShouldBe("admin");
        (await visitor.GetAsync(visitor.In("/members"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        var (heir, id) = (jane.Id, visitor.Id);
        (
            await (
                await visitor.SendAsync(HttpMethod.Post, visitor.In("/transfer"), new { person = heir })
            ).RefusalAsync()
        ).ShouldBe("404 not-found");

        var audit = await jane.JsonAsync(jane.In("/audit?action=platform"));
        audit["items"]!
            .AsArray()
            .Select(entry =>
                $"{entry!["actor"]} {entry["action"]} {entry["detail"]!["method"]} {entry["detail"]!["route"]}"
            )
            .ShouldBe([
                $"{id} platform.act POST /api/v1/workspaces/{{id}}/transfer",
                $"{id} platform.act GET /api/v1/workspaces/{{id}}/members",
                $"{id} platform.act GET /api/v1/workspaces/{{id}}",
                $"{id} platform.workspace_entered  ",
            ]);
    }

    private static async Task<string> BodyAsync(HttpResponseMessage answer)
    {
        var body = (await answer.JsonAsync()).AsObject();
        body.Remove("traceId");
        return body.ToJsonString();
    }
}
