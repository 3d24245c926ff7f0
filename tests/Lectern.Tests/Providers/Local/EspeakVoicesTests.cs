using System.Text;
using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.SharedKernel.Processes;

namespace Lectern.Tests.Providers.Local;

public class EspeakVoicesTests
{
    private static readonly EspeakNgEngine Espeak = new(new LocalEngineOptions());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_language_is_listed_once_and_every_timbre_with_American_English()
    {
        var voices = (await Espeak.InspectAsync(Token)).Voices;
        voices.Count.ShouldBeInRange(200, 300); // and not 130 times 100
        voices.Count(voice => voice.Language == "en-us").ShouldBeGreaterThan(95);
        voices.Count(voice => voice.Language == "en-gb").ShouldBe(5);
        voices.Count(voice => voice.Language == "de").ShouldBe(1);
        voices
            .Single(voice => voice.Id == "espeak-en-us-alicia")
            .ShouldSatisfyAllConditions(
                voice => voice.Gender.ShouldBe(VoiceGender.Female),
                voice => voice.EngineName.ShouldBe("gmw/en-US+Alicia")
            );
    }

    [Theory]
    [InlineData("espeak-fr-fr-alicia", "roa/fr+Alicia", "Bonjour à tous.")]
    [InlineData("espeak-de-m7", "gmw/de+m7", "Guten Tag.")]
    [InlineData("espeak-en-us-mr-serious", "gmw/en-US+Mr serious", "Good day.")]
    [InlineData("espeak-pt-br-f2", "roa/pt-BR+f2", "Bom dia.")]
    public async Task Any_language_speaks_in_any_timbre_by_its_id(string id, string engineName, string text)
    {
        var listed = (await Espeak.InspectAsync(Token)).Voices.FirstOrDefault(voice => voice.Id == id);
        var voice = (listed ?? Espeak.FindUnlisted(id)).ShouldNotBeNull();
        voice.Id.ShouldBe(id);
        voice.EngineName.ShouldBe(engineName);
        var request = new SpeechRequest(text, voice.EngineName);
        var audio = await Espeak.SpeakAsync(request, Token);
        SpeechCheck.Inspect(audio, text).ShouldBeNull();
        var plain = await Espeak.SpeakAsync(request with { Voice = engineName.Split('+')[0] }, Token);
        audio.Samples.ToArray().ShouldNotBe(plain.Samples.ToArray());
    }

    [Theory]
    [InlineData("espeak-de-nobody")]
    [InlineData("espeak-xx-f2")]
    [InlineData("espeak-f2")]
    [InlineData("espeak")]
    [InlineData("")]
    public async Task What_is_no_language_with_a_timbre_is_no_voice(string id)
    {
        await Espeak.InspectAsync(Token);
        Espeak.FindUnlisted(id).ShouldBeNull();
    }

    // The program's own --ipa says how it will speak; it must be the same for its spelling and for our rendering of its IPA.
    [Theory]
    [InlineData("father")]
    [InlineData("bird")]
    [InlineData("thought")]
    [InlineData("goose")]
    [InlineData("choice")]
    [InlineData("mouth")]
    [InlineData("church")]
    [InlineData("judge")]
    [InlineData("vision")]
    [InlineData("singing")]
    [InlineData("yellow")]
    [InlineData("butcher")]
    [InlineData("understand")]
    [InlineData("thither")]
    [InlineData("zebra")]
    [InlineData("shepherd")]
    public async Task A_pronunciation_is_spoken_as_espeak_itself_writes_it(string word)
    {
        var ipa = await IpaAsync(word);
        var rendered = EspeakPhonemes.Render(ipa).ShouldNotBeNull();
        // A schwa with an r, and long vowels before consonants, have two spellings each of the same sound.
        Same(await IpaAsync(rendered)).ShouldBe(Same(ipa));
    }

    [Fact]
    public async Task Only_English_voices_take_English_phonemes()
    {
        var marked = $"tomato {Pronunciation.Mark("tomato", "ˈkwiːkwɛɡ")}";
        await DiffersFromPlainAsync("gmw/en-US", marked, differs: true);
        await DiffersFromPlainAsync("gmw/en-GB-scotland+f2", marked, differs: true);
        await DiffersFromPlainAsync("gmw/de", marked, differs: false);
        await DiffersFromPlainAsync("gmw/en-US", $"tomato {Pronunciation.Mark("tomato", "ʈø")}", differs: false);
        Espeak.Limits.TakesIpaIn("en-GB").ShouldBeTrue();
        Espeak.Limits.TakesIpaIn("de").ShouldBeFalse();
    }

    private static async Task DiffersFromPlainAsync(string voice, string marked, bool differs)
    {
        var said = await Espeak.SpeakAsync(new SpeechRequest(marked, voice), Token);
        var plain = await Espeak.SpeakAsync(new SpeechRequest(Pronunciation.Strip(marked), voice), Token);
        said.Samples.Span.SequenceEqual(plain.Samples.Span).ShouldBe(!differs);
    }

    private static async Task<string> IpaAsync(string text)
    {
        var call = new ProgramCall("espeak-ng", "-v", "gmw/en-US", "-q", "--ipa", text);
        return Encoding.UTF8.GetString((await ExternalProgram.RunAsync(call, Token)).Output.Span).Trim();
    }

    private static string Same(string ipa) =>
        ipa.Replace("ɚ", "ə", StringComparison.Ordinal)
            .Replace("ɜː", "ə", StringComparison.Ordinal)
            .Replace("ː", "", StringComparison.Ordinal)
            .Replace("ɾ", "t", StringComparison.Ordinal);
}
