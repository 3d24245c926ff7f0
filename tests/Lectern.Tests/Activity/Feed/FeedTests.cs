using System.Net;
using System.Text.Json.Nodes;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Lectern.Tests.Accounts.Workspaces;
using Lectern.Tests.Http;

namespace Lectern.Tests.Activity.Feed;

[Collection(ActivityHostCollection.Name)]
public sealed class FeedTests(ActivityHost host)
{
    private static readonly string[] FeedScopes = ["activities:read"];

    [Fact]
    public async Task What_happened_is_told_in_words_and_as_data_newest_first()
    {
        var anne = await host.AdminOfNewWorkspaceAsync("Harbor Press");
        await anne.SendAsync(HttpMethod.Patch, "/me", new { name = "Anne" });
        var job = await host.SubmitAsync(anne);
        await host.EndAsync(job, anne, new JobCompleted(1_500_000));

        var feed = await host.FeedAsync(anne);

        Texts(feed)
            .ShouldBe([
                "“Moby-Dick” is finished. It cost 1.5 credits.",
                "Anne ordered “Moby-Dick”, to be spoken by flite-slt.",
                "Anne made the workspace Harbor Press.",
            ]);
        ((long)feed["total"]!).ShouldBe(3);
        ((bool)feed["totalIsExact"]!).ShouldBeTrue();
        var completed = feed["items"]![0]!;
        Text(completed, "type").ShouldBe("job.completed");
        Text(completed, "actor").ShouldBe("system");
        Text(completed, "owner").ShouldBe(anne.Id);
        completed["data"]!.ToJsonString().ShouldBe("""{"charged":"1.5"}""");
        var id = PublicId.Format("job", job);
        completed["subject"]!
            .ToJsonString()
            .ShouldBe($$"""{"type":"job","id":"{{id}}","name":"Moby-Dick","link":"/api/v1/jobs/{{id}}"}""");
        Text(feed["items"]![1]!, "actor").ShouldBe(anne.Id);
        Text(feed["items"]![1]!, "actorName").ShouldBe("Anne");
    }

    [Fact]
    public async Task Names_are_those_of_now_and_what_is_gone_has_none()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        var ben = await host.JoinAsync(anne, "editor");
        await ben.SendAsync(HttpMethod.Patch, "/me", new { name = "Ben" });
        var kept = await host.SubmitAsync(ben, "First title");
        var gone = await host.SubmitAsync(ben, "A secret");
        await host.ExecuteAsync("update jobs.manuscripts set title = 'Second {actor}' where job_id = $1", kept);
        await host.ExecuteAsync("delete from jobs.manuscripts where job_id = $1", gone);

        var feed = await host.FeedAsync(anne, "?type=job");
        Texts(feed)
            .ShouldBe([
                "Ben ordered a deleted job, to be spoken by flite-slt.",
                "Ben ordered “Second {actor}”, to be spoken by flite-slt.",
            ]);
        feed["items"]![0]!["subject"]!["link"].ShouldBeNull();

        var left = await anne.SendAsync(HttpMethod.Delete, anne.In($"/members/{ben.Id}"));
        left.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Texts(await host.FeedAsync(anne, "?type=job"))[0]
            .ShouldBe("Somebody who left ordered a deleted job, to be spoken by flite-slt.");
    }

    [Fact]
    public async Task My_activity_has_the_ends_of_my_jobs_and_not_of_those_that_the_background_did_on_my_behalf()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        var ben = await host.JoinAsync(anne, "editor");
        var hers = await host.SubmitAsync(anne, "Hers");
        var his = await host.SubmitAsync(ben, "His");
        await host.EndAsync(hers, anne, new JobCompleted(0), onBehalfOf: ben);
        await host.EndAsync(his, anne, new JobFailed("synthesize", "engine-failed", 0), onBehalfOf: anne);
        await host.AppendAsync(his, anne, new JobReopened(2, Guid.CreateVersion7(), 0, "p1"));

        Happened(await host.FeedAsync(ben, "?person=me&type=job"))
            .ShouldBe(["job.reopened His", "job.failed His", "job.submitted His"]);
        Happened(await host.FeedAsync(ben, $"?person={anne.Id}&type=job"))
            .ShouldBe(["job.reopened His", "job.completed Hers", "job.submitted Hers"]);
        ((long)(await host.FeedAsync(ben, "?person=me&type=job"))["total"]!).ShouldBe(3);
    }

    [Fact]
    public async Task Each_filter_finds_its_own_and_they_go_together()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        var project = Guid.CreateVersion7();
        var one = await host.SubmitAsync(anne, "One");
        await host.SubmitAsync(anne, "Two", project: project);
        await host.EndAsync(one, anne, new JobCompleted(0));
        var today = DateTime.UtcNow;

        await FindsAsync("", "job.completed One", "job.submitted Two", "job.submitted One", "workspace.created");
        await FindsAsync("?type=job.submitted", "job.submitted Two", "job.submitted One");
        await FindsAsync("?type=workspace", "workspace.created");
        await FindsAsync($"?subject={PublicId.Format("job", one)}", "job.completed One", "job.submitted One");
        await FindsAsync($"?subject={PublicId.Format("job", one)}&type=job.completed", "job.completed One");
        await FindsAsync($"?subject={PublicId.Format("character", one)}");
        await FindsAsync($"?project={PublicId.Format("project", project)}", "job.submitted Two");
        await FindsAsync($"?person={PublicIdOfNobody}");
        await FindsAsync(
            $"?from={today.AddDays(-1):yyyy-MM-dd}&to={today.AddDays(1):yyyy-MM-dd}&type=job.completed",
            "job.completed One"
        );
        await FindsAsync($"?from={today.AddDays(2):yyyy-MM-dd}");
        await FindsAsync($"?to={today.AddDays(-2):yyyy-MM-dd}");

        async Task FindsAsync(string filter, params string[] expected)
        {
            var feed = await host.FeedAsync(anne, filter);
            Happened(feed).ShouldBe([.. expected], filter);
            ((long)feed["total"]!).ShouldBe(expected.Length, filter);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // the feed has all of it from one batch
    public async Task What_happened_to_a_job_is_found_in_the_project_where_it_was_then(bool atOnce)
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        var (first, second) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        object[] happens =
        [
            new JobStarted(1),
            new JobMoved(second),
            new JobFailed("synthesize", "engine-failed", 0),
            new JobReopened(2, Guid.CreateVersion7(), 0, "p1"),
            new JobMoved(null),
            new JobCompleted(0),
            new JobMoved(first),
            new JobDeleted(),
        ];
        if (atOnce)
            await host.SubmitAsync(anne, "Whaling", project: first, andAtOnce: happens);
        else
        {
            var job = await host.SubmitAsync(anne, "Whaling", project: first);
            foreach (var one in happens)
            {
                await host.IdleAsync();
                await host.AppendAsync(job, anne, one);
            }
        }

        (await InAsync(first)).ShouldBe(["job.deleted", "job.submitted"]);
        (await InAsync(second)).ShouldBe(["job.reopened", "job.failed"]);
        (await host.FeedAsync(anne, "?type=job"))["items"]!
            .AsArray()
            .Select(item => Text(item!, "type"))
            .ShouldBe(["job.deleted", "job.completed", "job.reopened", "job.failed", "job.submitted"]);

        async Task<List<string>> InAsync(Guid project) =>
            [
                .. (await host.FeedAsync(anne, $"?project={PublicId.Format("project", project)}"))["items"]!
                    .AsArray()
                    .Select(item => Text(item!, "type")),
            ];
    }

    [Fact]
    public async Task The_days_of_a_filter_are_exact_though_the_log_is_not_in_the_order_of_time()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        foreach (var title in (string[])["1", "2", "3", "4", "5", "6"])
            await host.SubmitAsync(anne, title);
        await host.IdleAsync();
        // The transaction of the third began before that of the second, on the day before; years pass in between.
        await SetTimesAsync(
            "2020-05-01 12:00",
            "2022-05-02 00:00:01",
            "2022-05-01 23:59:59",
            "2022-05-02 23:59:59",
            "2022-05-03",
            "2024-01-01"
        );

        Happened(await host.FeedAsync(anne, "?type=job&from=2022-05-02&to=2022-05-02"))
            .ShouldBe(["job.submitted 4", "job.submitted 2"]);
        Happened(await host.FeedAsync(anne, "?type=job&from=2022-05-01&to=2022-05-01")).ShouldBe(["job.submitted 3"]);
        Happened(await host.FeedAsync(anne, "?type=job&to=2022-05-01"))
            .ShouldBe(["job.submitted 3", "job.submitted 1"]);
        Happened(await host.FeedAsync(anne, "?type=job&from=2022-05-03"))
            .ShouldBe(["job.submitted 6", "job.submitted 5"]);

        async Task SetTimesAsync(params string[] times) =>
            await host.TamperAsync(
                """
                update activity.feed f set at = t.at::timestamp at time zone 'UTC' from (
                    select n.seq, times.at from (
                        select seq, row_number() over (order by seq) as place
                        from activity.feed where workspace_id = $1 and area = 'job') n
                    join unnest($2::text[]) with ordinality times (at, place) using (place)) t
                where f.workspace_id = $1 and f.seq = t.seq
                """,
                WorkspacesHost.IdOf(anne.Workspace),
                times
            );
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap_while_more_happens()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        for (var i = 0; i < 7; i++)
            await host.SubmitAsync(anne, $"{i}");
        var seen = new List<string>();
        var page = await host.FeedAsync(anne, "?type=job&limit=3");
        while (true)
        {
            seen.AddRange(Happened(page));
            ((long)page["total"]!).ShouldBeGreaterThanOrEqualTo(7);
            if (page["next"] is null)
                break;
            await host.SubmitAsync(anne, "later");
            page = await host.FeedAsync(anne, $"?type=job&limit=3&cursor={page["next"]}");
        }

        seen.ShouldBe(Enumerable.Range(0, 7).Reverse().Select(i => $"job.submitted {i}"));
        var first = await host.FeedAsync(anne, "?type=job&limit=3");
        foreach (var wrong in (string[])["?limit=3", "?type=job.submitted&limit=3"])
            await IsRefusedAsync(anne, $"{wrong}&cursor={first["next"]}", "cursor");
    }

    [Fact]
    public async Task A_page_has_fifty_entries_and_what_a_filter_finds_is_counted_up_to_a_thousand()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        var job = await host.SubmitAsync(anne);
        await host.IdleAsync();
        await host.TamperAsync(
            """
            insert into activity.feed
            select workspace_id, seq + 1000000 + n, number + n, gen_random_uuid(), type, area, at, actor_id, credential,
                   owner_id, subject_type, subject_id, project_id, data
            from activity.feed, generate_series(1, 1200) n where subject_id = $1
            """,
            job
        );

        var all = await anne.JsonAsync("/activities");
        all["items"]!.AsArray().Count.ShouldBe(50);
        ((long)all["total"]!, (bool)all["totalIsExact"]!).ShouldBe((1202, true));
        ((long)all["unread"]!).ShouldBe(1202);
        foreach (
            var filter in (string[])
                ["?type=job", "?person=me&type=job.submitted", $"?subject={PublicId.Format("job", job)}"]
        )
        {
            var some = await anne.JsonAsync($"/activities{filter}&limit=200");
            some["items"]!.AsArray().Count.ShouldBe(200, filter);
            ((long)some["total"]!, (bool)some["totalIsExact"]!).ShouldBe((1000, false), filter);
        }
    }

    [Fact]
    public async Task Another_workspace_sees_nothing_of_it_and_each_member_all()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        var viewer = await host.JoinAsync(anne, "viewer");
        var job = await host.SubmitAsync(anne, "Ours");
        var stranger = await host.AdminOfNewWorkspaceAsync("Elsewhere");

        Happened(await host.FeedAsync(viewer, "?type=job")).ShouldBe(["job.submitted Ours"]);
        Happened(await host.FeedAsync(stranger)).ShouldBe(["workspace.created"]);
        Happened(await host.FeedAsync(stranger, $"?subject={PublicId.Format("job", job)}")).ShouldBeEmpty();
        Happened(await host.FeedAsync(stranger, $"?person={anne.Id}")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("?type=job.finished", "type")]
    [InlineData("?type=jo", "type")]
    [InlineData("?type=job.started", "type")] // told elsewhere
    [InlineData("?person=them", "person")]
    [InlineData("?project=job_01h455vb4pex5vsknk084sn02r", "project")]
    [InlineData("?subject=moby", "subject")]
    [InlineData("?subject=_", "subject")]
    [InlineData("?from=yesterday", "from")]
    [InlineData("?to=9999-12-31", "to")]
    [InlineData("?from=2026-02-02&to=2026-02-01", "from")]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=201", "limit")]
    [InlineData("?cursor=abc", "cursor")]
    public async Task What_can_not_be_meant_is_refused_by_name(string filter, string parameter) =>
        await IsRefusedAsync(await host.SignUpAsync(), filter, parameter);

    [Fact]
    public async Task Statistics_count_by_type_and_day_what_happened()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        var job = await host.SubmitAsync(anne);
        await host.SubmitAsync(anne);
        await host.EndAsync(job, anne, new JobCompleted(0));
        await host.IdleAsync();
        await anne.SendAsync(HttpMethod.Delete, "/activities");
        await host.SubmitAsync(anne);
        await host.IdleAsync();

        var stats = await anne.JsonAsync("/activities/stats");
        ((long)stats["entries"]!).ShouldBe(5);
        stats["types"]!
            .AsArray()
            .Select(type => $"{type!["type"]} {type["entries"]}")
            .ShouldBe(["job.submitted 3", "job.completed 1", "workspace.created 1"]);
        stats["days"]!.AsArray().Sum(day => (long)day!["entries"]!).ShouldBe(5);
        ((long)stats["total"]!).ShouldBe(1);
        ((long)stats["unread"]!).ShouldBe(1);

        var before = await anne.JsonAsync("/activities/stats?from=2020-01-01&to=2020-12-31");
        ((long)before["entries"]!).ShouldBe(0);
        using var tooLong = await anne.GetAsync("/activities/stats?from=2020-01-01&to=2021-01-01");
        (await tooLong.RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Fact]
    public async Task The_key_with_which_something_was_done_is_told_to_admins_in_person_and_no_session_to_anybody()
    {
        var anne = await host.AdminOfNewWorkspaceAsync();
        var ben = await host.JoinAsync(anne, "editor");
        await host.SubmitAsync(anne, "By hand");
        await host.SubmitAsync(anne, "By key", withKey: true);

        var items = (await host.FeedAsync(anne, "?type=job"))["items"]!.AsArray();

        Text(items[0]!, "apiKey").ShouldStartWith("apikey_");
        items[1]!["apiKey"].ShouldBeNull();
        items[1]!.ToJsonString().ShouldNotContain("session");
        using var made = await anne.SendAsync(
            HttpMethod.Post,
            anne.In("/api-keys"),
            new { name = "Reader", scopes = FeedScopes }
        );
        var key = (string)(await made.JsonAsync())["key"]!;
        foreach (var credential in (string[])[ben.Token, key])
        {
            using var read = await host.Api.GetAsync("/activities?type=job", credential);
            var seen = (await read.JsonAsync())["items"]!.AsArray();
            seen.Count.ShouldBe(2);
            seen.ShouldAllBe(item => item!["apiKey"] == null);
        }
    }

    private static string PublicIdOfNobody => PublicId.Format("person", Guid.CreateVersion7());

    private static async Task IsRefusedAsync(Somebody reader, string filter, string parameter)
    {
        using var answer = await reader.GetAsync($"/activities{filter}");
        (await answer.RefusalAsync()).ShouldBe("422 invalid-values", filter);
        var error = (await answer.JsonAsync())["errors"]!.AsArray().Single()!;
        Text(error, "pointer").ShouldBe(parameter);
    }

    private static List<string> Texts(JsonNode feed) =>
        [.. feed["items"]!.AsArray().Select(item => Text(item!, "text"))];

    /// <summary>Types, and the titles of jobs.</summary>
    private static List<string> Happened(JsonNode feed) =>
        [
            .. feed["items"]!
                .AsArray()
                .Select(item =>
                    Text(item!["subject"]!, "type") == "job"
                        ? $"{item["type"]} {item["subject"]!["name"]}"
                        : Text(item, "type")
                ),
        ];

    private static string Text(JsonNode node, string name) => (string)node[name]!;
}
