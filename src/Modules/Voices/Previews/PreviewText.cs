using System.Collections.Frozen;

namespace Lectern.Voices.Previews;

/// <summary>What a voice says to introduce itself: one sentence in its language.</summary>
internal static class PreviewText
{
    // Where we have no sentence. Engines read digits in their own language; the vowels are for the few that know none.
    private const string DigitsAndVowels = "1, 2, 3, 4, 5. A, e, i, o, u.";

    private static readonly FrozenDictionary<string, string> Sentences = new Dictionary<string, string>
    {
        ["ca"] = "Així sona la meva veu quan llegeixo un llibre.",
        ["cs"] = "Takto zní můj hlas, když čtu knihu.",
        ["da"] = "Sådan lyder min stemme, når jeg læser en bog.",
        ["de"] = "So klingt meine Stimme, wenn ich ein Buch vorlese.",
        ["en"] = "This is how my voice sounds when I read a book.",
        ["es"] = "Así suena mi voz cuando leo un libro.",
        ["fi"] = "Tältä ääneni kuulostaa, kun luen kirjaa.",
        ["fr"] = "Voici ma voix quand je lis un livre.",
        ["he"] = "כך נשמע הקול שלי כשאני קורא ספר.",
        ["it"] = "Così suona la mia voce quando leggo un libro.",
        ["nb"] = "Slik høres stemmen min ut når jeg leser en bok.",
        ["nl"] = "Zo klinkt mijn stem als ik een boek voorlees.",
        ["pl"] = "Tak brzmi mój głos, kiedy czytam książkę.",
        ["pt"] = "Assim soa a minha voz quando leio um livro.",
        ["ro"] = "Așa sună vocea mea când citesc o carte.",
        ["ru"] = "Так звучит мой голос, когда я читаю книгу.",
        ["sv"] = "Så låter min röst när jag läser en bok.",
        ["tr"] = "Bir kitap okurken sesim böyle geliyor.",
        ["uk"] = "Так звучить мій голос, коли я читаю книгу.",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The sentence for a BCP 47 tag.</summary>
    public static string For(string language) => Sentences.GetValueOrDefault(language.Split('-')[0], DigitsAndVowels);
}
