using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Jobs.Contracts;
using Lectern.Jobs.Submission;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Jobs.Submission;

[Collection(SubmissionCollection.Name)]
public sealed class ProjectOfJobTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_job_is_in_the_project_that_it_is_submitted_to_and_listed_there()
    {
        var (ours, other) = (await _jane.MakeProjectAsync(), await _jane.MakeProjectAsync());
        var asJson = await SubmitAsync(new { text = "One.", project = ours });
        using var form = new MultipartFormDataContent();
        form.Add(new StringContent("Two."), "text");
        form.Add(new StringContent(ours), "project");
        using var sent = await _jane.PostJobAsync(form);
        var asForm = (string)(await sent.JsonAsync())["id"]!;
        var free = await SubmitAsync(new { text = "Three." });
        var elsewhere = await SubmitAsync(new { text = "Four.", project = other });

        ((string)(await _jane.JobAsync(asJson))["project"]!).ShouldBe(ours);
        ((string)(await _jane.JobAsync(asForm))["project"]!).ShouldBe(ours);
        (await _jane.JobAsync(free))["project"].ShouldBeNull();
        (await IdsAsync($"/jobs?project={ours}")).ShouldBe([asForm, asJson]);
        (await IdsAsync($"/projects/{ours}/jobs")).ShouldBe([asForm, asJson]);
        (await IdsAsync($"/projects/{other}/jobs?voice=flite-slt")).ShouldBe([elsewhere]);
        (await IdsAsync($"/projects/{other}/jobs?voice=flite-rms")).ShouldBeEmpty();
        (await IdsAsync("/jobs")).Count.ShouldBe(4);

        var first = await _jane.JsonAsync($"/projects/{ours}/jobs?limit=1");
        (await IdsAsync($"/jobs?project={ours}&limit=1&cursor={first["next"]}")).ShouldBe([asJson]);
        using var wrong = await _jane.GetAsync($"/projects/{other}/jobs?limit=1&cursor={first["next"]}");
        (await wrong.RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Fact]
    public async Task A_project_that_is_not_the_workspaces_is_refused_and_nothing_is_held()
    {
        var stranger = await host.SignUpAsync();
        var foreign = await stranger.MakeProjectAsync();
        var gone = await _jane.MakeProjectAsync();
        using (await _jane.SendAsync(HttpMethod.Delete, $"/projects/{gone}")) { }
        var job = (string)(await _jane.MakeAsync("Here."))["id"]!;
        var available = await _jane.AvailableAsync();

        foreach (
            var (project, refusal) in ((string, string)[])
                [
                    (foreign, "422 unknown-project"),
                    (gone, "422 unknown-project"),
                    (PublicId.Format("project", Guid.CreateVersion7()), "422 unknown-project"),
                    (job, "422 invalid-values"),
                    ("", "422 invalid-values"),
                ]
        )
        {
            using var refused = await _jane.PostJobAsync(new { text = "Nowhere.", project });
            (await refused.RefusalAsync()).ShouldBe(refusal, project);
            ((string)(await refused.JsonAsync())["errors"]![0]!["pointer"]!).ShouldBe("/project");
            using var unmoved = await ChangeAsync(job, new { project });
            (await unmoved.RefusalAsync()).ShouldBe(refusal, project);
        }

        (await _jane.AvailableAsync()).ShouldBe(available);
        (await IdsAsync("/jobs")).ShouldBe([job]);
        foreach (var project in (string[])[foreign, gone])
        {
            (await IdsAsync($"/jobs?project={project}")).ShouldBeEmpty();
            using var absent = await _jane.GetAsync($"/projects/{project}/jobs");
            (await absent.RefusalAsync()).ShouldBe("404 not-found");
        }

        using var noProject = await _jane.GetAsync("/jobs?project=here");
        (await noProject.RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Fact]
    public async Task A_job_is_moved_and_renamed_and_its_rebuilt_view_is_the_same()
    {
        var (ours, other) = (await _jane.MakeProjectAsync(), await _jane.MakeProjectAsync());
        var id = (string)(await _jane.MakeAsync("Here.", title: "Before"))["id"]!;
        var events = await _jane.EventsAsync(id);

        var changed = await ChangedAsync(id, new { title = "After", project = ours });
        ((string)changed["title"]!).ShouldBe("After");
        ((string)changed["project"]!).ShouldBe(ours);
        ((string)(await ChangedAsync(id, new { title = "After" }))["project"]!).ShouldBe(ours); // nothing new
        ((string)(await ChangedAsync(id, new { project = other }))["project"]!).ShouldBe(other);
        (await IdsAsync($"/projects/{ours}/jobs")).ShouldBeEmpty();
        (await IdsAsync($"/projects/{other}/jobs")).ShouldBe([id]);
        await RebuiltIsTheSameAsync();
        (await ChangedAsync(id, new { project = (string?)null }))["project"].ShouldBeNull();
        await ChangedAsync(id, new { });

        (await _jane.EventsAsync(id))
            .Skip(events.Count)
            .ShouldBe(["jobs.job_moved.v1", "jobs.job_renamed.v1", "jobs.job_moved.v1", "jobs.job_moved.v1"]);
        (
            await host.ScalarAsync<long>(
                "select count(*) from eventing.events where stream_id = $1 and data::text ~ 'Before|After'",
                Person.IdOf(id)
            )
        ).ShouldBe(0);
        await RebuiltIsTheSameAsync();
        foreach (var check in host.Services.GetServices<IAuditCheck>())
            if (check.Name == "jobs.history_is_possible_and_shown")
                (await check.FindBreachesAsync(Cancel)).ShouldBeEmpty();

        foreach (
            var misfit in (object[])[new { title = " " }, new { title = new string('t', 301) }, new { project = 1 }]
        )
            (await (await ChangeAsync(id, misfit)).RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Fact]
    public async Task A_stale_version_changes_nothing()
    {
        var id = (string)(await _jane.MakeAsync("Here."))["id"]!;
        using var read = await _jane.GetAsync($"/jobs/{id}");
        var tag = read.Headers.ETag!.Tag;

        using var first = await ChangeAsync(id, new { title = "One" }, ("If-Match", tag));
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var second = await ChangeAsync(id, new { title = "Two" }, ("If-Match", tag));

        (await second.RefusalAsync()).ShouldBe("412 precondition-failed");
        ((string)(await _jane.JobAsync(id))["title"]!).ShouldBe("One");
        using var third = await ChangeAsync(id, new { title = "Two" }, ("If-Match", first.Headers.ETag!.Tag));
        third.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_deleted_projects_jobs_stay_with_their_audio_and_are_in_none()
    {
        var project = await _jane.MakeProjectAsync();
        var id = await SubmitAsync(new { text = "It stays.", project });
        await _jane.UntilAsync(id, "completed");
        using var before = await _jane.GetAsync($"/jobs/{id}");
        var events = await _jane.EventsAsync(id);

        using var deleted = await _jane.SendAsync(HttpMethod.Delete, $"/projects/{project}");

        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var after = await _jane.GetAsync($"/jobs/{id}", ("If-None-Match", before.Headers.ETag!.Tag));
        after.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await after.JsonAsync())["project"].ShouldBeNull();
        using var again = await ChangeAsync(id, new { title = "Moved", project }); // the history still names it
        (await again.RefusalAsync()).ShouldBe("422 unknown-project");
        (await _jane.JsonAsync("/jobs"))["items"]![0]!["project"].ShouldBeNull();
        (await _jane.EventsAsync(id)).ShouldBe(events);
        using var file = await host.Client.GetAsync(
            (string)(await _jane.JsonAsync($"/jobs/{id}/result"))["url"]!,
            Cancel
        );
        file.StatusCode.ShouldBe(HttpStatusCode.OK);
        await RebuiltIsTheSameAsync();
    }

    [Fact]
    public async Task No_job_is_accepted_into_a_project_behind_its_deletion()
    {
        var project = await _jane.MakeProjectAsync();
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(i =>
                    i == 4
                        ? _jane.SendAsync(HttpMethod.Delete, $"/projects/{project}")
                        : _jane.PostJobAsync(new { text = $"Number {i}.", project })
                )
        );

        answers[4].StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var answer in answers)
            if (answer.StatusCode is not (HttpStatusCode.Accepted or HttpStatusCode.NoContent))
                (await answer.RefusalAsync()).ShouldBe("422 unknown-project");
        PublicId.TryParse("project", project, out var id).ShouldBeTrue();
        (
            await host.ScalarAsync<long>(
                """
                select count(*) from eventing.events
                where type = 'jobs.job_submitted.v1' and data->>'project' = $1::text
                  and seq > (select seq from eventing.events where stream_id = $1 and type = 'library.project_deleted.v1')
                """,
                id
            )
        ).ShouldBe(0);
        foreach (var job in await IdsAsync("/jobs"))
            await _jane.UntilAsync(job, "completed");
    }

    private async Task RebuiltIsTheSameAsync()
    {
        var before = await RowsAsync();
        await host.Services.GetRequiredService<ProjectionRebuild>().RebuildAsync("jobs.job_view", Cancel);
        (await RowsAsync()).ShouldBe(before);
    }

    private Task<string> RowsAsync() =>
        host.ScalarAsync<string>(
            "select string_agg(v::text, ' ' order by id) from jobs.job_view v where workspace_id = $1",
            _jane.Workspace
        );

    private async Task<string> SubmitAsync(object body)
    {
        using var answer = await _jane.PostJobAsync(body);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        return (string)(await answer.JsonAsync())["id"]!;
    }

    private Task<HttpResponseMessage> ChangeAsync(
        string id,
        object body,
        params (string Name, string Value)[] headers
    ) => _jane.SendAsync(HttpMethod.Patch, $"/jobs/{id}", JsonContent.Create(body, body.GetType()), headers);

    private async Task<JsonNode> ChangedAsync(string id, object body)
    {
        using var changed = await ChangeAsync(id, body);
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await changed.JsonAsync();
    }

    private async Task<List<string>> IdsAsync(string path) =>
        [.. (await _jane.JsonAsync(path))["items"]!.AsArray().Select(job => (string)job!["id"]!)];
}

public sealed class ChangeJobTests
{
    private static readonly Guid Ours = Guid.Parse("019b7dc2-1f2e-7c54-8d7e-0a53c2f1b607");

    [Fact]
    public void What_is_as_it_was_is_no_event()
    {
        ChangeJob.Decide(JobHistories.Pending, "A", null, moves: false, null).ShouldBeEmpty();
        ChangeJob.Decide(JobHistories.Pending, "A", "A", moves: true, null).ShouldBeEmpty();
    }

    [Fact]
    public void A_job_is_in_the_last_project_that_it_was_put_into()
    {
        var moved = JobHistories.Of(
            JobHistories.Completed,
            [.. ChangeJob.Decide(JobHistories.Completed, "A", "B", true, Ours)]
        );

        moved.Project.ShouldBe(Ours);
        moved.Status.ShouldBe(JobStatus.Completed);
        JobHistories.Of(moved, [.. ChangeJob.Decide(moved, "B", null, true, null)]).Project.ShouldBeNull();
    }

    [Fact]
    public void A_job_that_was_submitted_before_there_were_projects_is_in_none() =>
        JsonSerializer
            .Deserialize(
                """
                {"kind":"audiobook","voice":"flite-slt","format":"m4b","bitrate":64,"characters":1,"held":1,
                 "hold":"019b7dc2-1f2e-7c54-8d7e-0a53c2f1b601","priceVersion":"5f1c0a9be2d4"}
                """,
                JobsJson.Default.JobSubmitted
            )!
            .ShouldBe(
                new JobSubmitted(
                    "audiobook",
                    "flite-slt",
                    "m4b",
                    64,
                    1,
                    Guid.Parse("019b7dc2-1f2e-7c54-8d7e-0a53c2f1b601"),
                    1,
                    "5f1c0a9be2d4",
                    Project: null
                )
            );
}
