namespace Lectern.Providers.Local;

/// <summary>Where the programs of this machine are: paths, or names that are looked up in <c>PATH</c>.</summary>
public sealed class LocalEngineOptions
{
    /// <summary>The flite program.</summary>
    public string FlitePath { get; set; } = "flite";

    /// <summary>The espeak-ng program.</summary>
    public string EspeakNgPath { get; set; } = "espeak-ng";

    /// <summary>The festival program, which says what voices it has.</summary>
    public string FestivalPath { get; set; } = "festival";

    /// <summary>Festival's program that speaks a file.</summary>
    public string Text2WavePath { get; set; } = "text2wave";

    /// <summary>The RHVoice-test program.</summary>
    public string RhVoicePath { get; set; } = "RHVoice-test";

    /// <summary>RHVoice's data, with a folder <c>voices</c> in it.</summary>
    public string RhVoiceFolder { get; set; } = "/usr/share/RHVoice";

    /// <summary>The pocketsphinx_batch program of version 5prealpha.</summary>
    public string PocketsphinxPath { get; set; } = "pocketsphinx_batch";

    /// <summary>The folder of pocketsphinx's American English: acoustic model, language model and dictionary.</summary>
    public string PocketsphinxModel { get; set; } = "/usr/share/pocketsphinx/model/en-us";

    /// <summary>The apertium program.</summary>
    public string ApertiumPath { get; set; } = "apertium";

    /// <summary>The rsvg-convert program.</summary>
    public string RsvgConvertPath { get; set; } = "rsvg-convert";

    /// <summary>The longest that one chunk may take; a 300-character chunk takes 0.2 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);
}
