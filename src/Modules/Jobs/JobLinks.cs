using Lectern.SharedKernel;

namespace Lectern.Jobs;

/// <summary>Where to go from a job.</summary>
/// <param name="Self">The job.</param>
/// <param name="Events">Its history.</param>
/// <param name="Stream">Its audio, while it is made.</param>
/// <param name="Download">The finished file.</param>
/// <param name="Cancel">POST stops it.</param>
internal sealed record JobLinks(string Self, string Events, string Stream, string Download, string Cancel)
{
    public const string Prefix = "job";

    public static JobLinks Of(Guid job)
    {
        var self = $"/api/v1/jobs/{PublicId.Format(Prefix, job)}";
        return new JobLinks(self, $"{self}/events", $"{self}/stream", $"{self}/download", $"{self}/cancel");
    }
}
