using Lectern.Jobs.Manuscript;
using Lectern.Providers;
using Lectern.Voices.Contracts;

namespace Lectern.Tests.Jobs.Manuscript;

public sealed class SpokenFormTests
{
    [Theory]
    // currency
    [InlineData("He paid $5.", "He paid five dollars.")]
    [InlineData("It cost $1 then.", "It cost one dollar then.")]
    [InlineData("only £3.50, sir", "only three pounds and fifty pence, sir")]
    [InlineData("$0.99 each", "ninety-nine cents each")]
    [InlineData("$1.01", "one dollar and one cent")]
    [InlineData("£10,000 a year", "ten thousand pounds a year")]
    [InlineData("$1.5 million", "one point five million dollars")]
    [InlineData("€3bn", "three billion euros")]
    [InlineData("$5–10", "five to ten dollars")]
    [InlineData("$5-$10", "five to ten dollars")]
    [InlineData("a loss of -$5", "a loss of minus five dollars")]
    [InlineData("¥500", "five hundred yen")]
    [InlineData("$5x", "$5x")]
    [InlineData("US$5", "US$5")]
    // dates
    [InlineData("born March 1, 1760, married", "born March first, seventeen sixty, married")]
    [InlineData("Monday, August 2.", "Monday, August second.")]
    [InlineData("Sept. 6.", "September sixth.")]
    [InlineData("as far back as July, 1803", "as far back as July, eighteen oh three")]
    [InlineData("in May 2019", "in May twenty nineteen")]
    [InlineData("on 1 March 1760", "on the first of March, seventeen sixty")]
    [InlineData("the 4 July fair", "the fourth of July fair")]
    [InlineData("by 2024-03-15.", "by March fifteenth, twenty twenty-four.")]
    [InlineData("You may 5 times", "You may five times")]
    [InlineData("2024-13-45", "2024-13-45")]
    [InlineData("3/4/2020", "3/4/2020")]
    // percent
    [InlineData("5%", "five percent")]
    [InlineData("0.5 % of it", "zero point five percent of it")]
    [InlineData("5–10%", "five to ten percent")]
    // abbreviations
    [InlineData("Mr. and Mrs. Bennet", "Mister and Missus Bennet")]
    [InlineData("Mr. Bennet", "Mister Bennet")]
    [InlineData("MR. DARCY", "Mister DARCY")]
    [InlineData("Dr. Watson", "Doctor Watson")]
    [InlineData("Then Dr. Watson", "Then Doctor Watson")]
    [InlineData("at Elm Dr. Watson stood", "at Elm Dr. Watson stood")]
    [InlineData("St. James", "Saint James")]
    [InlineData("In St. James", "In Saint James")]
    [InlineData("Bond St. was", "Bond Street was")]
    [InlineData("in Milsom St. James", "in Milsom St. James")]
    [InlineData("wax, string, etc.", "wax, string, et cetera.")]
    [InlineData("wax, etc., was", "wax, et cetera, was")]
    [InlineData("gowns, &c.", "gowns, et cetera.")]
    [InlineData("fruit, e.g. apples", "fruit, for example apples")]
    [InlineData("that day, i.e., Monday", "that day, that is, Monday")]
    [InlineData("Musgrove, Esq. of Uppercross", "Musgrove, Esquire of Uppercross")]
    [InlineData("No. 5", "number five")]
    [InlineData("\"No.\"", "\"No.\"")]
    [InlineData("pp. 5–7", "pages five to seven")]
    [InlineData("Mr.", "Mr.")]
    // ordinals
    [InlineData("the 26th of September", "the twenty-sixth of September")]
    [InlineData("1st, 2nd, 3rd, 11th", "first, second, third, eleventh")]
    [InlineData("November 18th, by four", "November eighteenth, by four")]
    [InlineData("the 100th time", "the one hundredth time")]
    [InlineData("the 11st", "the 11st")]
    // decades
    [InlineData("the 1920s", "the nineteen twenties")]
    [InlineData("mid-1800s", "mid-eighteen hundreds")]
    [InlineData("the '20s", "the twenties")]
    [InlineData("in her 30s", "in her thirties")]
    [InlineData("the 1925s", "the 1925s")]
    // years
    [InlineData("(1818)", "(eighteen eighteen)")]
    [InlineData("the summer of 1806;", "the summer of eighteen oh six;")]
    [InlineData("who died 1800) he", "who died eighteen hundred) he")]
    [InlineData("in 2005", "in two thousand five")]
    [InlineData("1500 soldiers", "one thousand five hundred soldiers")]
    [InlineData("1805 was cold", "eighteen oh five was cold")]
    [InlineData("page 1200", "page one thousand two hundred")]
    // numbers
    [InlineData("1,000,000 stars", "one million stars")]
    [InlineData("12,345", "twelve thousand three hundred forty-five")]
    [InlineData("1,00,000", "1,00,000")]
    [InlineData("1,000,50", "1,000,50")]
    [InlineData("3.14", "three point one four")]
    [InlineData("It was 3.", "It was three.")]
    [InlineData("-5 degrees", "minus five degrees")]
    [InlineData("−5", "minus five")]
    [InlineData("007", "zero zero seven")]
    [InlineData("catch-22", "catch-twenty-two")]
    [InlineData("B2B, mp3, 5kg", "B2B, mp3, 5kg")]
    [InlineData("version 1.2.3", "version 1.2.3")]
    [InlineData("#5 and 5@x", "#5 and 5@x")]
    [InlineData("1234567890123", "1234567890123")]
    // times
    [InlineData("at 10:30", "at ten thirty")]
    [InlineData("at 10:05 a.m.", "at ten oh five a.m.")]
    [InlineData("at 7:00", "at seven o'clock")]
    [InlineData("7:00 pm sharp", "seven p.m. sharp")]
    [InlineData("10am", "ten a.m.")]
    [InlineData("22:15", "twenty-two fifteen")]
    [InlineData("10:75", "10:75")]
    [InlineData("10:30:15", "10:30:15")]
    [InlineData("3:1", "3:1")]
    // ranges
    [InlineData("10–20 men", "ten to twenty men")]
    [InlineData("1914–1918", "nineteen fourteen to nineteen eighteen")]
    [InlineData("1914-18", "nineteen fourteen to eighteen")]
    [InlineData("555-1234", "555-1234")]
    [InlineData("won 3-2", "won 3-2")]
    [InlineData("1-2-3", "1-2-3")]
    // parts of a book
    [InlineData("Chapter IV", "Chapter four")]
    [InlineData("CHAPTER I.", "CHAPTER one.")]
    [InlineData("in Act I saw", "in Act I saw")]
    [InlineData("Charles II was", "Charles II was")]
    // signs
    [InlineData("“You,” he said—‘yes’", "\"You,\" he said, 'yes'")]
    [InlineData("the date of Mary's birth--", "the date of Mary's birth,")]
    [InlineData("\"I hope--\" he began", "\"I hope,\" he began")]
    [InlineData("and motto:--here", "and motto: here")]
    [InlineData("wait — what", "wait, what")]
    [InlineData("wait - what", "wait, what")]
    [InlineData("—Yes", "Yes")]
    [InlineData("the year ---5, I", "the year, five, I")]
    [InlineData("Paris–Dover", "Paris-Dover")]
    [InlineData("well-known", "well-known")]
    [InlineData("well . . . no", "well ... no")]
    [InlineData("well… no", "well... no")]
    [InlineData("Smith & Co. of", "Smith and Company of")]
    [InlineData("AT&T", "AT&T")]
    [InlineData("don’t", "don't")]
    public void English_is_said_as_a_reader_would(string written, string said) =>
        SpokenForm.Of(written, "en").Text.ShouldBe(said);

    [Theory]
    [InlineData("IV", "four")]
    [InlineData("I. A Scandal in Bohemia", "one. A Scandal in Bohemia")]
    [InlineData("I Remember", "I Remember")]
    public void A_heading_may_begin_with_a_roman_numeral(string written, string said) =>
        SpokenForm.Of(written, "en-GB", isHeading: true).Text.ShouldBe(said);

    [Theory]
    [InlineData("de", "Dr. Müller zahlte 5 € – am 3.4.1990…")]
    [InlineData("fr", "Il a payé 5 % de « ça » — 10:30.")]
    [InlineData("eng", "$5")]
    public void Other_languages_are_left_as_they_are(string language, string written) =>
        SpokenForm.Of(written, language).Text.ShouldBe(written);

    [Fact]
    public void The_map_leads_from_an_expansion_to_what_the_author_wrote()
    {
        const string written = "In 1806 Mr. Elliot paid £5.";
        var spoken = SpokenForm.Of(written, "en");
        spoken.Text.ShouldBe("In eighteen oh six Mister Elliot paid five pounds.");

        Source("eighteen oh six").ShouldBe("1806");
        Source("oh").ShouldBe("1806");
        Source("Elliot").ShouldBe("Elliot");
        Source("llio").ShouldBe("llio");
        Source("six Mister El").ShouldBe("1806 Mr. El");
        var five = spoken.Map.ToSpoken(new TextSpan(written.IndexOf('£', StringComparison.Ordinal), 1));
        five.Of(spoken.Text).ToString().ShouldBe("five pounds");

        string Source(string said) =>
            spoken
                .Map.ToSource(new TextSpan(spoken.Text.IndexOf(said, StringComparison.Ordinal), said.Length))
                .Of(written)
                .ToString();
    }

    [Theory]
    [InlineData("en", "Queequeg paid £5 at Cape Cod.", "Kweekweg paid five pounds at Cape Kodd.")]
    [InlineData("de", "Queequeg zahlte 5 € am Cape Cod", "Kweekweg zahlte 5 € am Cape Kodd")]
    public void What_a_lexicon_says_goes_before_the_rules_and_leads_back_to_the_source(
        string language,
        string written,
        string said
    )
    {
        var lexicon = Lexicon.Of([new("Queequeg", "Kweekweg", null), new("Cape Cod", "Cape Kodd", null)]);
        var respellings = lexicon.Find(written, new EngineLimits(1), language);
        var spoken = SpokenForm.Of(written, language, respellings: respellings);
        spoken.Text.ShouldBe(said);
        foreach (var respelling in respellings)
        {
            var source = new TextSpan(respelling.Start, respelling.Length);
            spoken.Map.ToSpoken(source).Of(said).ToString().ShouldBe(respelling.Spoken);
        }
    }

    [Fact]
    public void What_a_rule_has_begun_to_say_no_lexicon_interrupts()
    {
        const string written = "He paid £7.50 for 7.";
        var lexicon = Lexicon.Of([new("7", "sept", null), new("50", "cinquante", null)]);
        var respellings = lexicon.Find(written, new EngineLimits(1), "en");
        respellings.Count.ShouldBe(3);
        SpokenForm
            .Of(written, "en", respellings: respellings)
            .Text.ShouldBe("He paid seven pounds and fifty pence for sept.");
    }

    [Fact]
    public void A_map_survives_storage_as_numbers()
    {
        var map = SpokenForm.Of("In 1806 Mr. Elliot paid £5.", "en").Map;
        SpanMap.FromNumbers(map.ToNumbers()).Pairs.ShouldBe(map.Pairs);
    }

    [Theory]
    [InlineData("£999,999,999,999–999,999,999,999")]
    [InlineData("-$999,999,999,999.99")]
    [InlineData("777,777,777,777.777777777777")]
    [InlineData("777,777,777,777.777777777777–777,777,777,777.777777777777%")]
    public void No_expansion_is_too_long_for_an_engine(string written) =>
        SpokenForm
            .Of(written, "en")
            .Map.Pairs.Where(p => !p.IsCharacterwise)
            .ShouldAllBe(p => p.Spoken.Length <= SpokenForm.LongestExpansion);
}
