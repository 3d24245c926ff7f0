using System.Text.RegularExpressions;
using System.Xml;
using Lectern.SharedKernel;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Lexicons;

/// <summary>What a lexicon may hold.</summary>
internal static partial class LexiconRules
{
    public const int MostEntries = 5_000; // as lexicon_not_too_large
    public const int MostLexicons = 100;
    public const int LongestName = 100;

    // A word with its pronunciation, and an alias, are no longer than Jobs' longest expansion of anything, 200.
    public const int LongestAlias = 200;
    public const int LongestIpa = 100;

    public static FieldError? NameFault(string name) =>
        name.Length is 0 or > LongestName || name.Trim() != name || !IsPlain(name)
            ? new FieldError("/name", $"must have 1 to {LongestName} characters, without blanks around them")
            : null;

    public static FieldError? LanguageFault(string language) =>
        language.Length <= 35 && LanguageTag().IsMatch(language)
            ? null
            : new FieldError("/language", "must be a BCP 47 tag, such as en or pt-BR");

    /// <summary>What is wrong with some entries; the first twenty faults.</summary>
    public static FieldError[] Faults(IReadOnlyList<LexiconEntry> entries, string pointer)
    {
        if (entries.Count > MostEntries)
            return [new FieldError(pointer, $"must be at most {MostEntries}")];
        var words = new HashSet<string>(StringComparer.Ordinal);
        return
        [
            .. entries
                .SelectMany(
                    (entry, i) =>
                        Faults(entry, words.Add(entry.Word))
                            .Select(f => new FieldError($"{pointer}/{i}/{f.Pointer}", f.Detail))
                )
                .Take(20),
        ];
    }

    private static IEnumerable<FieldError> Faults(LexiconEntry entry, bool isNew)
    {
        if (!IsWord(entry.Word, Lexicon.LongestWord))
            yield return new FieldError(
                "word",
                $"must have 1 to {Lexicon.LongestWord} characters, single blanks between words only, and a letter or a digit"
            );
        else if (!isNew)
            yield return new FieldError("word", "is there twice");
        if (entry.Alias is null && entry.Ipa is null)
            yield return new FieldError("alias", "must be there where there is no ipa");
        if (entry.Alias is { } alias && !IsWord(alias, LongestAlias))
            yield return new FieldError(
                "alias",
                $"must have 1 to {LongestAlias} characters, single blanks between words only, and a letter or a digit"
            );
        if (entry.Ipa is { } ipa && !IsWord(ipa, LongestIpa))
            yield return new FieldError(
                "ipa",
                $"must have 1 to {LongestIpa} characters, single blanks between words only, and a letter"
            );
    }

    private static bool IsWord(string text, int longest) =>
        text.Length > 0
        && text.Length <= longest
        && text[0] != ' '
        && text[^1] != ' '
        && !text.Contains("  ", StringComparison.Ordinal)
        && text.Any(char.IsLetterOrDigit)
        && IsPlain(text);

    // What neither XML nor a text to speak can hold: controls, halves of characters, and the marks of pronunciations.
    private static bool IsPlain(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (
                char.IsControl(text[i])
                || !XmlConvert.IsXmlChar(text[i])
                || text[i] is >= '\uFFF9' and <= '\uFFFB'
            )
                return false;
        }
        return true;
    }

    [GeneratedRegex(@"\A[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\z")]
    private static partial Regex LanguageTag();
}
