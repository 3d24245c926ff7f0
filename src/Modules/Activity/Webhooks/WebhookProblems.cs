using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;

namespace Lectern.Activity.Webhooks;

/// <summary>The refusals that webhooks add.</summary>
internal static class WebhookProblems
{
    /// <summary>422: enough endpoints.</summary>
    public static readonly ProblemType TooMany = new(
        "activity",
        "too-many-webhooks",
        422,
        "The workspace has as many webhooks as it may have.",
        $"Delete one that is not needed: a workspace can have {WebhookRules.MostOfWorkspace}."
    );

    /// <summary>409: nothing is sent to it.</summary>
    public static readonly ProblemType Disabled = new(
        "activity",
        "webhook-disabled",
        409,
        "The webhook is disabled.",
        "Enable it with POST /api/v1/webhooks/{id}/enable, then try again."
    );

    /// <summary>404: no webhook of this workspace has the id.</summary>
    public static readonly Problem NotFound = CommonProblems.NotFound.With(
        "There is no webhook with this id in the workspace."
    );

    /// <summary>404: no delivery of the webhook has the id.</summary>
    public static readonly Problem NoDelivery = CommonProblems.NotFound.With(
        "The webhook has no delivery with this id; they are kept for a while only."
    );

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ProblemType> All { get; } = [TooMany, Disabled];
}
