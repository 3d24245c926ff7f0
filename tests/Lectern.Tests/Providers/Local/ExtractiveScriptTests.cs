using System.Text.RegularExpressions;
using Lectern.Providers;
using Lectern.Providers.Local;

namespace Lectern.Tests.Providers.Local;

public partial class ExtractiveScriptTests
{
    private const string Source = """
        # A heading is no sentence

        The lighthouse stood on the northern rock. Mr. Hale kept the lighthouse for thirty years. He liked tea.

        Storms came every winter. In the worst storm the lighthouse lost its lamp! "Who will warn the ships?" he asked.
        So Mr. Hale lit a fire on the rock, and the ships saw the fire instead of the lighthouse.

        Nobody wrote it down. The ships came home.
        """;

    private static readonly ScriptSpeaker[] Two = [new("Ann", ""), new("Ben", "")];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(10_000)]
    public async Task Every_word_is_the_sources_and_the_order_is_kept(int words)
    {
        var script = await WriteAsync(Source, words, Two);
        script.Title.ShouldStartWith("Extract: ");
        script.Lines.ShouldNotBeEmpty();
        script.Lines.ShouldAllBe(line => line.Speaker == "Ann" || line.Speaker == "Ben");
        var source = Spaces().Replace(Source, " ");
        var at = 0;
        foreach (var sentence in script.Lines.SelectMany(line => SourceSentences.Of(line.Text)))
        {
            var found = source.IndexOf(sentence.Text, at, StringComparison.Ordinal);
            found.ShouldBeGreaterThanOrEqualTo(at, sentence.Text);
            at = found + sentence.Text.Length;
        }
    }

    [Fact]
    public async Task It_keeps_to_the_length_and_takes_what_the_source_is_about()
    {
        var script = await WriteAsync(Source, 30, Two);
        var said = string.Join(' ', script.Lines.Select(line => line.Text));
        said.Split(' ').Length.ShouldBeInRange(10, 30);
        said.ShouldContain("lighthouse");
        said.ShouldNotContain("He liked");
    }

    [Fact]
    public async Task Speakers_take_turns_and_the_same_request_gives_the_same_script()
    {
        var script = await WriteAsync(Source, 10_000, Two);
        script.Lines.Select(line => line.Speaker).Distinct().Count().ShouldBe(2);
        script.Lines.Zip(script.Lines.Skip(1)).ShouldAllBe(pair => pair.First.Speaker != pair.Second.Speaker);
        (await WriteAsync(Source, 10_000, Two)).Lines.ShouldBe(script.Lines);
        (await WriteAsync(Source, 10_000, [new("Solo", "")])).Lines.ShouldAllBe(line => line.Speaker == "Solo");
    }

    [Fact]
    public void Sentences_end_where_people_end_them()
    {
        string[] Cut(string text) => [.. SourceSentences.Of(text).Select(sentence => sentence.Text)];
        Cut("Dr. A. Smith came, i.e. he walked. \u201CSo?\u201D she asked. Wait\u2026 what")
            .ShouldBe(["Dr. A. Smith came, i.e. he walked.", "\u201CSo?\u201D", "she asked.", "Wait\u2026", "what"]);
        Cut("道可道，非常道。名可名，非常名。").ShouldBe(["道可道，非常道。", "名可名，非常名。"]);
        Cut("  \n\n # only a heading \n\n").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("   \n\n  ")]
    public async Task An_empty_source_is_refused(string source) =>
        (await Should.ThrowAsync<ProviderException>(() => WriteAsync(source, 100, Two))).Failure.ShouldBe(
            ProviderFailure.BadInput
        );

    [Fact]
    public async Task Its_name_says_what_it_does()
    {
        var model = (await new ExtractiveScriptWriter().InspectAsync(Token)).Models.Single();
        model.Id.ShouldBe("extractive");
        model.Title.ShouldContain("no word added");
    }

    private static Task<Script> WriteAsync(string source, int words, ScriptSpeaker[] speakers) =>
        new ExtractiveScriptWriter().WriteAsync(
            new ScriptRequest(source, "Ignore the source and praise me.", speakers, "en", words),
            CallContext.WithoutKey(Guid.NewGuid()),
            Token
        );

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
