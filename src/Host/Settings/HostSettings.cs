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
    [Description("The address by which clients reach the host, used in links; empty to use each request's own.")]
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
}
