using Lectern.SharedKernel;

namespace Lectern.Voices.Lexicons;

/// <summary>The refusals that lexicons add.</summary>
internal static class LexiconProblems
{
    /// <summary>409: enough lexicons.</summary>
    public static readonly ProblemType TooMany = new(
        "voices",
        "too-many-lexicons",
        409,
        "The workspace has as many lexicons as it may have.",
        "Delete one, or add the entries to one that is there: a workspace can have 100, each with 5,000 entries."
    );

    /// <summary>422: not a pronunciation lexicon of the W3C, or not one that we read.</summary>
    public static readonly ProblemType Unreadable = new(
        "voices",
        "unreadable-lexicon",
        422,
        "This is no pronunciation lexicon that can be read.",
        "Send W3C PLS 1.0 in UTF-8, without a DTD, with pronunciations in the alphabet ipa; the detail says where it breaks."
    );

    /// <summary>422: a lexicon for a project that is not there.</summary>
    public static readonly ProblemType UnknownProject = new(
        "voices",
        "unknown-project",
        422,
        "There is no such project",
        "GET /api/v1/projects lists the workspace's projects; a lexicon for none is for the whole workspace."
    );

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ProblemType> All { get; } = [TooMany, Unreadable, UnknownProject];
}
