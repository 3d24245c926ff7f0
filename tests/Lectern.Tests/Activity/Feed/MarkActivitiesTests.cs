using System.Net;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.Tests.Accounts;
using Lectern.Tests.Accounts.Workspaces;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Activity.Feed;

[Collection(ActivityHostCollection.Name)]
public sealed class MarkActivitiesTests(ActivityHost host)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_is_unread_until_it_is_marked_singly_up_to_an_entry_or_all_at_once()
    {
        var anne = await WithJobsAsync(5);
        (await StateAsync(anne)).ShouldBe("5:unread 4:unread 3:unread 2:unread 1:unread = 6 of 6"); // and the workspace
        var ids = await IdsAsync(anne);

        (await MarkAsync(anne, new { ids = new[] { ids[0], ids[2], ids[2] } })).ShouldBe(4);
        (await StateAsync(anne)).ShouldBe("5 4:unread 3 2:unread 1:unread = 4 of 6");
        (await MarkAsync(anne, new { ids = new[] { ids[0] } })).ShouldBe(4); // again
        (await MarkAsync(anne, new { upTo = ids[1] })).ShouldBe(0);
        (await StateAsync(anne)).ShouldBe("5 4 3 2 1 = 0 of 6");
        (await MarkAsync(anne, new { upTo = ids[4] })).ShouldBe(0); // nothing gets unread again

        await host.SubmitAsync(anne, "6");
        (await StateAsync(anne)).ShouldBe("6:unread 5 4 3 2 1 = 1 of 7");
        (await MarkAsync(anne, new { all = true })).ShouldBe(0);
        (await StateAsync(anne)).ShouldBe("6 5 4 3 2 1 = 0 of 7");
        (
            await host.TextsAsync(
                "select seq::text from activity.read_entries where person_id = $1",
                WorkspacesHost.IdOf(anne.Id)
            )
        ).ShouldBeEmpty();
    }

    [Fact]
    public async Task Marks_and_clears_are_a_persons_own_and_only_for_that_workspace()
    {
        var anne = await WithJobsAsync(2);
        var ben = await host.JoinAsync(anne, "viewer");

        (await MarkAsync(ben, new { all = true })).ShouldBe(0);
        (await ClearAsync(ben)).ShouldBe("0 of 0");
        await host.SubmitAsync(anne, "3");

        (await StateAsync(ben)).ShouldBe("3:unread = 1 of 1");
        (await StateAsync(anne)).ShouldBe("3:unread 2:unread 1:unread = 4 of 4");
        var workspace = ben.Workspace;
        await ben.EnterAsync(ben.Personal);
        ((long)(await host.FeedAsync(ben))["total"]!).ShouldBeGreaterThan(0);
        await ben.EnterAsync(workspace);
        (await StateAsync(ben)).ShouldBe("3:unread = 1 of 1");
    }

    [Fact]
    public async Task Clearing_hides_from_every_filter_and_never_from_history_and_audit()
    {
        var anne = await WithJobsAsync(2);
        var events = await host.EventsOfAsync(anne.Workspace);
        var audit = await host.AuditOfAsync(anne.Workspace);

        (await ClearAsync(anne)).ShouldBe("0 of 0");

        foreach (var filter in (string[])["", "?type=job", "?person=me", "?type=job.submitted&person=me"])
        {
            var feed = await host.FeedAsync(anne, filter);
            feed["items"]!.AsArray().ShouldBeEmpty(filter);
            ((long)feed["total"]!).ShouldBe(0, filter);
        }

        (await host.EventsOfAsync(anne.Workspace)).ShouldBe(events);
        (await host.AuditOfAsync(anne.Workspace)).ShouldBe(audit);
        await host.SubmitAsync(anne, "3");
        (await StateAsync(anne)).ShouldBe("3:unread = 1 of 1");
        (await ClearAsync(anne)).ShouldBe("0 of 0");
    }

    [Fact]
    public async Task A_rebuild_keeps_marks_and_clears()
    {
        var anne = await WithJobsAsync(3);
        await ClearAsync(anne);
        foreach (var title in (string[])["4", "5", "6", "7"])
            await host.SubmitAsync(anne, title);
        var ids = await IdsAsync(anne);
        await MarkAsync(anne, new { upTo = ids[3] });
        await MarkAsync(anne, new { ids = new[] { ids[1] } });
        const string expected = "7:unread 6 5:unread 4 = 2 of 4";
        (await StateAsync(anne)).ShouldBe(expected);

        await host.Api.Services.GetRequiredService<ProjectionRebuild>().RebuildAsync("activity.feed", Cancel);

        (await StateAsync(anne)).ShouldBe(expected);
        (await IdsAsync(anne)).ShouldBe(ids);
    }

    [Fact]
    public async Task What_is_of_another_workspace_or_unclear_is_refused()
    {
        var anne = await WithJobsAsync(1);
        var foreign = (await IdsAsync(await WithJobsAsync(1)))[0];
        var own = (await IdsAsync(anne))[0];
        var nothing = PublicId.Format("event", Guid.CreateVersion7());

        foreach (
            var body in (object[])
                [
                    new { },
                    new { all = false },
                    new { all = true, upTo = own },
                    new { upTo = foreign },
                    new { upTo = nothing },
                    new { upTo = "moby" },
                    new { ids = Array.Empty<string>() },
                    new { ids = new[] { own, foreign } },
                    new { ids = Enumerable.Range(0, 201).Select(_ => own) },
                ]
        )
        {
            using var answer = await anne.SendAsync(HttpMethod.Post, "/activities/read", body);
            (await answer.RefusalAsync()).ShouldBe("422 invalid-values", $"{body}");
        }

        (await StateAsync(anne)).ShouldBe("1:unread = 2 of 2");
    }

    [Fact]
    public async Task Marks_at_the_same_time_lose_none()
    {
        var anne = await WithJobsAsync(12);
        var ids = await IdsAsync(anne);

        await Task.WhenAll(ids.Select(id => MarkAsync(anne, new { ids = new[] { id } })));
        (await StateAsync(anne)).ShouldEndWith("= 1 of 13");
        await Task.WhenAll(ids.Select(id => MarkAsync(anne, new { upTo = id })));
        (await StateAsync(anne)).ShouldEndWith("= 0 of 13");
    }

    [Fact]
    public async Task Who_is_erased_leaves_no_marks()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        await ClearAsync(anne);
        await anne.SendAsync(HttpMethod.Post, "/lexicons", new { name = "Ours", language = "en" });
        var feed = await host.FeedAsync(anne);
        await MarkAsync(anne, new { ids = new[] { (string)feed["items"]![0]!["id"]! } });
        var person = WorkspacesHost.IdOf(anne.Id);
        (await MarksAsync()).ShouldBe(2);

        using var gone = await anne.SendAsync(HttpMethod.Delete, "/me", new { password = SignedUp.Password });
        gone.StatusCode.ShouldBe(HttpStatusCode.Accepted, await gone.Content.ReadAsStringAsync(Cancel));

        await Eventually.IsAsync(MarksAsync, marks => marks == 0, "the marks are erased");

        Task<long> MarksAsync() =>
            host.Api.CountAsync(
                """
                select (select count(*) from activity.reading where person_id = $1)
                     + (select count(*) from activity.read_entries where person_id = $1)
                """,
                person
            );
    }

    private async Task<Somebody> WithJobsAsync(int jobs)
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        for (var i = 1; i <= jobs; i++)
            await host.SubmitAsync(anne, $"{i}");
        await host.IdleAsync();
        return anne;
    }

    private static async Task<long> MarkAsync(Somebody reader, object body)
    {
        using var answer = await reader.SendAsync(HttpMethod.Post, "/activities/read", body);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancel));
        return (long)(await answer.JsonAsync())["unread"]!;
    }

    private async Task<string> ClearAsync(Somebody reader)
    {
        await host.IdleAsync();
        using var answer = await reader.SendAsync(HttpMethod.Delete, "/activities");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var left = await answer.JsonAsync();
        return $"{left["unread"]} of {left["total"]}";
    }

    private async Task<List<string>> IdsAsync(Somebody reader) =>
        [.. (await host.FeedAsync(reader, "?type=job"))["items"]!.AsArray().Select(item => (string)item!["id"]!)];

    /// <summary>Titles of jobs with what is unread, and how many of all entries are.</summary>
    private async Task<string> StateAsync(Somebody reader)
    {
        var all = await host.FeedAsync(reader);
        var jobs = all["items"]!
            .AsArray()
            .Where(item => (string)item!["subject"]!["type"]! == "job")
            .Select(item => item!["subject"]!["name"] + ((bool)item["unread"]! ? ":unread" : ""));
        return $"{string.Join(' ', jobs)} = {all["unread"]} of {all["total"]}";
    }
}
