using Lectern.SharedKernel;

namespace Lectern.Jobs;

/// <summary>Everything that this module refuses, and how.</summary>
internal static class JobsProblems
{
    private const string Module = "jobs";

    public static readonly ProblemType UnusableText = new(
        Module,
        "unusable-text",
        422,
        "The text can't be read",
        "Send plain text or Markdown in UTF-8, or UTF-16 with a byte order mark."
    );

    public static readonly ProblemType TextTooLong = new(
        Module,
        "text-too-long",
        413,
        "The text is too long for one job",
        "Split it into parts and submit each as a job."
    );

    public static readonly ProblemType UnknownVoice = new(
        Module,
        "unknown-voice",
        422,
        "There is no such voice",
        "GET /api/v1/voices lists the voices that there are."
    );

    public static readonly ProblemType VoiceUnavailable = new(
        Module,
        "voice-unavailable",
        422,
        "The voice can't be used at present",
        "Choose a voice that GET /api/v1/voices lists as available, or install its engine."
    );

    public static readonly ProblemType UnknownProject = new(
        Module,
        "unknown-project",
        422,
        "There is no such project",
        "GET /api/v1/projects lists the workspace's projects; a job may also be in none."
    );

    public static readonly ProblemType AlreadyEnded = new(
        Module,
        "already-ended",
        409,
        "The job has ended already",
        "GET the job to see how it ended."
    );

    public static readonly ProblemType NotRetryable = new(
        Module,
        "not-retryable",
        409,
        "Only a failed or cancelled job can be retried",
        "Wait until the job has ended, or submit a new one."
    );

    public static readonly ProblemType NoResult = new(
        Module,
        "no-result",
        409,
        "The job has no result yet",
        "Follow the job until it is completed, or listen to /stream while it is made."
    );

    /// <summary>The project is not there, or not any more.</summary>
    public static Problem NoProject() =>
        UnknownProject.With(
            "The workspace has no project with this id.",
            new FieldError("/project", "is not a project of the workspace")
        );

    public static IReadOnlyList<ProblemType> All { get; } =
    [UnusableText, TextTooLong, UnknownVoice, VoiceUnavailable, UnknownProject, AlreadyEnded, NotRetryable, NoResult];
}
