using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Host.Settings;

/// <summary>Where files are kept.</summary>
internal sealed class DataSettings
{
    [Description("The folder of everything that is kept: blobs, the master key, the embedded Postgres.")]
    [Required(ErrorMessage = "a path")]
    public string Folder { get; set; } = "data";

    [Description("Free space, in MB, below which the host reports that it is not ready.")]
    [Range(0, 1_000_000)]
    public int MinimumFreeMegabytes { get; set; } = 256;

    /// <summary>The folder of the blobs.</summary>
    internal string BlobFolder => Path.Combine(Path.GetFullPath(Folder), "blobs");
}

/// <summary>The embedded Postgres, which runs when <c>ConnectionStrings:Lectern</c> is not set.</summary>
internal sealed class PostgresSettings
{
    [Description("The folder of initdb and postgres; empty to search the usual places and PATH.")]
    [Folder]
    public string? Binaries { get; set; }
}

/// <summary>How the API is reached.</summary>
internal sealed class HttpSettings
{
    [Description(
        "The address by which clients reach the host, used in mails, by OpenID Connect issuers and in the API's description; the first address that it listens on without one."
    )]
    [HttpAddress]
    public string? PublicUrl { get; set; }

    [Description("Origins of web pages that may call the API with credentials.")]
    [HttpOrigins]
    public string[] CorsOrigins { get; set; } = [];

    [Description("Host names that requests may be for (*.example.com for all below); empty for any.")]
    [HostNames]
    public string[] AllowedHosts { get; set; } = [];

    [Description("Addresses and networks of the proxies whose X-Forwarded-For, -Proto and -Host are believed.")]
    [Networks]
    public string[] TrustedProxies { get; set; } = [];

    [Description("The largest request body, in bytes, where an endpoint sets no limit of its own.")]
    [Range(1024L, 1L << 40)]
    public long MaxRequestBodyBytes { get; set; } = 32 * 1024 * 1024;

    [Description("Seconds that a handler has to answer, where an endpoint sets no limit of its own.")]
    [Range(1, 3600)]
    public int HandlerSeconds { get; set; } = 60;

    [Description("Seconds that requests and work in progress have to end when the host is stopped.")]
    [Range(0, 600)]
    public int ShutdownDrainSeconds { get; set; } = 30;
}

/// <summary>
/// How much one client is served. Each host counts for itself and in memory, so with several hosts as many times as much
/// is let through.
/// </summary>
internal sealed class RateLimitSettings
{
    private const int Most = 10_000_000;

    [Description("Whether requests are limited at all. Each host counts for itself, in memory.")]
    public bool Enabled { get; set; } = true;

    [Description(
        "Requests per minute of one address (IPv6: of one /64 network), sustained; 0 for no limit. Behind a proxy, name it in "
            + "Lectern:Http:TrustedProxies, or all clients share its address."
    )]
    [Range(0, Most)]
    public int AddressPerMinute { get; set; } = 6000;

    [Description("Requests of one address at once, after a pause.")]
    [Range(1, Most)]
    public int AddressBurst { get; set; } = 6000;

    [Description("Requests per minute of one person or API key, sustained; 0 for no limit.")]
    [Range(0, Most)]
    public int CallerPerMinute { get; set; } = 6000;

    [Description("Requests of one person or API key at once, after a pause.")]
    [Range(1, Most)]
    public int CallerBurst { get; set; } = 6000;

    [Description("Requests per minute of one workspace, sustained; 0 for no limit.")]
    [Range(0, Most)]
    public int WorkspacePerMinute { get; set; } = 12_000;

    [Description("Requests of one workspace at once, after a pause.")]
    [Range(1, Most)]
    public int WorkspaceBurst { get; set; } = 12_000;

    [Description("Log-ins, refreshes, sign-ups and the like per minute of one address, sustained; 0 for no limit.")]
    [Range(0, Most)]
    public int SignInPerMinute { get; set; } = 120;

    [Description("Log-ins, refreshes, sign-ups and the like of one address at once, after a pause.")]
    [Range(1, Most)]
    public int SignInBurst { get; set; } = 120;

    [Description("Refused log-ins per minute to one account from one address, sustained; 0 for no limit.")]
    [Range(0, Most)]
    public int RefusalsPerMinute { get; set; } = 10;

    [Description("Refused log-ins to one account from one address at once, after a pause.")]
    [Range(1, Most)]
    public int RefusalsBurst { get; set; } = 10;

    [Description(
        "Refused log-ins per minute to one account from all addresses, sustained; 0 for no limit. When it is reached, nobody "
            + "can log in to that account, so it is wide."
    )]
    [Range(0, Most)]
    public int AccountRefusalsPerMinute { get; set; } = 100;

    [Description("Refused log-ins to one account from all addresses at once, after a pause.")]
    [Range(1, Most)]
    public int AccountRefusalsBurst { get; set; } = 100;

    [Description("Requests per hour to send mail to one addressee; 0 for no limit.")]
    [Range(0, Most)]
    public int MailPerHourToOne { get; set; } = 5;

    [Description("Requests per hour of one address to send mail; 0 for no limit.")]
    [Range(0, Most)]
    public int MailPerHourOfAddress { get; set; } = 60;

    [Description("Requests per hour of one person to send mail; 0 for no limit.")]
    [Range(0, Most)]
    public int MailPerHourOfCaller { get; set; } = 60;

    [Description("Exported histories per minute that one person or API key has replayed; 0 for no limit.")]
    [Range(0, Most)]
    public int ReplaysPerMinute { get; set; } = 10;
}

/// <summary>What the installation keeps secret.</summary>
internal sealed class SecretsSettings
{
    [Description(
        "32 random bytes in base64 from which all keys are derived; empty to use the file master.key in the data folder, "
            + "which is made at the first start. Losing it makes what is encrypted unreadable."
    )]
    [DataType(DataType.Password)]
    [MasterKeyText]
    public string? MasterKey { get; set; }
}

/// <summary>What the host tells about itself.</summary>
internal sealed class TelemetrySettings
{
    [Description("The OTLP endpoint that traces and metrics are sent to; empty for none.")]
    [HttpAddress]
    public string? OtlpEndpoint { get; set; }

    [Description(
        "A file that security events are written to as well, as JSON lines that only the server's user can read; empty for none. "
            + "They are on standard output in any case, in the category Lectern.Security."
    )]
    public string? SecurityLog { get; set; }

    [Description("Megabytes that this file may have before it is put aside under its name with .1, .2 and so on.")]
    [Range(1, 10_000)]
    public int SecurityLogMegabytes { get; set; } = 50;

    [Description("How many of the files that were put aside are kept.")]
    [Range(0, 1000)]
    public int SecurityLogFiles { get; set; } = 5;
}
