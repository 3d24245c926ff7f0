using System.Net;
using System.Text.Json.Nodes;
using Lectern.Tests.Http;

namespace Lectern.Tests.Accounts.Workspaces;

public sealed class InvitationsTests(WorkspacesHost host) : IClassFixture<WorkspacesHost>
{
    [Fact]
    public async Task Who_is_invited_gets_a_mail_and_joins_with_its_token()
    {
        var jane = await host.AdminOfNewWorkspaceAsync("Harbor & Press");
        var john = await host.SignUpAsync();

        var made = await MakeAsync(jane, john.Email.ToUpperInvariant(), "viewer");
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var view = await made.JsonAsync();
        view["role"]!.GetValue<string>().ShouldBe("viewer");
        view["invitedBy"]!.GetValue<string>().ShouldBe(jane.Id);
        (view["expiresAt"]!.GetValue<DateTimeOffset>() - view["createdAt"]!.GetValue<DateTimeOffset>()).ShouldBe(
            TimeSpan.FromDays(7)
        );
        var mail = await host.Api.Mail.NextAsync(john.Email.ToUpperInvariant());
        mail.Subject.ShouldContain("Harbor & Press");
        mail.Text.ShouldContain("/api/v1/invitations/accept");
        var token = Mailbox.TokenOf(mail)!;

        var accepted = await AcceptAsync(john, token);

        var joined = await accepted.JsonAsync();
        joined["workspace"]!.GetValue<string>().ShouldBe(jane.Workspace);
        joined["role"]!.GetValue<string>().ShouldBe("viewer");
        await john.EnterAsync(jane.Workspace);
        (await john.JsonAsync(john.In("")))["role"]!.GetValue<string>().ShouldBe("viewer");
        (await InvitationsAsync(jane)).ShouldBeEmpty();
        var id = (string)view["id"]!;
        (await host.AuditOfAsync(jane.Workspace))[^2..]
            .ShouldBe([
                $$"""invitations.made {{id}} {"role": "viewer"}""",
                $$"""members.joined {{john.Id}} {"role": "viewer", "invitation": "{{id}}"}""",
            ]);
    }

    [Fact]
    public async Task An_invitation_is_accepted_once()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var john = await host.SignUpAsync();
        var token = await host.InviteAsync(jane, john.Email);

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => AcceptAsync(john, token)));

        answers.Count(answer => answer.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        foreach (var late in answers.Where(answer => answer.StatusCode != HttpStatusCode.OK))
            (await late.RefusalAsync()).ShouldBe("404 not-found");
    }

    [Fact]
    public async Task A_token_that_is_not_the_callers_is_refused_as_if_there_were_none()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var (john, stranger) = (await host.SignUpAsync(), await host.SignUpAsync());
        var unconfirmed = await host.SignUpAsync(verified: false);
        var token = await host.InviteAsync(jane, john.Email);
        var unconfirmedsToken = await host.InviteAsync(jane, unconfirmed.Email);

        var absent = await BodyAsync(await AcceptAsync(stranger, host.TokenOf(jane.Workspace)));
        (await BodyAsync(await AcceptAsync(stranger, token))).ShouldBe(absent);
        (await BodyAsync(await AcceptAsync(unconfirmed, unconfirmedsToken))).ShouldBe(absent);
        foreach (var made in (string[])["", "x", token[..^1] + "x", token + "A"])
            (await BodyAsync(await AcceptAsync(john, made))).ShouldBe(absent);

        (await AcceptAsync(john, token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_invitation_ends_after_its_time_and_is_forgotten()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var john = await host.SignUpAsync();
        var token = await host.InviteAsync(jane, john.Email);
        await ExpireAsync(jane.Workspace);

        (await (await AcceptAsync(john, token)).RefusalAsync()).ShouldBe("404 not-found");
        (await InvitationsAsync(jane)).ShouldBeEmpty();

        var other = await host.AdminOfNewWorkspaceAsync();
        await host.InviteAsync(other, "somebody@example.com");
        (await RowsAsync(jane.Workspace)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Inviting_again_replaces_the_invitation()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var john = await host.SignUpAsync();
        var first = await host.InviteAsync(jane, john.Email, "admin");

        var second = await host.InviteAsync(jane, john.Email.ToUpperInvariant(), "viewer");

        (await InvitationsAsync(jane)).ShouldHaveSingleItem()!["role"]!.GetValue<string>().ShouldBe("viewer");
        (await (await AcceptAsync(john, first)).RefusalAsync()).ShouldBe("404 not-found");
        (await AcceptAsync(john, second)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Inviting_one_address_from_many_sides_at_once_makes_one_invitation()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => MakeAsync(jane, "many@example.com", "viewer"))
        );

        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.Created);
        (await InvitationsAsync(jane)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_withdrawn_invitation_is_good_for_nothing()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var (john, other) = (await host.SignUpAsync(), await host.AdminOfNewWorkspaceAsync());
        var id = (string)(await (await MakeAsync(jane, john.Email, "viewer")).JsonAsync())["id"]!;

        // Nobody else's, and nothing that is no invitation.
        foreach (var (by, what) in new[] { (other, id), (jane, jane.Id), (jane, "x") })
            (await (await by.SendAsync(HttpMethod.Delete, by.In($"/invitations/{what}"))).RefusalAsync()).ShouldBe(
                "404 not-found"
            );
        (await jane.SendAsync(HttpMethod.Delete, jane.In($"/invitations/{id}"))).StatusCode.ShouldBe(
            HttpStatusCode.NoContent
        );

        (await (await AcceptAsync(john, host.TokenOf(id))).RefusalAsync()).ShouldBe("404 not-found");
        (await (await jane.SendAsync(HttpMethod.Delete, jane.In($"/invitations/{id}"))).RefusalAsync()).ShouldBe(
            "404 not-found"
        );
        (await host.AuditOfAsync(jane.Workspace))[^1].ShouldBe($"invitations.withdrawn {id} {{}}");
    }

    [Fact]
    public async Task Members_are_not_invited_again()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        var john = await host.SignUpAsync();
        var token = await host.InviteAsync(jane, john.Email);
        await host.ExecuteAsync(
            "insert into accounts.members (workspace_id, person_id, role) values ($1, $2, 'viewer')",
            WorkspacesHost.IdOf(jane.Workspace),
            WorkspacesHost.IdOf(john.Id)
        );

        (await (await AcceptAsync(john, token)).RefusalAsync()).ShouldBe("409 already-member");
        (await (await MakeAsync(jane, john.Email, "editor")).RefusalAsync()).ShouldBe("409 already-member");
    }

    [Theory]
    [InlineData("nobody", "viewer", "/email")]
    [InlineData("jane@example.com\r\nBcc: x@example.com", "viewer", "/email")]
    [InlineData("jane@example.com", "owner", "/role")]
    public async Task Values_that_do_not_fit_are_refused_with_their_pointer(string email, string role, string pointer)
    {
        var jane = await host.AdminOfNewWorkspaceAsync();

        var answer = await MakeAsync(jane, email, role);

        (await answer.RefusalAsync()).ShouldBe("422 invalid-values");
        ((string)(await answer.JsonAsync())["errors"]![0]!["pointer"]!).ShouldBe(pointer);
    }

    [Fact]
    public async Task Open_invitations_are_bounded()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        await host.ExecuteAsync(
            """
            insert into accounts.invitations (id, workspace_id, email, email_normalized, role, invited_by, expires_at)
            select gen_random_uuid(), $1, n || '@example.com', n || '@example.com', 'viewer', $2, now() + interval '1 day'
            from generate_series(1, 100) n
            """,
            WorkspacesHost.IdOf(jane.Workspace),
            WorkspacesHost.IdOf(jane.Id)
        );

        (await (await MakeAsync(jane, "one-more@example.com", "viewer")).RefusalAsync()).ShouldBe(
            "409 too-many-invitations"
        );
        (await MakeAsync(jane, "100@example.com", "viewer")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task No_event_message_or_audit_entry_tells_an_address_or_a_name()
    {
        var jane = await host.AdminOfNewWorkspaceAsync("Canary Press");
        var john = await host.JoinAsync(jane, "editor");
        await host.InviteAsync(jane, "canary@example.com");
        await jane.SendAsync(HttpMethod.Patch, jane.In(""), new { name = "Canary House" });

        var told = await host.TextsAsync(
            """
            select data::text from eventing.events union all select data::text from eventing.messages
            union all select data || coalesce(error, '') from eventing.dead_letters
            union all select detail || coalesce(target, '') || actor from accounts.audit_log
            """
        );

        told.Count.ShouldBeGreaterThan(10);
        foreach (var canary in (string[])["Canary", "canary@", jane.Email, john.Email])
            told.ShouldAllBe(text => !text.Contains(canary, StringComparison.OrdinalIgnoreCase));
    }

    private static Task<HttpResponseMessage> MakeAsync(Somebody by, string email, string role) =>
        by.SendAsync(HttpMethod.Post, by.In("/invitations"), new { email, role });

    private static Task<HttpResponseMessage> AcceptAsync(Somebody by, string token) =>
        by.SendAsync(HttpMethod.Post, "/invitations/accept", new { token });

    private static async Task<JsonArray> InvitationsAsync(Somebody by) =>
        (await by.JsonAsync(by.In("/invitations")))["items"]!.AsArray();

    private static async Task<string> BodyAsync(HttpResponseMessage answer)
    {
        (await answer.RefusalAsync()).ShouldBe("404 not-found");
        var body = (await answer.JsonAsync()).AsObject();
        body.Remove("traceId");
        return body.ToJsonString();
    }

    private Task<List<string>> RowsAsync(string workspace) =>
        host.TextsAsync(
            "select email from accounts.invitations where workspace_id = $1",
            WorkspacesHost.IdOf(workspace)
        );

    private Task ExpireAsync(string workspace) =>
        host.ExecuteAsync(
            "update accounts.invitations set expires_at = now() where workspace_id = $1",
            WorkspacesHost.IdOf(workspace)
        );
}
