using System.Text;

namespace Lectern.Jobs.Manuscript;

/// <summary>What counts as a word: a run between blanks that has a letter or a digit of any script.</summary>
internal static class Words
{
    /// <summary>Whether there is anything to say.</summary>
    public static bool Any(ReadOnlySpan<char> text)
    {
        foreach (var rune in text.EnumerateRunes())
            if (Rune.IsLetterOrDigit(rune))
                return true;
        return false;
    }

    /// <summary>How many words there are.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        var count = 0;
        var counted = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
                counted = false;
            else if (!counted && Rune.IsLetterOrDigit(rune))
            {
                count++;
                counted = true;
            }
        }
        return count;
    }
}
