using Lectern.Tests.Accounts.Workspaces;

namespace Lectern.Tests.Accounts.Administration;

public sealed class AuditLogTests(WorkspacesHost host) : IClassFixture<WorkspacesHost>
{
    [Fact]
    public async Task Admins_read_what_happened_page_by_page_newest_first()
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        await host.AdminOfNewWorkspaceAsync();
        var john = await host.JoinAsync(jane, "viewer");
        await jane.SendAsync(HttpMethod.Patch, jane.In($"/members/{john.Id}"), new { role = "editor" });

        var first = await jane.JsonAsync(jane.In("/audit?limit=3"));
        var rest = await jane.JsonAsync(jane.In($"/audit?limit=3&cursor={first["next"]}"));

        var entries = first["items"]!.AsArray().Concat(rest["items"]!.AsArray()).ToList();
        entries
            .Select(entry => $"{entry!["number"]} {entry["actor"]} {entry["action"]}")
            .ShouldBe([
                $"4 {jane.Id} members.role_changed",
                $"3 {john.Id} members.joined",
                $"2 {jane.Id} invitations.made",
                $"1 {jane.Id} workspaces.created",
            ]);
        rest["next"].ShouldBeNull();
        entries[0]!["target"]!.GetValue<string>().ShouldBe(john.Id);
        entries[0]!["detail"]!["from"]!.GetValue<string>().ShouldBe("viewer");
    }

    [Theory]
    [InlineData("members", 1)]
    [InlineData("members.joined", 1)]
    [InlineData("member", 0)]
    [InlineData("members.", 0)]
    [InlineData("%25", 0)]
    public async Task The_log_is_filtered_by_action_or_area(string action, int entries)
    {
        var jane = await host.AdminOfNewWorkspaceAsync();
        await host.JoinAsync(jane, "viewer");

        (await jane.JsonAsync(jane.In($"/audit?action={action}")))["items"]!.AsArray().Count.ShouldBe(entries);
    }

    [Fact]
    public async Task The_log_of_the_platform_is_no_workspaces()
    {
        var (admin, jane) = (await host.PlatformAdminAsync(), await host.AdminOfNewWorkspaceAsync());
        await jane.SendAsync(HttpMethod.Patch, jane.In(""), new { name = "Renamed" });

        var page = await admin.JsonAsync("/admin/audit?limit=200");

        var actions = page["items"]!.AsArray().Select(entry => (string)entry!["action"]!).ToList();
        actions.ShouldContain("sessions.began");
        actions.ShouldContain("platform.act");
        actions.ShouldNotContain("workspaces.renamed");
        (await jane.JsonAsync(jane.In("/audit?action=sessions")))["items"]!.AsArray().ShouldBeEmpty();
    }
}
