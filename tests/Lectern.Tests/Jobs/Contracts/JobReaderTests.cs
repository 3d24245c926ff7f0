using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Jobs.Contracts;

[Collection(JobsHostCollection.Name)]
public sealed class JobReaderTests(JobsHost host)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Jobs_of_several_workspaces_are_as_far_as_each_of_them_says()
    {
        Person[] people = [await host.SignUpAsync(), await host.SignUpAsync()];
        using var gate = host.Engine.StopAt("lantern");
        var jobs = new List<(Person Owner, string Id)>();
        foreach (var owner in people)
        {
            for (var i = 0; i < JobsHost.Places + 3; i++)
                jobs.Add((owner, await owner.SubmitAsync($"Here is a desk.\n\nLantern {i} hangs there.")));
            foreach (var (_, id) in jobs.Where(job => job.Owner == owner).Take(JobsHost.Places))
                await owner.UntilAsync(id, "running");
        }

        // The last of each are asked for: their places are counted over those that nobody asks for.
        var asked = jobs.Where((_, i) => i % (JobsHost.Places + 3) is 0 or > JobsHost.Places).ToList();
        await using var session = host.Services.GetRequiredService<EventStore>().OpenSystemSession();
        var now = (
            await JobReader.NowAsync(session, [.. asked.Select(job => Person.IdOf(job.Id))], Cancel)
        ).ToDictionary(job => job.Id, job => job.Now);

        now.Count.ShouldBe(asked.Count);
        foreach (var (owner, id) in asked)
        {
            var (said, view) = (now[Person.IdOf(id)], await owner.JobAsync(id));
            said.Job.ShouldBe(id);
            said.Status.ShouldBe((string)view["status"]!);
            said.QueuePosition.ShouldBe((int?)view["queuePosition"]);
        }

        asked
            .Select(job => now[Person.IdOf(job.Id)].QueuePosition)
            .ShouldBe([null, 2, 3, null, 2, 3], "one queue for each workspace");
        gate.Open();
        foreach (var (owner, id) in jobs)
            await owner.UntilAsync(id, "completed");
        now = (await JobReader.NowAsync(session, [.. asked.Select(job => Person.IdOf(job.Id))], Cancel)).ToDictionary(
            job => job.Id,
            job => job.Now
        );
        now.Values.ShouldAllBe(job =>
            job.Status == "completed" && job.Percent == 100 && job.QueuePosition == null && job.SecondsLeft == null
        );
        (await JobReader.UnderwayAsync(session, people[0].Workspace, 10, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Underway_are_those_that_run_and_the_first_of_those_that_wait()
    {
        var jane = await host.SignUpAsync();
        await jane.MakeAsync("This one is over.");
        using var gate = host.Engine.StopAt("candle");
        var ids = new List<string>();
        for (var i = 0; i < JobsHost.Places + 3; i++)
            ids.Add(await jane.SubmitAsync($"Candle {i} burns."));
        foreach (var id in ids.Take(JobsHost.Places))
            await jane.UntilAsync(id, "running");
        await using var session = host.Services.GetRequiredService<EventStore>().OpenSystemSession();

        var underway = await JobReader.UnderwayAsync(session, jane.Workspace, 2, Cancel);

        underway.ShouldBe(ids.Take(JobsHost.Places + 2).Select(Person.IdOf), ignoreOrder: true);
        foreach (var id in ids.Skip(JobsHost.Places)) // else they would all be spoken
            using (await jane.CancelAsync(id)) { }
        gate.Open();
        foreach (var id in ids.Take(JobsHost.Places))
            await jane.UntilAsync(id, "completed");
    }
}
