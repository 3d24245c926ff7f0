namespace Lectern.SharedKernel.Http;

/// <summary>What a client looks for, as a pattern for <c>ilike</c>.</summary>
public static class SearchPattern
{
    /// <summary>Characters that a client may look for at once.</summary>
    public const int MostCharacters = 100;

    /// <summary>A pattern that finds the text anywhere, taken literally; null for nothing to look for.</summary>
    public static string? Containing(string? text) =>
        string.IsNullOrEmpty(text)
            ? null
            : "%"
                + text.Replace("\\", "\\\\", StringComparison.Ordinal)
                    .Replace("%", "\\%", StringComparison.Ordinal)
                    .Replace("_", "\\_", StringComparison.Ordinal)
                + "%";

    /// <summary>422 for a text that can't be looked for.</summary>
    /// <param name="parameter">The query's parameter.</param>
    /// <param name="text">As the client said.</param>
    public static Problem? Check(string parameter, string? text) =>
        text is null || (text.Length <= MostCharacters && !text.Contains('\0', StringComparison.Ordinal))
            ? null
            : CommonProblems.InvalidValues.With(
                "The filter doesn't fit.",
                new FieldError(parameter, $"may have at most {MostCharacters} characters, and no NUL")
            );
}
