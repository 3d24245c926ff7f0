namespace Lectern.Jobs.Manuscript;

/// <summary>
/// Finds the sentences of a paragraph. In doubt it does not split: a sentence too long is only heavier, a sentence cut at
/// <c>Mr.</c> is heard.
/// </summary>
internal static class SentenceSplitter
{
    private const string Closers = "\"'”’»›)]}";
    private const string Openers = "\"'“‘„«‹([{¿¡—–-";

    /// <summary>Sentences in order, without the blanks between them; together they hold every other character.</summary>
    /// <param name="text">A paragraph in which blanks are single spaces (<see cref="CleanText"/>).</param>
    public static List<TextSpan> Split(string text)
    {
        var sentences = new List<TextSpan>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsTerminator(text[i]))
                continue;
            var isWide = text[i] is '。' or '！' or '？';
            var stop = EndOfRun(text, i, isWide);
            var end = stop;
            while (end < text.Length && Closers.Contains(text[end], StringComparison.Ordinal))
                end++;
            if (end >= text.Length)
                break;
            if (isWide || (text[end] == ' ' && IsBoundary(text, i, stop, end, start)))
            {
                sentences.Add(TextSpan.FromTo(start, end));
                start = text[end] == ' ' ? end + 1 : end;
            }
            i = end - 1;
        }
        if (start < text.Length)
            sentences.Add(TextSpan.FromTo(start, text.Length));
        return sentences;
    }

    private static bool IsTerminator(char c) => c is '.' or '!' or '?' or '…' or '。' or '！' or '？';

    // "?!", "...", and the spaced ". . ." of older books.
    private static int EndOfRun(string text, int start, bool isWide)
    {
        var end = start + 1;
        while (end < text.Length)
        {
            if (isWide ? text[end] is '。' or '！' or '？' : IsTerminator(text[end]))
                end++;
            else if (
                !isWide
                && text[end] == ' '
                && end + 1 < text.Length
                && text[end - 1] == '.'
                && text[end + 1] == '.'
            )
                end += 2;
            else
                break;
        }
        return end;
    }

    private static bool IsBoundary(string text, int dot, int stop, int end, int sentenceStart)
    {
        var next = end + 1;
        while (next < text.Length && Openers.Contains(text[next], StringComparison.Ordinal))
            next++;
        if (next >= text.Length)
            return false;
        // "What?" said he. And so on... and on.
        if (char.IsLower(text[next]))
            return false;
        if (text[dot] != '.' || stop - dot > 1 || end > stop)
            return true;
        return !IsAbbreviation(text, dot, next, sentenceStart);
    }

    private static bool IsAbbreviation(string text, int dot, int next, int sentenceStart)
    {
        var start = dot;
        while (
            start > sentenceStart
            && dot - start <= Abbreviations.MaxLength
            && (char.IsLetterOrDigit(text[start - 1]) || text[start - 1] is '.' or '&')
        )
            start--;
        var word = text.AsSpan(start, dot - start);
        if (word.IsEmpty || word.Length > Abbreviations.MaxLength)
            return false;

        if (Abbreviations.Find(word) is { } known)
            return known.Use switch
            {
                AbbreviationUse.BeforeNumber => char.IsDigit(text[next]),
                AbbreviationUse.Trailing => false, // a capital follows, so it ends the sentence too
                _ => true,
            };
        // The number of a list item: "1. Wash the rice."
        if (start == sentenceStart && word.Length <= 3 && word.IndexOfAnyExceptInRange('0', '9') < 0)
            return true;
        // "J. R. R. Tolkien", "U.S. Army"; but "It was I. He knew."
        if (word.Length == 1 && char.IsUpper(word[0]))
            return word[0] != 'I' || (start > 1 && text[start - 2] == '.');
        return word.Length > 2 && word[^2] == '.' && char.IsUpper(word[^1]);
    }
}
