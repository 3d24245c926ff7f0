using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Voices;

/// <summary>Where the programs are that speak on this machine.</summary>
public sealed class VoicesSettings
{
    /// <summary>The flite program: a path, or a name that is looked up in PATH.</summary>
    [Description("The flite program: a path, or a name that is looked up in PATH.")]
    [Required]
    public string FlitePath { get; set; } = "flite";

    /// <summary>The espeak-ng program: a path, or a name that is looked up in PATH.</summary>
    [Description("The espeak-ng program: a path, or a name that is looked up in PATH.")]
    [Required]
    public string EspeakNgPath { get; set; } = "espeak-ng";
}
