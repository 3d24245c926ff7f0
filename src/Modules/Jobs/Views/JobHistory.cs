using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.History;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Views;

/// <summary>What happened to a job: over HTTP as <see cref="HistoryRoutes"/> has it, and live.</summary>
internal static class JobHistoryEndpoints
{
    private const int PageSize = 200;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapHistory<Job>("/jobs/{id}", Subject);
        api.MapGet("/jobs/{id}/events/live", LiveAsync)
            .WithName("FollowJob")
            .WithTags("jobs")
            .WithSummary("What happens to a job, as it happens")
            .WithDescription(
                "Server-sent events; the id of each is the version, and Last-Event-ID goes on behind it without a gap. The stream ends when the job has ended."
            )
            .Produces<string>(contentType: "text/event-stream")
            .DisableRequestTimeout()
            .WithExample();
    }

    private static readonly HistorySubject Subject = new(
        "job",
        "Job",
        "a job",
        "jobs",
        JobLinks.Prefix,
        ["jobs."],
        JobNotFound.Problem,
        FindAsync,
        new HistoryExample(
            "jobs.job_started.v1",
            JsonSerializer.SerializeToElement(new Contracts.JobStarted(1), JobsJson.Default.JobStarted),
            JsonSerializer.SerializeToElement(Job.Initial, JobsJson.Default.Job)
        )
    );

    private static async Task<IResult> LiveAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await FindAsync(session, id, cancel) is not { } job)
            return JobNotFound.Problem.AsResult();
        var last = http.Request.Headers["Last-Event-ID"].ToString();
        var after = 0;
        if (last.Length > 0 && (!int.TryParse(last, out after) || after < 0))
            return CommonProblems
                .MalformedRequest.With(
                    "Last-Event-ID is not a version of this job.",
                    new FieldError("Last-Event-ID", "must be the id of an event that was received")
                )
                .AsResult();
        return TypedResults.ServerSentEvents(FollowAsync(job, after, caller, store, cancel));
    }

    /// <summary>Reads behind the last version at every append, so nothing is missed and nothing comes twice.</summary>
    private static async IAsyncEnumerable<SseItem<HistoryEntry>> FollowAsync(
        Guid job,
        int after,
        Caller caller,
        EventStore store,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        while (true)
        {
            var appended = store.Wakeups.NextAppend();
            await using var session = store.OpenSession(caller);
            var events = await session.ReadStreamAsync(job, after, PageSize, cancel);
            foreach (var stored in events)
            {
                after = stored.Version!.Value;
                yield return new SseItem<HistoryEntry>(HistoryEntry.Of(stored, store), stored.Type)
                {
                    EventId = after.ToString(System.Globalization.CultureInfo.InvariantCulture),
                };
            }

            if (events.Count == PageSize)
                continue;
            // The job may have ended since the events were read: then its last events are still to be sent.
            var more = await session.QueryAsync(
                """
                select 1 from jobs.job_view
                where id = $1 and (version > $2 or version = $2 and status in ('pending', 'running'))
                """,
                row => row.GetInt32(0),
                cancel,
                job,
                after
            );
            if (more.Count == 0)
                yield break;
            await Task.WhenAny(appended, Task.Delay(PollEvery, cancel));
            cancel.ThrowIfCancellationRequested();
        }
    }

    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(1);

    private static async Task<Guid?> FindAsync(Session session, string id, CancellationToken cancel) =>
        PublicId.TryParse(JobLinks.Prefix, id, out var job) ? await FindAsync(session, job, cancel) : null;

    private static async Task<Guid?> FindAsync(Session session, Guid? job, CancellationToken cancel)
    {
        var found = await session.QueryAsync(
            "select id from jobs.job_view where id = $1",
            row => row.GetGuid(0),
            cancel,
            job
        );
        return found is [var known] ? known : null;
    }
}
