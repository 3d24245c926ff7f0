using Lectern.Accounts.Contracts;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Scheduling;

[Collection(SubmissionCollection.Name)]
public sealed class StartJobsTests(JobsHost host)
{
    [Fact]
    public async Task A_workspace_has_so_many_jobs_at_work_and_the_others_wait_in_order()
    {
        var jane = await host.SignUpAsync();
        using var gate = host.Engine.StopAt("chimney");
        var ids = new List<string>();
        foreach (var n in new[] { "first", "second", "third", "fourth" })
            ids.Add(await jane.SubmitAsync($"The {n} chimney smokes."));
        foreach (var id in ids.Take(JobsHost.Places))
            await jane.UntilAsync(id, "running");

        var third = await jane.JobAsync(ids[2]);
        var fourth = await jane.JobAsync(ids[3]);
        ((string)third["status"]!).ShouldBe("pending");
        ((string)third["stage"]!).ShouldBe("waiting");
        ((int)third["queuePosition"]!).ShouldBe(1);
        ((int)fourth["queuePosition"]!).ShouldBe(2);
        (await jane.JobAsync(ids[0]))["queuePosition"].ShouldBeNull();
        var queue = await jane.JsonAsync("/queue");
        ((int)queue["pending"]!).ShouldBe(2);
        ((int)queue["running"]!).ShouldBe(JobsHost.Places);
        ((int)queue["places"]!).ShouldBe(JobsHost.Places);
        ((double)queue["oldestPendingSeconds"]!).ShouldBeGreaterThan(0);
        queue["lanes"].ShouldBeNull(); // what others have waiting is theirs
        var waiting = queue["jobs"]!.AsArray();
        waiting.Select(job => (string)job!["id"]!).ShouldBe(ids.Skip(JobsHost.Places));
        waiting.Select(job => (int)job!["position"]!).ShouldBe([1, 2]);
        var kind = queue["kinds"]!.AsArray().Single()!;
        ((string)kind["kind"]!, (int)kind["pending"]!, (int)kind["running"]!).ShouldBe(
            ("audiobook", 2, JobsHost.Places)
        );

        var all = await (await host.PlatformAdminAsync()).JsonAsync("/admin/queue");
        var render = all["lanes"]!.AsArray().Single(lane => (string)lane!["name"]! == "render")!;
        ((int)render["running"]!).ShouldBeGreaterThanOrEqualTo(JobsHost.Places);
        all["lanes"]!
            .AsArray()
            .Select(lane => (string)lane!["name"]!)
            .ShouldContain("mail", "an empty lane is one, too");
        var ours = all["workspaces"]!
            .AsArray()
            .Single(w => (string)w!["workspace"]! == AccountIds.Workspace(jane.Workspace))!;
        ((int)ours["pending"]!, (int)ours["running"]!).ShouldBe((2, JobsHost.Places));
        ((int)all["workspacesInAll"]!).ShouldBeGreaterThanOrEqualTo(1);

        // Somebody else's queue is not ours.
        var stranger = await host.SignUpAsync();
        ((int)(await stranger.JsonAsync("/queue"))["pending"]!).ShouldBe(0);

        using var cancelled = await jane.CancelAsync(ids[2]);
        ((int)(await jane.JobAsync(ids[3]))["queuePosition"]!).ShouldBe(1);
        gate.Open();
        foreach (var id in new[] { ids[0], ids[1], ids[3] })
            await jane.UntilAsync(id, "completed");
        ((int)(await jane.JsonAsync("/queue"))["running"]!).ShouldBe(0);
    }

    [Fact]
    public async Task A_short_job_is_not_starved_by_another_workspaces_long_ones()
    {
        var (crowd, jane) = (await host.SignUpAsync(), await host.SignUpAsync());
        var sentences = Enumerable.Range(1, 60).Select(n => $"# {n}\n\nThis is page {n} of a long book.\n");
        var books = new List<string>();
        for (var i = 0; i < 3; i++)
            books.Add(await crowd.SubmitAsync($"Book {i}.\n\n{string.Join('\n', sentences)}"));
        await crowd.UntilAsync(books[0], "running");

        await jane.MakeAsync("Only this.");

        foreach (var id in books)
        {
            ((string)(await crowd.JobAsync(id))["status"]!).ShouldNotBe("completed");
            using var deleted = await crowd.DeleteAsync(id);
        }

        foreach (var id in books)
            await Eventually.IsAsync(
                async () => (int)(await crowd.GetAsync($"/jobs/{id}")).StatusCode,
                status => status == 404,
                "the book is gone"
            );
    }
}
