using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Jobs;

/// <summary>Settings of the production of audiobooks.</summary>
public sealed class JobsOptions
{
    /// <summary>Jobs of one workspace that run at once; the others wait as pending.</summary>
    [Description("Jobs of one workspace that run at once; the others wait as pending.")]
    [Range(1, 100)]
    public int RunningPerWorkspace { get; set; } = 2;

    /// <summary>Speech and encoding programs at work at once on this host; 0 means one per processor.</summary>
    [Description("Speech and encoding programs at work at once on this host; 0 means one per processor.")]
    [Range(0, 256)]
    public int RenderParallelism { get; set; }

    /// <summary>Messages of one job that wait for a worker at most, so that a long book doesn't starve a short one.</summary>
    [Description("Messages of one job that wait for a worker at most, so that a long book doesn't starve a short one.")]
    [Range(1, 1000)]
    public int ChunksInQueue { get; set; } = 8;

    /// <summary>Characters that one manuscript may have.</summary>
    [Description("Characters that one manuscript may have.")]
    [Range(1, 20_000_000)]
    public int MaxCharacters { get; set; } = 5_000_000;

    /// <summary>Megabytes of finished files that the export of a person's data holds at most.</summary>
    [Description(
        "Megabytes of finished files that the export of a person's data holds at most; the rest are listed in it."
    )]
    [Range(0, 1_000_000)]
    public int ExportedAudioMegabytes { get; set; } = 4096;

    /// <summary>Bytes of a text at most: a character takes up to four in UTF-8.</summary>
    internal long MaxBytes => 4L * MaxCharacters;
}
