using System.Text;

namespace Lectern.Providers.Local;

/// <summary>
/// Pronunciations for flite's <c>-add_lex</c>: it speaks a made-up word, which an addition to its dictionary defines by
/// phones. (Its SSML has a phoneme element, but reads the rest of the text otherwise than plain text.)
/// </summary>
internal sealed class FlitePronunciations
{
    private readonly StringBuilder _entries = new();
    private int _words;

    /// <summary>The dictionary's additions, a line each; empty when nothing is pronounced specially.</summary>
    public string Entries => _entries.ToString();

    /// <summary>The word to write for a pronunciation: a made-up one, or the word itself when the IPA is not English.</summary>
    public string Say(string word, string ipa)
    {
        if (EnglishIpa.Parse(ipa) is not { } phones)
            return word;
        var name = "lecterno" + Syllables(_words++);
        _entries.Append(name).Append(" nil :");
        foreach (var phone in phones)
        {
            if (phone.IsBreak)
                continue;
            var sound = phone.Sound switch
            {
                "oh" => "aa",
                "ax" when phone.Stress != Stress.None => "ah", // it has no schwa with a stress
                "x" => "k",
                var same => same,
            };
            _entries.Append(' ').Append(sound);
            if (phone.IsVowel)
                _entries.Append(phone.Stress == Stress.None ? '0' : '1'); // it knows no secondary stress
        }
        _entries.Append('\n');
        return name;
    }

    // It must look like a word, for flite spells out what doesn't; and like none that an author writes.
    private static string Syllables(int number)
    {
        const string consonants = "bdfgklmnprstv";
        var syllables = "";
        do syllables = consonants[number % consonants.Length] + "a" + syllables;
        while ((number /= consonants.Length) > 0);
        return syllables;
    }
}
