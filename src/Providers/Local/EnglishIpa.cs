namespace Lectern.Providers.Local;

/// <summary>How strongly a vowel is spoken.</summary>
internal enum Stress
{
    None,
    Primary,
    Secondary,
}

/// <summary>A sound of English.</summary>
/// <param name="Sound">
/// As the CMU Pronouncing Dictionary writes it, in lower case (http://www.speech.cs.cmu.edu/cgi-bin/cmudict), with
/// <c>ax</c> for the schwa, <c>oh</c> for British "lot", and <c>x</c> for Scottish "loch".
/// </param>
/// <param name="Stress">Of a vowel.</param>
internal readonly record struct EnglishPhone(string Sound, Stress Stress)
{
    public bool IsVowel => Sound[0] is 'a' or 'e' or 'i' or 'o' or 'u';

    /// <summary>The end of one word and the beginning of another.</summary>
    public bool IsBreak => Sound == EnglishIpa.Break;
}

/// <summary>
/// English pronunciations in the International Phonetic Alphabet, as dictionaries write them. The symbols are those of
/// https://en.wikipedia.org/wiki/Help:IPA/English and of https://github.com/espeak-ng/espeak-ng/blob/master/docs/phonemes.md.
/// </summary>
internal static class EnglishIpa
{
    public const string Break = " ";

    // The longest symbol that fits is taken.
    private static readonly (string Symbol, string[] Sounds)[] Symbols =
    [
        .. new (string, string[])[]
        {
            ("t͡ʃ", ["ch"]),
            ("tʃ", ["ch"]),
            ("ʧ", ["ch"]),
            ("d͡ʒ", ["jh"]),
            ("dʒ", ["jh"]),
            ("ʤ", ["jh"]),
            ("p", ["p"]),
            ("b", ["b"]),
            ("t", ["t"]),
            ("ɾ", ["t"]),
            ("d", ["d"]),
            ("k", ["k"]),
            ("g", ["g"]),
            ("ɡ", ["g"]),
            ("f", ["f"]),
            ("v", ["v"]),
            ("θ", ["th"]),
            ("ð", ["dh"]),
            ("s", ["s"]),
            ("z", ["z"]),
            ("ʃ", ["sh"]),
            ("ʒ", ["zh"]),
            ("h", ["hh"]),
            ("x", ["x"]),
            ("m", ["m"]),
            ("n", ["n"]),
            ("ŋ", ["ng"]),
            ("l", ["l"]),
            ("ɫ", ["l"]),
            ("r", ["r"]),
            ("ɹ", ["r"]),
            ("j", ["y"]),
            ("w", ["w"]),
            ("ʍ", ["w"]),
            ("n̩", ["ax", "n"]),
            ("l̩", ["ax", "l"]),
            ("m̩", ["ax", "m"]),
            ("i", ["iy"]),
            ("iː", ["iy"]),
            ("ɪ", ["ih"]),
            ("ɨ", ["ih"]),
            ("e", ["eh"]),
            ("ɛ", ["eh"]),
            ("æ", ["ae"]),
            ("a", ["ae"]),
            ("ɑ", ["aa"]),
            ("ɑː", ["aa"]),
            ("aː", ["aa"]),
            ("ɒ", ["oh"]),
            ("ɔ", ["ao"]),
            ("ɔː", ["ao"]),
            ("ʊ", ["uh"]),
            ("u", ["uw"]),
            ("uː", ["uw"]),
            ("ʌ", ["ah"]),
            ("ə", ["ax"]),
            ("ɐ", ["ax"]),
            ("ɚ", ["er"]),
            ("ɝ", ["er"]),
            ("ɝː", ["er"]),
            ("ɜ", ["er"]),
            ("ɜː", ["er"]),
            ("ɜːr", ["er"]),
            ("ɜːɹ", ["er"]),
            ("eɪ", ["ey"]),
            ("aɪ", ["ay"]),
            ("aʊ", ["aw"]),
            ("ɔɪ", ["oy"]),
            ("oʊ", ["ow"]),
            ("əʊ", ["ow"]),
            ("oː", ["ow"]),
            ("o", ["ow"]),
            ("ɪə", ["ih", "ax"]),
            ("eə", ["eh", "ax"]),
            ("ɛə", ["eh", "ax"]),
            ("ʊə", ["uh", "ax"]),
            ("ː", []),
            (".", []),
            ("͡", []),
            ("‿", []),
        }.OrderByDescending(symbol => symbol.Item1.Length),
    ];

    /// <summary>The sounds in order, or null when one is not English.</summary>
    public static IReadOnlyList<EnglishPhone>? Parse(string ipa)
    {
        var rest = ipa.AsSpan().Trim().Trim('/').Trim('[').Trim(']').Trim();
        var phones = new List<EnglishPhone>();
        var stress = Stress.None; // it is written before the syllable, and heard on its vowel
        while (!rest.IsEmpty)
        {
            switch (rest[0])
            {
                case 'ˈ' or '\'':
                    stress = Stress.Primary;
                    rest = rest[1..];
                    continue;
                case 'ˌ':
                    stress = Stress.Secondary;
                    rest = rest[1..];
                    continue;
                case ' ' or '-':
                    phones.Add(new EnglishPhone(Break, Stress.None));
                    rest = rest[1..].TrimStart();
                    continue;
                default:
                    break;
            }
            if (Match(rest) is not { } found)
                return null;
            foreach (var sound in found.Sounds)
            {
                var phone = new EnglishPhone(sound, Stress.None);
                if (phone.IsVowel && stress != Stress.None)
                {
                    phone = phone with { Stress = stress };
                    stress = Stress.None;
                }
                phones.Add(phone);
            }
            rest = rest[found.Symbol.Length..];
        }
        if (!phones.Any(phone => phone.IsVowel))
            return null;
        // A word of one syllable is stressed whether or not its entry says so.
        if (phones.All(phone => phone.Stress == Stress.None) && phones.Count(phone => phone.IsVowel) == 1)
        {
            var vowel = phones.FindIndex(phone => phone.IsVowel);
            phones[vowel] = phones[vowel] with { Stress = Stress.Primary };
        }
        return phones;
    }

    private static (string Symbol, string[] Sounds)? Match(ReadOnlySpan<char> rest)
    {
        foreach (var symbol in Symbols)
            if (rest.StartsWith(symbol.Symbol, StringComparison.Ordinal))
                return symbol;
        return null;
    }
}
