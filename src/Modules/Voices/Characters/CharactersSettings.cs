using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Voices.Characters;

/// <summary>What may be sent for a character.</summary>
internal sealed class CharactersSettings
{
    [Description("Megabytes of a voice sample at most.")]
    [Range(1, 1000)]
    public int SampleMegabytes { get; set; } = 60;

    [Description("Seconds of a voice sample at least.")]
    [Range(1, 60)]
    public int LeastSampleSeconds { get; set; } = 3;

    [Description("Seconds of a voice sample at most.")]
    [Range(10, 3600)]
    public int MostSampleSeconds { get; set; } = 300;

    [Description("Megabytes of one image of a character at most.")]
    [Range(1, 100)]
    public int ImageMegabytes { get; set; } = 5;

    [Description("Images of a character at most, each of one expression.")]
    [Range(1, 100)]
    public int Images { get; set; } = 12;
}
