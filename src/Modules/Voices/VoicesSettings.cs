using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Voices;

/// <summary>Where the voices come from.</summary>
internal sealed class VoicesSettings
{
    [Description("The flite program: a path, or a name that is looked up in PATH.")]
    [Required(ErrorMessage = "a path or a name")]
    public string FlitePath { get; set; } = "flite";

    [Description("The espeak-ng program: a path, or a name that is looked up in PATH.")]
    [Required(ErrorMessage = "a path or a name")]
    public string EspeakNgPath { get; set; } = "espeak-ng";
}
