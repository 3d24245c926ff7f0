using Lectern.SharedKernel;
using Lectern.SharedKernel.Media;

namespace Lectern.Voices.Characters;

/// <summary>Makes pictures of what was sent: known by content, made anew, and small enough for a screen.</summary>
internal sealed class CharacterPictures(ImageRewriter rewriter)
{
    public const string MediaType = "image/png";

    /// <summary>Pixels along the longer side of a picture at most.</summary>
    public const int Side = 1024;

    /// <summary>Pixels along the longer side of a thumbnail at most.</summary>
    public const int ThumbnailSide = 256;

    /// <summary>All of a form's pictures, or what is wrong with the first that can't be used.</summary>
    public async Task<(IReadOnlyList<NewImage> Images, Problem? Refusal)> MakeAsync(
        CharacterForm form,
        CancellationToken cancel
    )
    {
        var made = new List<NewImage>();
        foreach (var (expression, bytes) in form.Images)
        {
            if (
                ImageKind.Of(bytes) is not { } kind
                || await rewriter.WithinAsync(bytes, kind, Side, cancel) is not { } png
                || await rewriter.WithinAsync(png, ImageKind.Png, ThumbnailSide, cancel) is not { } thumbnail
            )
                return ([], Unusable(expression));
            made.Add(new NewImage(expression, png, thumbnail));
        }

        return (made, null);
    }

    private static Problem Unusable(string expression) =>
        CharacterProblems.UnusableImage.With(
            "It is no whole PNG, JPEG or WebP image, or has more than 50 million pixels.",
            new FieldError($"{CharacterForm.ImagePart}-{expression}", "is not usable")
        );
}
