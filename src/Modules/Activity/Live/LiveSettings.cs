using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Activity.Live;

/// <summary>What live connections may take of a host.</summary>
internal sealed class LiveSettings
{
    [Description("Live connections that one person or API key may have on a host at a time.")]
    [Range(1, 100_000)]
    public int ConnectionsPerCaller { get; set; } = 50;

    [Description("Live connections that one workspace may have on a host at a time.")]
    [Range(1, 100_000)]
    public int ConnectionsPerWorkspace { get; set; } = 500;

    [Description("Seconds of silence after which a live connection shows that it lives.")]
    [Range(1, 300)]
    public int HeartbeatSeconds { get; set; } = 15;

    [Description("Seconds for which a client may take nothing of what it is sent before it is cut off.")]
    [Range(1, 300)]
    public int StallSeconds { get; set; } = 10;
}
