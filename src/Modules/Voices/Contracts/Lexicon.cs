using Lectern.Providers;

namespace Lectern.Voices.Contracts;

/// <summary>How a word is to be said.</summary>
/// <param name="Word">As authors write it. In lower case it stands for every way to write it in capitals.</param>
/// <param name="Alias">What to say instead, as ordinary text; null for none.</param>
/// <param name="Ipa">Its pronunciation in the International Phonetic Alphabet; null for none.</param>
public sealed record LexiconEntry(string Word, string? Alias = null, string? Ipa = null);

/// <summary>A place in a text that is to be said otherwise than it is written.</summary>
/// <param name="Start">Its first UTF-16 unit.</param>
/// <param name="Length">How many of them.</param>
/// <param name="Spoken">What the engine is given for it.</param>
/// <param name="Entry">Why.</param>
public readonly record struct Respelling(int Start, int Length, string Spoken, LexiconEntry Entry);

/// <summary>
/// The entries that are in force for a text: pure and immutable. Words are found where words begin and end, the longest
/// first, in time that is linear in the text: at each word as many lengths are tried as entries begin with its letter,
/// and no word is longer than <see cref="LongestWord"/>.
/// </summary>
public sealed class Lexicon
{
    /// <summary>The longest word or phrase of an entry, in UTF-16 units.</summary>
    public const int LongestWord = 80;

    private readonly Dictionary<string, LexiconEntry> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LexiconEntry> _anyCase = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<char, int[]> _lengths;

    private Lexicon(IEnumerable<LexiconEntry> entries)
    {
        foreach (var entry in entries)
        {
            var word = WithPlainApostrophes(entry.Word);
            if (_exact.TryAdd(word, entry) && word.All(c => !char.IsUpper(c)))
                _anyCase.TryAdd(word, entry);
        }
        _lengths = _exact
            .Keys.GroupBy(word => char.ToLowerInvariant(word[0]))
            .ToDictionary(
                group => group.Key,
                group => group.Select(word => word.Length).Distinct().OrderDescending().ToArray()
            );
    }

    /// <summary>No entries.</summary>
    public static Lexicon Empty { get; } = new([]);

    /// <summary>Whether it has no entry.</summary>
    public bool IsEmpty => _exact.Count == 0;

    /// <summary>A lexicon of these entries; of two for one word the first is in force.</summary>
    public static Lexicon Of(IEnumerable<LexiconEntry> entries) => new(entries);

    /// <summary>
    /// What an engine with these limits is given for the words of the lexicon, in the order of the text. An entry's IPA
    /// goes to an engine that takes it, else its alias; a word that has neither for this engine is left as it is.
    /// </summary>
    /// <param name="text">Plain text.</param>
    /// <param name="limits">The engine's.</param>
    /// <param name="language">The language of the voice, as a BCP-47 tag.</param>
    public IReadOnlyList<Respelling> Find(string text, EngineLimits limits, string language)
    {
        if (IsEmpty)
            return [];
        var found = new List<Respelling>();
        var plain = WithPlainApostrophes(text);
        for (var at = 0; at < plain.Length; )
        {
            if (Match(plain, at) is not ({ } entry, var length))
            {
                at++;
                continue;
            }
            if (Say(entry, text.Substring(at, length), limits, language) is { } spoken)
                found.Add(new Respelling(at, length, spoken, entry));
            at += length;
        }
        return found;
    }

    /// <summary>The text as an engine with these limits is given it.</summary>
    /// <inheritdoc cref="Find"/>
    public string Apply(string text, EngineLimits limits, string language)
    {
        var (applied, at) = (new System.Text.StringBuilder(), 0);
        foreach (var respelling in Find(text, limits, language))
        {
            applied.Append(text, at, respelling.Start - at).Append(respelling.Spoken);
            at = respelling.Start + respelling.Length;
        }
        return applied.Append(text, at, text.Length - at).ToString();
    }

    private static string? Say(LexiconEntry entry, string written, EngineLimits limits, string language) =>
        entry.Ipa is { } ipa && limits.TakesIpaIn(language) ? Pronunciation.Mark(written, ipa) : entry.Alias;

    private (LexiconEntry Entry, int Length)? Match(string text, int at)
    {
        if (!_lengths.TryGetValue(char.ToLowerInvariant(text[at]), out var lengths) || !MayPart(text, at))
            return null;
        if (at > 0 && !IsInWord(text[at]) && IsInWord(text[at - 1]))
            return null; // ".NET" is no word in "ASP.NET"
        var exact = _exact.GetAlternateLookup<ReadOnlySpan<char>>();
        var anyCase = _anyCase.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var length in lengths)
        {
            if (length > text.Length - at || !MayPart(text, at + length) || IsContraction(text, at + length))
                continue;
            var word = text.AsSpan(at, length);
            if (exact.TryGetValue(word, out var entry) || anyCase.TryGetValue(word, out entry))
                return (entry, length);
        }
        return null;
    }

    // Whether a word may end and another one begin at a place: not between two letters, unless their script has no spaces.
    private static bool MayPart(string text, int at)
    {
        if (at == 0 || at == text.Length)
            return true;
        var (before, after) = (text[at - 1], text[at]);
        if (char.IsLowSurrogate(after) || IsMark(after))
            return false;
        return !IsInWord(before) || !IsInWord(after) || IsWithoutSpaces(before) || IsWithoutSpaces(after);
    }

    // "don" is no word in "don't", but "Queequeg" is one in "Queequeg's".
    private static bool IsContraction(string text, int at) =>
        at + 1 < text.Length
        && text[at] == '\''
        && char.IsLetter(text[at + 1])
        && at > 0
        && char.IsLetter(text[at - 1])
        && !(text[at + 1] is 's' or 'S' && (at + 2 == text.Length || !IsInWord(text[at + 2])));

    private static bool IsInWord(char c) => char.IsLetterOrDigit(c) || IsMark(c) || char.IsSurrogate(c) || c == '_';

    private static bool IsMark(char c) =>
        char.GetUnicodeCategory(c)
            is System.Globalization.UnicodeCategory.NonSpacingMark
                or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    // Thai to Burmese, Khmer, kana and ideographs.
    private static bool IsWithoutSpaces(char c) =>
        c
            is (>= '\u0E00' and <= '\u0EFF')
                or (>= '\u1000' and <= '\u109F')
                or (>= '\u1780' and <= '\u17FF')
                or (>= '\u3040' and <= '\u30FF')
                or (>= '\u3400' and <= '\u9FFF')
                or (>= '\uF900' and <= '\uFAFF');

    private static string WithPlainApostrophes(string text) => text.Replace('\u2019', '\'');
}
