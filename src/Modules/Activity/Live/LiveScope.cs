using System.Collections.Frozen;
using Lectern.Activity.Catalogue;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;

namespace Lectern.Activity.Live;

/// <summary>What one connection is told.</summary>
/// <param name="Workspace">Whose events.</param>
/// <param name="Job">Only this job's, with their versions as ids; null for more than one job.</param>
/// <param name="Types">The stored types that are told.</param>
/// <param name="WithProgress">Whether progress is.</param>
/// <param name="Project">Only what happens to this project and the jobs in it; null for all.</param>
internal sealed record LiveScope(
    Guid Workspace,
    Guid? Job,
    FrozenSet<Type> Types,
    bool WithProgress,
    LiveProject? Project = null
)
{
    private const string Jobs = "job";

    // A book has thousands of passages: who follows a whole workspace asks for them by name.
    private static readonly FrozenSet<string> OfPassages = new[]
    {
        "job.chunk_done",
        "job.voice_fell_back",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<Type> All = StoredTypes(_ => true);
    private static readonly FrozenSet<Type> Quiet = StoredTypes(name => !OfPassages.Contains(name));
    private static readonly FrozenSet<Type> QuietOfJobs = StoredTypes(name =>
        IsOrBeginsWith(name, Jobs) && !OfPassages.Contains(name)
    );

    /// <summary>Everything about one job.</summary>
    public static LiveScope OfJob(Guid workspace, Guid job) => new(workspace, job, All, WithProgress: true);

    /// <summary>What happens to the jobs of a workspace: what was asked for, or all but the passages.</summary>
    public static LiveScope? OfJobs(Guid workspace, string?[] asked, out Problem? fault) =>
        (fault = FaultOf(asked, Jobs)) is null ? Of(workspace, asked, QuietOfJobs, withProgress: true) : null;

    /// <summary>What happens in a workspace: what was asked for, or all but the passages and progress.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="asked">Names such as <c>job.completed</c>, what they begin with, such as <c>job</c>, and <c>progress</c>.</param>
    /// <param name="fault">What is wrong with them.</param>
    public static LiveScope? OfWorkspace(Guid workspace, string?[] asked, out Problem? fault) =>
        (fault = FaultOf(asked, "")) is null ? Of(workspace, asked, Quiet, withProgress: false) : null;

    /// <summary>What happens to a project and the jobs in it, without the passages.</summary>
    public static LiveScope OfProject(Guid workspace, Guid project) =>
        new(workspace, null, Quiet, WithProgress: false, new LiveProject(project));

    /// <summary>Whether the connection is told this.</summary>
    public bool Tells(StoredEvent stored) =>
        (Project is null || Project.Has(stored)) && Types.Contains(stored.Data.GetType());

    /// <summary>Whether the connection must hear of this: it is told it, or whose progress it is told.</summary>
    public bool Hears(StoredEvent stored) => Types.Contains(stored.Data.GetType()) || MakesProgress(stored);

    /// <summary>Whether a job may have progress from here on that the connection is told.</summary>
    public bool MakesProgress(StoredEvent stored) =>
        WithProgress && Job is null && stored.Data is JobSubmitted or JobReopened or JobStarted;

    private static LiveScope Of(Guid workspace, string?[] asked, FrozenSet<Type> usual, bool withProgress) =>
        asked.Length == 0
            ? new(workspace, null, usual, withProgress)
            : new(
                workspace,
                null,
                StoredTypes(name =>
                    OfPassages.Contains(name)
                        ? asked.Contains(name)
                        : asked.Any(wanted => IsOrBeginsWith(name, wanted!))
                ),
                asked.Contains(LiveMessage.Progress)
            );

    private static Problem? FaultOf(string?[] asked, string within) =>
        asked.All(name =>
            name == LiveMessage.Progress
            || PublicEvents.All.Any(type =>
                IsOrBeginsWith(type.Name, name ?? "") && (within.Length == 0 || IsOrBeginsWith(type.Name, within))
            )
        )
            ? null
            : CommonProblems.InvalidValues.With(
                "There is no such type of event here.",
                new FieldError("type", "must be a type such as job.completed, its beginning such as job, or progress")
            );

    private static bool IsOrBeginsWith(string name, string wanted) =>
        wanted.Length > 0
        && name.StartsWith(wanted, StringComparison.Ordinal)
        && (name.Length == wanted.Length || name[wanted.Length] == '.');

    private static FrozenSet<Type> StoredTypes(Func<string, bool> isWanted) =>
        PublicEvents.All.Where(type => isWanted(type.Name)).Select(type => type.Stored).ToFrozenSet();
}
