using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Characters;
using Lectern.Voices.Lexicons;

namespace Lectern.Voices;

/// <summary>The refusals of this module.</summary>
internal static class VoicesProblems
{
    private const string Module = "voices";

    /// <summary>503: the engine is not there, or failed.</summary>
    public static readonly ProblemType VoiceUnavailable = new(
        Module,
        "voice-unavailable",
        503,
        "This voice can't speak right now.",
        "The detail says what would help; GET /api/v1/voices lists the voices that are available."
    );

    /// <summary>All of them, for docs/errors.md.</summary>
    public static IReadOnlyList<ProblemType> All { get; } =
    [VoiceUnavailable, .. CharacterProblems.All, .. LexiconProblems.All];

    /// <summary>There is no such voice.</summary>
    public static Problem Unknown() =>
        CommonProblems.NotFound.With("There is no voice with this id; GET /api/v1/voices lists them.");

    /// <summary>The engine is not available, for this reason.</summary>
    public static Problem Unavailable(string reason) => VoiceUnavailable.With(reason) with { RetryAfter = AMinute };

    /// <summary>The engine failed.</summary>
    public static Problem Failed(ProviderException failure) =>
        VoiceUnavailable.With($"The engine {failure.Provider} failed. {failure.Remedy}") with
        {
            RetryAfter = failure.RetryAfter ?? AMinute,
        };

    private static readonly TimeSpan AMinute = TimeSpan.FromMinutes(1);
}
