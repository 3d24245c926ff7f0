namespace Lectern.Accounts.Contracts;

/// <summary>A secret in the clear, for as long as an adapter needs it. It shows itself only to who asks by name.</summary>
public sealed class ProviderSecret
{
    private readonly string _secret;

    internal ProviderSecret(string secret) => _secret = secret;

    /// <summary>The secret: for the header of a request to its provider, and nothing else.</summary>
    public string Reveal() => _secret;

    /// <summary>Says nothing, so that no log can.</summary>
    public override string ToString() => "ProviderSecret(…)";
}
