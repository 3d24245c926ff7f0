using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Characters.Samples;
using Microsoft.AspNetCore.Http;

namespace Lectern.Voices.Characters;

/// <summary>The refusals about characters.</summary>
internal static class CharacterProblems
{
    public static readonly ProblemType UnusableImage = new(
        "voices",
        "unusable-image",
        422,
        "The image can't be used.",
        "Send a PNG, JPEG or WebP image; a screenshot of what you have will do."
    );

    public static readonly ProblemType TooManyImages = new(
        "voices",
        "too-many-images",
        409,
        "The character has as many images as it may have.",
        "Delete one, or send another image for an expression that has one."
    );

    public static IReadOnlyList<ProblemType> All { get; } = [UnusableImage, TooManyImages, .. SampleProblems.All];

    /// <summary>The one answer for a character that isn't there, is somebody else's, or no id at all.</summary>
    public static Problem NotThere { get; } = CommonProblems.NotFound.With("There is no such character.");

    /// <summary>The one answer for an expression without a picture, and for what can't be one.</summary>
    public static Problem NoImage { get; } = CommonProblems.NotFound.With("There is no such image.");

    /// <summary>412 when the client has read another version; without If-Match, nothing is asked.</summary>
    public static Problem? Stale(HttpRequest request, int version) =>
        VersionTag.Stale(request, VersionTag.Of(version), "The character was changed since.");
}
