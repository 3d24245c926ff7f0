namespace Lectern.SharedKernel.Http;

/// <summary>The address by which clients reach the host, as its operator says it; never taken from a request.</summary>
/// <param name="Url">An absolute http or https URL without a slash at its end.</param>
public sealed record PublicAddress(string Url)
{
    /// <summary>Whether it is reached over TLS.</summary>
    public bool IsSecure => Url.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
}
