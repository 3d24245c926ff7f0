using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Lectern.Providers.Local;

namespace Lectern.Voices;

/// <summary>Where the programs of this machine are that speak, listen, translate and draw.</summary>
internal sealed class VoicesSettings
{
    [Description("How long a service may take for one request, from sending it to the end of its answer.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan RequestLimit { get; set; } = TimeSpan.FromMinutes(3);

    [Description("The flite program: a path, or a name that is looked up in PATH.")]
    [Required(ErrorMessage = "a path or a name")]
    public string FlitePath { get; set; } = "flite";

    [Description("The espeak-ng program: a path, or a name that is looked up in PATH.")]
    [Required(ErrorMessage = "a path or a name")]
    public string EspeakNgPath { get; set; } = "espeak-ng";

    [Description("The festival program, which says what voices it has: a path, or a name that is looked up in PATH.")]
    [Required(ErrorMessage = "a path or a name")]
    public string FestivalPath { get; set; } = "festival";

    [Description("Festival's program that speaks a file: a path, or a name that is looked up in PATH.")]
    [Required(ErrorMessage = "a path or a name")]
    public string Text2WavePath { get; set; } = "text2wave";

    [Description("The RHVoice-test program: a path, or a name that is looked up in PATH.")]
    [Required(ErrorMessage = "a path or a name")]
    public string RhVoicePath { get; set; } = "RHVoice-test";

    [Description("The folder of RHVoice's data, which has its voices.")]
    [Required(ErrorMessage = "a path or a name")]
    public string RhVoiceFolder { get; set; } = "/usr/share/RHVoice";

    [Description("The pocketsphinx_batch program: a path, or a name that is looked up in PATH.")]
    [Required(ErrorMessage = "a path or a name")]
    public string PocketsphinxPath { get; set; } = "pocketsphinx_batch";

    [Description("The folder of pocketsphinx's English model and dictionary.")]
    [Required(ErrorMessage = "a path or a name")]
    public string PocketsphinxModel { get; set; } = "/usr/share/pocketsphinx/model/en-us";

    [Description("The apertium program: a path, or a name that is looked up in PATH.")]
    [Required(ErrorMessage = "a path or a name")]
    public string ApertiumPath { get; set; } = "apertium";

    [Description("The rsvg-convert program, for covers: a path, or a name that is looked up in PATH.")]
    [Required(ErrorMessage = "a path or a name")]
    public string RsvgConvertPath { get; set; } = "rsvg-convert";

    /// <summary>The same, as the engines want it.</summary>
    public LocalEngineOptions LocalEngines() =>
        new()
        {
            FlitePath = FlitePath,
            EspeakNgPath = EspeakNgPath,
            FestivalPath = FestivalPath,
            Text2WavePath = Text2WavePath,
            RhVoicePath = RhVoicePath,
            RhVoiceFolder = RhVoiceFolder,
            PocketsphinxPath = PocketsphinxPath,
            PocketsphinxModel = PocketsphinxModel,
            ApertiumPath = ApertiumPath,
            RsvgConvertPath = RsvgConvertPath,
        };
}
