namespace Lectern.Jobs.Manuscript;

/// <summary>What makes a line a heading.</summary>
internal enum HeadingKind
{
    /// <summary>Its markup (Markdown), or no heading at all.</summary>
    None,

    /// <summary><c>Chapter 1</c>, <c>CHAPTER IV. A Title</c>.</summary>
    Chapter,

    /// <summary><c>Act I</c>, <c>Scene 2</c>, <c>Letter 4</c>, <c>Canto V</c>: words that also occur in running text.</summary>
    Section,

    /// <summary><c>Part Two</c>, <c>BOOK I</c>, <c>Volume 2</c>: holds chapters.</summary>
    Part,

    /// <summary><c>Prologue</c>, <c>Epilogue</c>, <c>Preface</c> and such.</summary>
    Named,

    /// <summary><c>Contents</c>: a list of headings follows.</summary>
    Contents,

    /// <summary>Only a number, with or without a title: <c>IV</c>, <c>2.</c>, <c>I. A Scandal in Bohemia</c>.</summary>
    Numeral,
}

/// <summary>Recognizes a line that is a heading by its wording, in English plain text.</summary>
/// <param name="Kind">What makes it one.</param>
/// <param name="Number">Its number, 0 when it has none.</param>
/// <param name="HasTitle">Whether a title follows the number on the same line.</param>
internal readonly record struct HeadingLine(HeadingKind Kind, int Number, bool HasTitle)
{
    // Longer lines are sentences. Gutenberg's own texts are wrapped at 72.
    private const int MaxLength = 80;

    private static readonly Dictionary<string, HeadingKind> Divisions = new(StringComparer.OrdinalIgnoreCase)
    {
        ["chapter"] = HeadingKind.Chapter,
        ["part"] = HeadingKind.Part,
        ["book"] = HeadingKind.Part,
        ["volume"] = HeadingKind.Part,
        ["act"] = HeadingKind.Section,
        ["scene"] = HeadingKind.Section,
        ["letter"] = HeadingKind.Section,
        ["canto"] = HeadingKind.Section,
        ["stave"] = HeadingKind.Section,
        ["section"] = HeadingKind.Section,
    };

    private static readonly Dictionary<string, HeadingKind> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["prologue"] = HeadingKind.Named,
        ["epilogue"] = HeadingKind.Named,
        ["preface"] = HeadingKind.Named,
        ["foreword"] = HeadingKind.Named,
        ["introduction"] = HeadingKind.Named,
        ["interlude"] = HeadingKind.Named,
        ["afterword"] = HeadingKind.Named,
        ["conclusion"] = HeadingKind.Named,
        ["postscript"] = HeadingKind.Named,
        ["appendix"] = HeadingKind.Named,
        ["contents"] = HeadingKind.Contents,
        ["table of contents"] = HeadingKind.Contents,
    };

    private static readonly Dictionary<string, int> NumberWords = SpelledNumbers();

    /// <summary>Whether a word, such as <c>Chapter</c> or <c>Act</c>, takes a number.</summary>
    public static bool IsDivision(ReadOnlySpan<char> word) =>
        Divisions.GetAlternateLookup<ReadOnlySpan<char>>().ContainsKey(word);

    /// <summary>Reads a line, blanks around it removed. Whether it stands alone is for the caller to see.</summary>
    public static bool TryRead(ReadOnlySpan<char> line, out HeadingLine heading)
    {
        heading = default;
        if (line.Length is 0 or > MaxLength || char.IsLower(line[0]))
            return false;
        return TryReadName(line, out heading)
            || TryReadDivision(line, out heading)
            || TryReadNumeral(line, out heading);
    }

    private static bool TryReadName(ReadOnlySpan<char> line, out HeadingLine heading)
    {
        var stop = line.IndexOfAny(".:");
        var name = (stop < 0 ? line : line[..stop]).TrimEnd();
        Names.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var kind);
        heading = new HeadingLine(kind, 0, stop >= 0 && !line[(stop + 1)..].IsWhiteSpace());
        return kind != HeadingKind.None;
    }

    private static bool TryReadDivision(ReadOnlySpan<char> line, out HeadingLine heading)
    {
        heading = default;
        var word = TakeWord(line);
        if (!Divisions.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out var kind))
            return false;
        var rest = line[word.Length..].TrimStart();
        if (rest.StartsWith("the ", StringComparison.OrdinalIgnoreCase))
            rest = rest[4..].TrimStart();
        var designator = TakeWord(rest);
        if (!TryReadNumber(designator, out var number) || !IsTitle(rest[designator.Length..], out var hasTitle))
            return false;
        heading = new HeadingLine(kind, number, hasTitle);
        return true;
    }

    private static bool TryReadNumeral(ReadOnlySpan<char> line, out HeadingLine heading)
    {
        heading = default;
        var word = TakeWord(line);
        var isDigits = word.Length is > 0 and <= 3 && word.IndexOfAnyExceptInRange('0', '9') < 0;
        if (!isDigits && Roman.Read(word) == 0)
            return false;
        var rest = line[word.Length..];
        if (!rest.IsEmpty && rest[0] is not ('.' or ')' or ':'))
            return false;
        var title = rest.Trim(" .):");
        if (title.Length > 60 || (title.Length > 0 && (!char.IsUpper(title[0]) || title[^1] is ',' or ';' or '.')))
            return false;
        TryReadNumber(word, out var number);
        heading = new HeadingLine(HeadingKind.Numeral, number, title.Length > 0);
        return true;
    }

    // "Chapter 1. A Title" and "Chapter 1 A Title" are headings, "Chapter 1 was dull." and "Part two of it" are not.
    private static bool IsTitle(ReadOnlySpan<char> rest, out bool hasTitle)
    {
        var title = rest.TrimStart(" .:—–-");
        hasTitle = !title.IsEmpty;
        if (!hasTitle)
            return true;
        if (
            rest[0] is '.' or ':' or '—' or '–' or '-'
            || rest.StartsWith(" —")
            || rest.StartsWith(" –")
            || rest.StartsWith(" -")
        )
            return !char.IsLower(title[0]);
        return rest[0] == ' ' && char.IsUpper(title[0]) && title[^1] is not ('.' or ',' or ';' or '?' or '!');
    }

    private static bool TryReadNumber(ReadOnlySpan<char> word, out int number)
    {
        number = 0;
        if (word.Length is > 0 and <= 4 && word.IndexOfAnyExceptInRange('0', '9') < 0)
            return int.TryParse(word, out number);
        number = Roman.Read(word);
        return number > 0 || NumberWords.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out number);
    }

    private static ReadOnlySpan<char> TakeWord(ReadOnlySpan<char> text)
    {
        var end = 0;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || (text[end] == '-' && end > 0)))
            end++;
        return text[..end].TrimEnd('-');
    }

    private static Dictionary<string, int> SpelledNumbers()
    {
        var words = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (var n = 1; n < 100; n++)
        {
            words[EnglishNumber.Cardinal(n)] = n;
            words[EnglishNumber.Ordinal(n)] = n;
        }
        return words;
    }
}
