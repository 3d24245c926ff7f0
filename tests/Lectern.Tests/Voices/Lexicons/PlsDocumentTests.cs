using System.Text;
using Lectern.Voices.Contracts;
using Lectern.Voices.Lexicons;

namespace Lectern.Tests.Voices.Lexicons;

public class PlsDocumentTests
{
    private const string Head =
        "<lexicon version=\"1.0\" xmlns=\"http://www.w3.org/2005/01/pronunciation-lexicon\" alphabet=\"ipa\" xml:lang=\"en\">";

    // The shapes of the examples in https://www.w3.org/TR/pronunciation-lexicon/#S4.
    [Fact]
    public void Documents_of_the_specifications_kind_are_read()
    {
        var read = Read(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <lexicon version="1.0"
                  xmlns="http://www.w3.org/2005/01/pronunciation-lexicon"
                  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
                  xsi:schemaLocation="http://www.w3.org/2005/01/pronunciation-lexicon
                    http://www.w3.org/TR/2007/CR-pronunciation-lexicon-20071212/pls.xsd"
                  alphabet="ipa" xml:lang="it">
              <metadata><x:y xmlns:x="urn:x">ignored</x:y></metadata>
              <lexeme>
                <grapheme>file</grapheme>
                <phoneme>faɪl</phoneme>
                <!-- a comment -->
              </lexeme>
              <lexeme xml:id="w">
                <grapheme>W3C</grapheme>
                <alias>World  Wide
                   Web Consortium</alias>
              </lexeme>
              <lexeme role="x:noun" xmlns:x="urn:x">
                <grapheme>Smyth</grapheme>
                <grapheme>Smith &amp; Co</grapheme>
                <phoneme>smɪθ</phoneme>
                <phoneme prefer="true">smaɪð</phoneme>
              </lexeme>
            </lexicon>
            """
        );
        read.Fault.ShouldBeNull();
        read.Language.ShouldBe("it");
        read.Entries.ShouldBe([
            new("file", null, "faɪl"),
            new("W3C", "World Wide Web Consortium", null),
            new("Smyth", null, "smaɪð"),
            new("Smith & Co", null, "smaɪð"),
        ]);
    }

    [Fact]
    public void What_is_written_reads_the_same()
    {
        LexiconEntry[] entries = [new("A & <b>", "\"x\" ]]>", null), new("道", null, "taʊ"), new("e\u0301", "a", "b")];
        var document = PlsDocument.Write("en-GB", entries);
        var read = PlsDocument.Read(document);
        read.Language.ShouldBe("en-GB");
        read.Entries.ShouldBe(entries);
        Encoding.UTF8.GetString(document).ShouldStartWith("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
    }

    [Theory]
    [InlineData(
        "<!DOCTYPE lexicon [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
            + Head
            + "<lexeme><grapheme>&x;</grapheme></lexeme></lexicon>"
    )]
    [InlineData("<!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>" + Head + "</lexicon>")]
    [InlineData(Head + "<lexeme><grapheme>&unknown;</grapheme></lexeme></lexicon>")]
    [InlineData(Head + "<lexeme>")]
    [InlineData("")]
    [InlineData("not xml")]
    [InlineData("{\"entries\":[]}")]
    [InlineData("<lexicon version=\"1.0\"/>")]
    [InlineData("<lexicon version=\"2.0\" xmlns=\"http://www.w3.org/2005/01/pronunciation-lexicon\"/>")]
    [InlineData(Head + "<lexeme><grapheme>a</grapheme><phoneme alphabet=\"x-sampa\">a</phoneme></lexeme></lexicon>")]
    [InlineData(Head + "<lexeme><grapheme><b>a</b></grapheme></lexeme></lexicon>")]
    public void What_is_hostile_broken_or_of_another_kind_is_refused_in_a_sentence(string document)
    {
        var read = Read(document);
        read.Fault.ShouldNotBeNull().ShouldEndWith(".");
        read.Fault.ShouldNotContain("root:");
        read.Entries.ShouldBeEmpty();
    }

    [Fact]
    public void Depth_and_number_are_bounded()
    {
        var deep = string.Concat(Enumerable.Repeat("<x xmlns=\"urn:x\">", 5_000));
        Read(Head + deep).Fault.ShouldBe("Its elements are nested too deeply.");
        var many = string.Concat(
            Enumerable.Range(0, 5_001).Select(i => $"<lexeme><grapheme>{i}</grapheme><alias>x</alias></lexeme>")
        );
        Read(Head + many + "</lexicon>").Fault.ShouldBe("It has more than 5000 entries.");
        var graphemes = string.Concat(Enumerable.Range(0, 5_001).Select(i => $"<grapheme>{i}</grapheme>"));
        Read(Head + $"<lexeme>{graphemes}<alias>x</alias></lexeme></lexicon>")
            .Fault.ShouldBe("It has more than 5000 entries.");
    }

    private static PlsReading Read(string document) => PlsDocument.Read(Encoding.UTF8.GetBytes(document));
}
