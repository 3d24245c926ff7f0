using System.Text.Json;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Processes;

namespace Lectern.Jobs.Ending;

/// <summary>Ends a run whose step was given up: says which step, a stable code, and what to do.</summary>
internal static class StepFailure
{
    /// <summary>The code of what nobody foresaw.</summary>
    internal const string Internal = "internal";

    public static async Task EndRunAsync(
        Session session,
        Guid jobId,
        int run,
        string step,
        Exception error,
        CancellationToken stop
    )
    {
        var job = await session.FetchForExclusiveWriting<Job>(jobId, stop);
        if (job is null || job.State.Status != JobStatus.Running || job.State.Run != run)
            return; // the run has ended otherwise
        var (code, detail) = Describe(error);
        await RunEnding.FailAsync(session, job, step, code, detail, stop);
    }

    /// <summary>Codes are stable; the sentence may be shown to the job's owner.</summary>
    internal static (string Code, string Detail) Describe(Exception error) =>
        (error is GiveUpException or RetryLaterException ? error.InnerException ?? error : error) switch
        {
            ProviderException e => (CodeOf(e.Failure), $"{e.Message} {e.Remedy}"),
            BlobStoreFullException => (
                "storage-full",
                "There was no room to store audio. Free some and retry the job; finished parts are kept."
            ),
            ExternalProgramException e => (
                "program-failed",
                $"{e.Program} failed. Retry the job; if it fails again, the log has what the program said."
            ),
            _ => (Internal, "Something unexpected failed. Retry the job; finished parts are kept."),
        };

    /// <summary>The stable code of a provider's failure: <c>provider-key-refused</c>.</summary>
    internal static string CodeOf(ProviderFailure failure) =>
        "provider-" + JsonNamingPolicy.KebabCaseLower.ConvertName($"{failure}");
}
