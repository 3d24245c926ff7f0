using Lectern.Providers;
using Lectern.Providers.Local;

namespace Lectern.Tests.Providers.Local;

public class ApertiumTests
{
    private static readonly ApertiumTranslator Apertium = new(new LocalEngineOptions());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Texts_are_translated_in_order_both_ways()
    {
        var spanish = await TranslateAsync("en", "es", "The house is white.", "I have two cats.");
        spanish.ShouldBe(["La casa es blanca.", "Tengo dos gatos."]);
        (await TranslateAsync("es", "en", "La casa es blanca.")).ShouldBe(["The house is white."]);
        (await TranslateAsync("es-MX", "en-US", "La casa es blanca.")).ShouldBe(["The house is white."]);
    }

    [Fact]
    public async Task Markup_and_signs_come_back_as_they_were()
    {
        const string signs = "<b>7</b> & \"8\" [9] ^10@ \\ ~{11}/ $12 * &amp; </p><p> \u03B1\u03B2 \u4F60\u597D";
        var translated = (await TranslateAsync("en", "es", signs, "The house is white.")).ToList();
        translated.Count.ShouldBe(2);
        translated[0].ShouldBe(signs);
        translated[1].ShouldBe("La casa es blanca.");
    }

    [Fact]
    public async Task Unknown_words_stay_without_a_mark_and_an_authors_asterisk_stays()
    {
        var translated = (await TranslateAsync("en", "es", "The house * of Xyzzyqq is white.")).Single();
        translated.ShouldContain(" Xyzzyqq ");
        translated.ShouldContain(" * ");
        translated.Count(c => c == '*').ShouldBe(1);
    }

    [Fact]
    public async Task Empty_texts_and_none_at_all_are_fine()
    {
        (await TranslateAsync("en", "es")).ShouldBeEmpty();
        (await TranslateAsync("en", "es", "", "The house.", " ")).ShouldBe(["", "La casa.", ""]);
    }

    [Fact]
    public async Task Pairs_are_what_is_installed_and_others_are_refused()
    {
        (await Apertium.InspectAsync(Token)).IsAvailable.ShouldBeTrue();
        Apertium.Limits.Languages.ShouldBe(["en-es", "es-en", "es-en-US"]);
        foreach (var (from, to) in new[] { ("en", "de"), ("../../etc", "es"), ("", "") })
            (await Should.ThrowAsync<ProviderException>(() => TranslateAsync(from, to, "Hello."))).Failure.ShouldBe(
                ProviderFailure.BadInput
            );
        (
            await Should.ThrowAsync<ProviderException>(() => TranslateAsync("en", "es", new string('a', 50_001)))
        ).Failure.ShouldBe(ProviderFailure.BadInput);
    }

    [Fact]
    public async Task An_absent_program_says_what_to_install() =>
        (
            await new ApertiumTranslator(new LocalEngineOptions { ApertiumPath = "/nowhere/apertium" }).InspectAsync(
                Token
            )
        )
            .Unavailable.ShouldNotBeNull()
            .ShouldContain("apt-get install apertium apertium-eng-spa");

    private static Task<IReadOnlyList<string>> TranslateAsync(string from, string to, params string[] texts) =>
        Apertium.TranslateAsync(new TranslationRequest(texts, from, to), CallContext.WithoutKey(Guid.NewGuid()), Token);
}
