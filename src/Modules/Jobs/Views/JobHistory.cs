using System.Text.Json;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Views;

/// <summary>One event of a job's history.</summary>
/// <param name="Version">Its place in the history, from 1.</param>
/// <param name="Type">The stored name.</param>
/// <param name="At">When it happened.</param>
/// <param name="Actor">Who caused it: <c>person:&lt;id&gt;</c> or <c>system</c>.</param>
/// <param name="Correlation">The request that started it.</param>
/// <param name="Data">What happened.</param>
internal sealed record HistoryEntry(
    int Version,
    string Type,
    DateTimeOffset At,
    string Actor,
    Guid Correlation,
    JsonElement Data
)
{
    public static HistoryEntry Of(StoredEvent stored, EventStore store) =>
        new(
            stored.Version!.Value,
            stored.Type,
            stored.At!.Value,
            stored.Actor,
            stored.Correlation,
            store.AsJson(stored.Data)
        );
}

/// <summary>A page of a history, oldest first.</summary>
/// <param name="Items">The events.</param>
/// <param name="Next">Pass it as <c>after</c> for the next page; null at the end.</param>
internal sealed record HistoryPage(IReadOnlyList<HistoryEntry> Items, int? Next);

/// <summary>A job as it was at a version.</summary>
/// <param name="Version">The version.</param>
/// <param name="At">When it was reached.</param>
/// <param name="State">The state that the events up to it fold to.</param>
internal sealed record JobAtVersion(int Version, DateTimeOffset At, JsonElement State);

internal static class JobHistoryEndpoints
{
    private const int PageSize = 200;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs/{id}/events", ListAsync)
            .WithName("GetJobEvents")
            .WithTags("jobs")
            .WithSummary("What happened to a job, in order")
            .WithDescription("Up to 200 events behind the version given as after.")
            .Produces<HistoryPage>()
            .WithExample(response: new HistoryPage([Example], null));
        api.MapGet("/jobs/{id}/at/{version:int}", AtAsync)
            .WithName("GetJobAtVersion")
            .WithTags("jobs")
            .WithSummary("The state of a job at a version of its history")
            .Produces<JobAtVersion>()
            .WithExample(
                response: new JobAtVersion(
                    3,
                    Example.At,
                    JsonSerializer.SerializeToElement(Job.Initial, JobsJson.Default.Job)
                )
            );
    }

    private static HistoryEntry Example =>
        new(
            2,
            "jobs.job_started.v1",
            new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero),
            "person:0192f0c1-2a3b-7c4d-8e5f-60718293a4b5",
            Guid.Parse("0192f0c1-2a3b-7c4d-8e5f-60718293a4b6"),
            JsonSerializer.SerializeToElement(new Contracts.JobStarted(1), JobsJson.Default.JobStarted)
        );

    private static async Task<IResult> ListAsync(
        string id,
        int? after,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (after < 0)
            return CommonProblems
                .InvalidValues.With("There is no such version.", new FieldError("after", "must be 0 or more"))
                .AsResult();
        await using var session = store.OpenSession(caller);
        if (await FindAsync(session, id, cancel) is not { } job)
            return JobNotFound.Problem.AsResult();
        var events = await session.ReadStreamAsync(job, after ?? 0, PageSize + 1, cancel);
        var page = events.Take(PageSize).Select(e => HistoryEntry.Of(e, store)).ToList();
        return TypedResults.Ok(new HistoryPage(page, events.Count > PageSize ? page[^1].Version : null));
    }

    private static async Task<IResult> AtAsync(
        string id,
        int version,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await FindAsync(session, id, cancel) is not { } job)
            return JobNotFound.Problem.AsResult();
        var last = version < 1 ? [] : await session.ReadStreamAsync(job, version - 1, 1, cancel);
        if (last is not [var reached])
            return CommonProblems.NotFound.With($"The job's history has no version {version}.").AsResult();
        var state = await session.StateAtAsync<Job>(job, version, cancel);
        return TypedResults.Ok(
            new JobAtVersion(version, reached.At!.Value, JsonSerializer.SerializeToElement(state, JobsJson.Default.Job))
        );
    }

    private static async Task<Guid?> FindAsync(Session session, string id, CancellationToken cancel)
    {
        if (!PublicId.TryParse(JobLinks.Prefix, id, out var job))
            return null;
        var found = await session.QueryAsync(
            "select id from jobs.job_view where id = $1",
            row => row.GetGuid(0),
            cancel,
            job
        );
        return found is [var known] ? known : null;
    }
}
