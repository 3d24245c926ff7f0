using System.Text;

namespace Lectern.Providers.Local;

/// <summary>
/// Pronunciations in espeak-ng's own mnemonics for English, which it takes between double brackets:
/// https://github.com/espeak-ng/espeak-ng/blob/master/docs/phonemes.md and http://espeak.sourceforge.net/phonemes.html.
/// </summary>
internal static class EspeakPhonemes
{
    private static readonly Dictionary<string, string> Mnemonics = new(StringComparer.Ordinal)
    {
        ["ch"] = "tS",
        ["jh"] = "dZ",
        ["th"] = "T",
        ["dh"] = "D",
        ["sh"] = "S",
        ["zh"] = "Z",
        ["hh"] = "h",
        ["ng"] = "N",
        ["y"] = "j",
        ["iy"] = "i:",
        ["ih"] = "I",
        ["eh"] = "E",
        ["ae"] = "a",
        ["aa"] = "A:",
        ["oh"] = "0",
        ["ao"] = "O:",
        ["uh"] = "U",
        ["uw"] = "u:",
        ["ah"] = "V",
        ["ax"] = "@",
        ["er"] = "3:",
        ["ey"] = "eI",
        ["ay"] = "aI",
        ["aw"] = "aU",
        ["oy"] = "OI",
        ["ow"] = "oU",
    };

    /// <summary>The bracketed mnemonics, or null for a pronunciation that is not English.</summary>
    public static string? Render(string ipa)
    {
        if (EnglishIpa.Parse(ipa) is not { } phones)
            return null;
        var text = new StringBuilder("[[");
        var first = true;
        foreach (var phone in phones)
        {
            // Without the bar two mnemonics could be read as one: t and S as tS.
            if (!first && !phone.IsBreak)
                text.Append('|');
            first = phone.IsBreak;
            if (phone.IsBreak)
            {
                text.Append("||"); // the end of a word
                continue;
            }
            text.Append(
                phone.Stress switch
                {
                    Stress.Primary => "'",
                    Stress.Secondary => ",",
                    _ => "",
                }
            );
            var weak = phone is { Sound: "er", Stress: Stress.None };
            text.Append(weak ? "3" : Mnemonics.GetValueOrDefault(phone.Sound, phone.Sound));
        }
        return text.Append("]]").ToString();
    }
}
