using Lectern.SharedKernel;

namespace Lectern.Voices.Characters.Samples;

/// <summary>Why a recording is no voice sample.</summary>
internal static class SampleProblems
{
    public static readonly ProblemType NotAudio = Of(
        "sample-not-audio",
        "The sample is not a sound file that is read here.",
        "Send WAV, MP3, FLAC, Ogg (Vorbis or Opus) or M4A; the content counts, not the file's name."
    );

    public static readonly ProblemType TooShort = Of(
        "sample-too-short",
        "The sample is too short.",
        "Send more speech: ten to thirty seconds are best."
    );

    public static readonly ProblemType TooLong = Of(
        "sample-too-long",
        "The sample is too long.",
        "Cut out the cleanest half minute of it: more makes no better voice."
    );

    public static readonly ProblemType Silent = Of(
        "sample-silent",
        "Nothing can be heard in the sample.",
        "Check that the microphone is not muted, and speak closer to it."
    );

    public static readonly ProblemType Clipped = Of(
        "sample-clipped",
        "The loud parts of the sample are cut off.",
        "Record again with less gain; turning it down afterwards doesn't bring back what was cut."
    );

    public static readonly ProblemType Truncated = Of(
        "sample-truncated",
        "The end of the sample is missing.",
        "The upload or the export was cut off: send the whole file."
    );

    public static IReadOnlyList<ProblemType> All { get; } = [NotAudio, TooShort, TooLong, Silent, Clipped, Truncated];

    private static ProblemType Of(string name, string title, string hint) => new("voices", name, 422, title, hint);
}
