using System.Diagnostics;
using Lectern.Providers;
using Lectern.Voices.Contracts;

namespace Lectern.Tests.Voices.Lexicons;

public class LexiconTests
{
    private static readonly EngineLimits Plain = new(1);
    private static readonly EngineLimits TakesIpa = new(1) { TakesIpa = true, IpaLanguages = ["en"] };

    private static readonly Lexicon Whalers = Lexicon.Of([
        new("Queequeg", "Kweekweg", "ˈkwiːkwɛɡ"),
        new("Cape Cod", "Cape Kodd", null),
        new("Cape", "Kape", null),
        new("polish", "pollish", null),
        new("Polish", "Poh-lish", null),
        new("C++", "see plus plus", null),
        new(".NET", "dot net", null),
        new("don", "dawn", null),
        new("o'clock", "of the clock", null),
        new("名可名", "míng", null),
        new("only ipa", null, "ˈoʊnli"),
        new("STRASSE", "shtrahsse", null),
    ]);

    [Theory]
    [InlineData("Queequeg sat.", "Kweekweg sat.")]
    [InlineData("Queequeg's, \"Queequeg\" and (Queequeg).", "Kweekweg's, \"Kweekweg\" and (Kweekweg).")]
    [InlineData("Queequeg\u2019s", "Kweekweg\u2019s")]
    [InlineData(
        "Queequegs and MyQueequeg and Queequeg2 and Queequeg_x",
        "Queequegs and MyQueequeg and Queequeg2 and Queequeg_x"
    )]
    [InlineData("queequeg QUEEQUEG", "queequeg QUEEQUEG")] // an entry with capitals is for what is written so
    [InlineData("polish POLISH Polish", "pollish pollish Poh-lish")]
    [InlineData("Cape Cod is a Cape.", "Cape Kodd is a Kape.")] // the longest first
    [InlineData("Cape Codfish", "Kape Codfish")]
    [InlineData("C++, not C+++", "see plus plus, not see plus plus+")]
    [InlineData("ASP.NET and .NET", "ASP.NET and dot net")]
    [InlineData("I don't, Don. Don's don", "I don't, dawn. dawn's dawn")]
    [InlineData("five o'clock, five O\u2019CLOCK", "five of the clock, five of the clock")]
    [InlineData("道可道，名可名，非常名", "道可道，míng，非常名")]
    [InlineData("e\u0301 don\u0301 don", "e\u0301 don\u0301 dawn")] // an accent belongs to its letter
    [InlineData("only ipa", "only ipa")]
    [InlineData("strasse", "strasse")]
    [InlineData("", "")]
    public void Words_are_found_where_words_begin_and_end(string text, string said) =>
        Whalers.Apply(text, Plain, "en").ShouldBe(said);

    [Fact]
    public void An_engine_gets_the_pronunciation_if_it_takes_it_in_that_language_else_the_alias_else_the_word()
    {
        var marked = $"The {Pronunciation.Mark("Queequeg", "ˈkwiːkwɛɡ")} of Cape Kodd.";
        Whalers.Apply("The Queequeg of Cape Cod.", TakesIpa, "en-US").ShouldBe(marked);
        Whalers.Apply("The Queequeg of Cape Cod.", TakesIpa, "fr").ShouldBe("The Kweekweg of Cape Kodd.");
        Whalers.Apply("only ipa", TakesIpa, "en").ShouldBe(Pronunciation.Mark("only ipa", "ˈoʊnli"));
        Whalers.Apply("only ipa", TakesIpa, "de").ShouldBe("only ipa");
        Pronunciation.Strip(marked).ShouldBe("The Queequeg of Cape Kodd.");
    }

    [Fact]
    public void Places_are_those_of_the_text()
    {
        const string text = "At Cape Cod, Queequeg.";
        var found = Whalers.Find(text, Plain, "en");
        found.Select(place => text.Substring(place.Start, place.Length)).ShouldBe(["Cape Cod", "Queequeg"]);
        found.Select(place => place.Spoken).ShouldBe(["Cape Kodd", "Kweekweg"]);
        found.Select(place => place.Entry.Word).ShouldBe(["Cape Cod", "Queequeg"]);
    }

    [Fact]
    public void Of_two_entries_for_a_word_the_first_is_in_force()
    {
        var lexicon = Lexicon.Of([new("read", "red", null), new("read", "reed", null)]);
        lexicon.Apply("read", Plain, "en").ShouldBe("red");
        Lexicon.Empty.Apply("read", Plain, "en").ShouldBe("read");
        Lexicon.Empty.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_hostile_lexicon_makes_no_text_slow()
    {
        // 5,000 entries of every length that begin alike, and a text that nearly matches them everywhere.
        var lexicon = Lexicon.Of(
            Enumerable.Range(0, 5_000).Select(i => new LexiconEntry($"a{new string('a', i % 70)} {i}", "x", null))
        );
        var text = string.Concat(Enumerable.Repeat("a aa aaa ", 20_000));
        var clock = Stopwatch.StartNew();
        lexicon.Find(text, Plain, "en").ShouldBeEmpty();
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }
}
