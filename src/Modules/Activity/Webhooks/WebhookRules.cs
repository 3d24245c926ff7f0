using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;

namespace Lectern.Activity.Webhooks;

/// <summary>What an endpoint may be like.</summary>
internal static class WebhookRules
{
    /// <summary>How many a workspace can have; the table holds it, too.</summary>
    public const int MostOfWorkspace = 20;

    private const int LongestDescription = 200;

    public static async Task<List<FieldError>> FaultsAsync(
        UserUrls urls,
        string? url,
        string? description,
        IReadOnlyList<string>? events,
        CancellationToken cancel
    )
    {
        var faults = new List<FieldError>();
        if (url is not null && await urls.FaultAsync(url, cancel) is { } badUrl)
            faults.Add(new FieldError("/url", badUrl));
        if (description is not null && (description.Length > LongestDescription || description.Any(char.IsControl)))
            faults.Add(
                new FieldError("/description", $"must have at most {LongestDescription} characters in one line")
            );
        if (events is not null)
            faults.AddRange(WebhookFilter.Faults(events));
        return faults;
    }
}
