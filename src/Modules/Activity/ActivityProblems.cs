using Lectern.Activity.Webhooks;
using Lectern.SharedKernel;

namespace Lectern.Activity;

internal static class ActivityProblems
{
    public static readonly IReadOnlyList<ProblemType> All = [.. WebhookProblems.All];
}
