using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;

namespace Lectern.Jobs;

/// <summary>The one answer for a job that isn't there, somebody else's, or no id at all.</summary>
internal static class JobNotFound
{
    public static Problem Problem => CommonProblems.NotFound.With("There is no such job.");
}
