using System.Text.RegularExpressions;

namespace Lectern.Host.Http;

/// <summary>Takes what opens doors out of a query before it is logged.</summary>
internal static partial class QueryRedaction
{
    /// <summary>
    /// The query with the values of tokens, tickets, codes, states and signatures replaced, and what looks like a key of ours
    /// under any name.
    /// </summary>
    public static string Redact(string? query) => query is null ? "" : Secrets().Replace(query, "$1=***");

    [GeneratedRegex(
        "(?<=[?&])((?:access_|refresh_|id_)?token|ticket|sig|signature|code|state|key|api_key|password|secret|[^=&]*(?==l(?:rt|lt|k)_))=[^&]*",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Secrets();
}
