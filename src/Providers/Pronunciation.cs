using System.Text;

namespace Lectern.Providers;

/// <summary>
/// Pronunciations inside of a text, as Unicode's interlinear annotations (U+FFF9 word U+FFFA pronunciation U+FFFB). So a
/// text and how it is to be said travel, and are hashed, as one string. No author's text has these characters:
/// <see cref="Strip"/> takes them out.
/// </summary>
public static class Pronunciation
{
    private const char Anchor = '\uFFF9';
    private const char Separator = '\uFFFA';
    private const char Terminator = '\uFFFB';

    /// <summary>A word with its pronunciation in the International Phonetic Alphabet.</summary>
    public static string Mark(string word, string ipa) => $"{Anchor}{word}{Separator}{ipa}{Terminator}";

    /// <summary>The text as it is written, without its pronunciations.</summary>
    public static string Strip(string text) => Render(text, (word, _) => word);

    /// <summary>The text with each marked word replaced.</summary>
    /// <param name="text">The text.</param>
    /// <param name="say">From the word and its pronunciation to what the engine is given for it.</param>
    public static string Render(string text, Func<string, string, string> say) => Render(text, plain => plain, say);

    /// <summary>The text with each marked word replaced, and what lies between escaped.</summary>
    /// <param name="text">The text.</param>
    /// <param name="escape">For an engine that takes markup.</param>
    /// <param name="say">From the word and its pronunciation to what the engine is given for it.</param>
    public static string Render(string text, Func<string, string> escape, Func<string, string, string> say)
    {
        if (!text.AsSpan().ContainsAny(Anchor, Separator, Terminator))
            return escape(text);
        var rendered = new StringBuilder();
        var plain = 0;
        for (var at = text.IndexOf(Anchor); at >= 0; at = text.IndexOf(Anchor, plain))
        {
            rendered.Append(escape(WithoutMarks(text[plain..at])));
            plain = at + 1;
            var separator = text.IndexOf(Separator, plain);
            var end = separator < 0 ? -1 : text.IndexOf(Terminator, separator);
            if (end < 0)
                break;
            rendered.Append(say(WithoutMarks(text[plain..separator]), WithoutMarks(text[(separator + 1)..end])));
            plain = end + 1;
        }
        return rendered.Append(escape(WithoutMarks(text[plain..]))).ToString();
    }

    // A mark without its counterpart is not one of ours.
    private static string WithoutMarks(string text) =>
        string.Concat(text.Where(c => c is not (Anchor or Separator or Terminator)));
}
