using Lectern.Jobs.Manuscript;

namespace Lectern.Tests.Jobs.Manuscript;

public sealed class SentenceSplitterTests
{
    [Theory]
    [InlineData("One. Two.", "One.|Two.")]
    [InlineData("\"My dear Mr. Bennet,\" said his lady.", "\"My dear Mr. Bennet,\" said his lady.")]
    [InlineData("J. R. R. Tolkien wrote. So did I. He knew.", "J. R. R. Tolkien wrote.|So did I.|He knew.")]
    [InlineData("It cost 3.50 then. It costs 4.", "It cost 3.50 then.|It costs 4.")]
    [InlineData("\"Go.\" \"Why?\" \"Now!\"", "\"Go.\"|\"Why?\"|\"Now!\"")]
    [InlineData("\"What?\" said he. \"No!\" he cried.", "\"What?\" said he.|\"No!\" he cried.")]
    [InlineData("What?! Never.", "What?!|Never.")]
    [InlineData("Well... maybe. Well... Maybe.", "Well... maybe.|Well...|Maybe.")]
    [InlineData("Well . . . maybe. Oh . . . Then he left.", "Well . . . maybe.|Oh . . .|Then he left.")]
    [InlineData("“Yes.” “No.” (He left. She stayed.)", "“Yes.”|“No.”|(He left.|She stayed.)")]
    [InlineData("No. 5 is alive. No. I won't.", "No. 5 is alive.|No.|I won't.")]
    [InlineData("Wax, etc. Then tea, etc. and cake.", "Wax, etc.|Then tea, etc. and cake.")]
    [InlineData("At 10 a.m. he rose. At 9 p.m. She slept.", "At 10 a.m. he rose.|At 9 p.m.|She slept.")]
    [InlineData("The U.S. Army came. Fruit, e.g. Apples.", "The U.S. Army came.|Fruit, e.g. Apples.")]
    [InlineData("1. Wash the rice. 2. Boil it.", "1. Wash the rice.|2. Boil it.")]
    [InlineData("St. James's. Dr. Watson, Esq. Then", "St. James's.|Dr. Watson, Esq.|Then")]
    [InlineData("他走了。她笑了！", "他走了。|她笑了！")]
    [InlineData("¿Qué? ¡Nada! Él se fue.", "¿Qué?|¡Nada!|Él se fue.")]
    [InlineData("no end", "no end")]
    [InlineData("...", "...")]
    [InlineData("Visit example.com. Then", "Visit example.com.|Then")]
    public void Sentences_end_where_a_reader_would_pause(string paragraph, string sentences) =>
        string.Join('|', SentenceSplitter.Split(paragraph).Select(s => s.Of(paragraph).ToString())).ShouldBe(sentences);
}
