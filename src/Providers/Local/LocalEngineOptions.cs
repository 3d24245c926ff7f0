namespace Lectern.Providers.Local;

/// <summary>Where the speech programs of this machine are: paths, or names that are looked up in <c>PATH</c>.</summary>
public sealed class LocalEngineOptions
{
    /// <summary>The flite program.</summary>
    public string FlitePath { get; set; } = "flite";

    /// <summary>The espeak-ng program.</summary>
    public string EspeakNgPath { get; set; } = "espeak-ng";

    /// <summary>The longest that one chunk may take; a 300-character chunk takes 0.2 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);
}
