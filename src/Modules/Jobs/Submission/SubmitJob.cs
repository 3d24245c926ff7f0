using System.Text.Json;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Jobs.Submission;

/// <summary>The answer to an accepted job.</summary>
/// <param name="Id">The job's id.</param>
/// <param name="Status"><c>pending</c>.</param>
/// <param name="Kind">What is made.</param>
/// <param name="Title">The book's title.</param>
/// <param name="Held">Credits set aside for it.</param>
/// <param name="PriceVersion">The price list that holds for it.</param>
/// <param name="Links">Where to go from here.</param>
internal sealed record JobAccepted(
    string Id,
    string Status,
    string Kind,
    string Title,
    string Held,
    string PriceVersion,
    JobLinks Links
);

internal static class SubmitJob
{
    /// <summary>The first event of a job, and with it the hold.</summary>
    public static JobSubmitted Decide(CheckedRequest request, HoldTerms terms, Guid hold, int fallbackPrice) =>
        new(
            JobKinds.Audiobook,
            request.Voice.Voice.Id,
            request.Format.Name,
            request.Format.BitrateKbps,
            request.Text.Length,
            hold,
            terms.Held,
            terms.PriceVersion,
            request.Fallback?.Voice.Id,
            fallbackPrice,
            request.Voice.PricedAs,
            request.Fallback?.PricedAs,
            request.Project
        );
}

internal static class SubmitJobEndpoint
{
    private const string Route = "POST /jobs";

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/jobs", HandleAsync)
            .WithName("SubmitJob")
            .WithTags("jobs")
            .WithSummary("Submit a text to be made into an audiobook")
            .WithDescription(
                "Takes JSON, or a multipart form with the same fields and a part named file. The credits that the job may cost are held: what the quote in 'quote' says, else by the prices in force. What is not delivered is not charged."
            )
            .Accepts<JobRequest>("application/json", "multipart/form-data")
            .Produces<JobAccepted>(StatusCodes.Status202Accepted)
            .WithProblems(
                Idempotency.KeyMissing,
                Idempotency.KeyReused,
                Idempotency.InFlight,
                CommonProblems.InvalidValues,
                Quotes.NotValid,
                JobsProblems.UnusableText,
                JobsProblems.TextTooLong,
                JobsProblems.UnknownVoice,
                JobsProblems.VoiceUnavailable,
                JobsProblems.UnknownProject
            )
            .WithProblems(HoldProblems.All)
            .WithExample(
                new JobRequest(
                    "It is a truth universally acknowledged, …",
                    Title: "Pride and Prejudice",
                    Voice: "flite-slt"
                ),
                Accepted(
                    Guid.Parse("0192f0c1-2a3b-7c4d-8e5f-60718293a4b5"),
                    "Pride and Prejudice",
                    9_400_000,
                    "5f2c8e41d0aa"
                )
            );

    private static async Task<IResult> HandleAsync(
        HttpContext http,
        Caller caller,
        EventStore store,
        VoiceDirectory voices,
        AudioPreferences preferences,
        JobQuotes quotes,
        JobsOptions options,
        CancellationToken cancel
    )
    {
        var (key, noKey) = Idempotency.ReadKey(http);
        if (noKey is not null)
            return noKey.AsResult();
        var (received, unreadable) = await RequestReader.ReadAsync(http, options, cancel);
        if (received is null)
            return unreadable!.AsResult();
        var defaults = await preferences.DefaultsAsync(received.Request, caller, cancel);
        var (request, refusal) = await JobRequests.CheckAsync(
            received,
            defaults,
            caller.Workspace,
            voices,
            options,
            cancel
        );
        if (request is null)
            return refusal!.AsResult();

        await using var session = store.OpenSession(caller);
        var order = Order.Of(request);
        if (quotes.FallbackPrice(order, request.Fallback) is not { } fallbackPrice)
            return JobQuotes.DearerFallback().AsResult();
        var terms = await quotes.TermsAsync(session, order, received.Request.Quote, cancel);
        if (terms is null)
            return await quotes.RefuseAsync(caller, order, Quotes.Unknown, cancel);
        var job = store.NewId();
        var submitted = SubmitJob.Decide(request, terms, store.NewId(), fallbackPrice);
        if (request.Project is { } project)
            ProjectDirectory.Require(session, project);
        session.StartStream<Job>(job, submitted);
        session.Execute(
            """
            insert into jobs.manuscripts (job_id, workspace_id, title, author, language, markdown, text)
            values ($1, $2, $3, $4, $5, $6, $7)
            """,
            job,
            session.Context.Workspace,
            request.Title,
            request.Author,
            request.Language,
            request.Markdown,
            request.Text
        );
        session.Enqueue(new StartJobs(session.Context.Workspace));
        quotes.Hold(session, terms, order, submitted.Hold, job, run: 1, caller.ApiKey);

        var answer = new IdempotentAnswer(
            Route,
            key,
            received.Fingerprint,
            StatusCodes.Status202Accepted,
            JobLinks.Of(job).Self,
            JsonSerializer.SerializeToUtf8Bytes(
                Accepted(job, request.Title, submitted.Held, submitted.PriceVersion),
                StrictJson.Options
            )
        );
        try
        {
            return await Idempotency.SaveAsync(session, answer, store, cancel);
        }
        catch (ConstraintViolatedException e) when (ProjectDirectory.Refuses(e))
        {
            return JobsProblems.NoProject().AsResult();
        }
        catch (ConstraintViolatedException e) when (JobQuotes.Refuses(e))
        {
            return await quotes.RefuseAsync(caller, order, e, submitted.Held, cancel);
        }
    }

    private static JobAccepted Accepted(Guid job, string title, long held, string priceVersion) =>
        new(
            PublicId.Format(JobLinks.Prefix, job),
            "pending",
            JobKinds.Audiobook,
            title,
            Credits.Format(held),
            priceVersion,
            JobLinks.Of(job)
        );
}
