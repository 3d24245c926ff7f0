using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Activity.Webhooks;

/// <summary>The section <c>Lectern:Webhooks</c>.</summary>
internal sealed class WebhookSettings
{
    private static readonly TimeSpan[] Usual =
    [
        TimeSpan.FromSeconds(5),
        TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(2),
        TimeSpan.FromHours(5),
        TimeSpan.FromHours(10),
        TimeSpan.FromHours(14),
        TimeSpan.FromHours(20),
        TimeSpan.FromHours(24),
    ];

    [Description(
        "How long after each failed try of a delivery the next one comes, at the soonest; after as many and one more it is given up. Without any: 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h."
    )]
    public TimeSpan[] RetryDelays { get; set; } = [];

    [Description("How long an endpoint has for its whole answer.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    [Description("An endpoint to which nothing could be delivered for this long is disabled, and its admins are told.")]
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan DisableAfter { get; set; } = TimeSpan.FromDays(5);

    [Description("For how long a secret that was replaced signs beside the new one, where nobody says otherwise.")]
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan RotationOverlap { get; set; } = TimeSpan.FromHours(24);

    [Description("For how long the log of deliveries is kept.")]
    [Range(typeof(TimeSpan), "1.00:00:00", "365.00:00:00")]
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(30);

    [Description("How many deliveries one host has under way at once.")]
    [Range(1, 256)]
    public int Parallelism { get; set; } = 32;

    [Description("How many of them go to one endpoint, so that a slow one doesn't hold up the others.")]
    [Range(1, 64)]
    public int PerEndpoint { get; set; } = 4;

    /// <summary>The delays that hold. Source of the usual ones: the specification's example of a retry schedule.</summary>
    public IReadOnlyList<TimeSpan> Delays => RetryDelays.Length > 0 ? RetryDelays : Usual;
}
