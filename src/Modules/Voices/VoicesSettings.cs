using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Voices;

/// <summary>Where the voices come from.</summary>
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
}
