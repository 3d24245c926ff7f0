using Lectern.Providers;
using Lectern.Providers.Local;

namespace Lectern.Tests.Providers.Local;

public class FlitePhonesTests
{
    private static readonly FliteEngine Flite = new(new LocalEngineOptions());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_phone_has_its_time_and_the_audio_is_the_same_as_without()
    {
        const string text = "Hello there, world. It is 1999.";
        var timed = await SpeakAsync(text, timings: true);
        var plain = await SpeakAsync(text, timings: false);

        timed.Audio.Samples.ToArray().ShouldBe(plain.Audio.Samples.ToArray());
        plain.Phones.ShouldBeEmpty();
        timed.Words.ShouldBeEmpty();
        Sounds(timed).ShouldStartWith("hh ax l ow dh eh r w er l d ");
        timed.Phones[0].Start.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(50)); // it begins with a pause
        timed.Phones.ShouldAllBe(phone => phone.Start < phone.End && phone.End <= timed.Audio.Duration);
        timed.Phones.Zip(timed.Phones.Skip(1)).ShouldAllBe(pair => pair.First.End <= pair.Second.Start);
    }

    // What flite says of its own speech is what shows that it took the pronunciation.
    [Theory]
    [InlineData("Queequeg", "ˈkwiːkwɛɡ", "k w iy k w eh g")]
    [InlineData("Goethe", "ˈɡɜːtə", "g er t ax")]
    [InlineData("Siobhan", "ʃɪˈvɔːn", "sh ih v ao n")]
    [InlineData("Eyjafjallajökull", "/ˈeɪjəˌfjætləˌjoʊkʊl/", "ey y ax f y ae t l ax y ow k uh l")]
    [InlineData("choir of thieves", "kwaɪə ɒv θiːvz", "k w ay ax aa v th iy v z")]
    [InlineData("loch", "lɒx", "l aa k")]
    [InlineData("judge", "d͡ʒʌd͡ʒ", "jh ah jh")]
    public async Task A_pronunciation_is_spoken(string word, string ipa, string phones)
    {
        var text = $"Say {Pronunciation.Mark(word, ipa)}, now.";
        var speech = await SpeakAsync(text, timings: true);
        Sounds(speech).ShouldBe($"s ey {phones} n aw");
        // It is the audio too, not only the list.
        (await SpeakAsync(text, timings: false)).Audio.Samples.Length.ShouldBe(speech.Audio.Samples.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ˈ")]
    [InlineData("ˌ")]
    public async Task Flite_knows_every_sound_with_any_stress(string stress)
    {
        const string vowels = "ɑ æ ʌ ɔ aʊ ə aɪ ɛ ɜː eɪ ɪ i oʊ ɔɪ ʊ u ɒ";
        const string consonants = "p b t d k ɡ f v θ ð s z ʃ ʒ h m n ŋ l r j w tʃ dʒ x";
        string[] vowel = vowels.Split(' ');
        var ipa = string.Concat(consonants.Split(' ').Select((c, i) => stress + c + vowel[i % vowel.Length]));
        var speech = await SpeakAsync(Pronunciation.Mark("all", ipa), timings: true);
        var schwa = stress.Length == 0 ? "ax" : "ah"; // it has none with a stress
        Sounds(speech)
            .ShouldBe(
                $"p aa b ae t ah d ao k aw g {schwa} f ay v eh th er dh ey s ih z iy sh ow zh oy hh uh m uw n aa "
                    + $"ng aa l ae r ah y ao w aw ch {schwa} jh ay k eh"
            );
    }

    [Fact]
    public async Task Several_pronunciations_stay_apart_and_a_possessive_stays_on()
    {
        var text = $"{Pronunciation.Mark("A", "ɡɑː")}'s and {Pronunciation.Mark("B", "nuː")}.";
        Sounds(await SpeakAsync(text, timings: true)).ShouldBe("g aa z ae n d n uw");
    }

    [Theory]
    [InlineData("y")] // French "tu"
    [InlineData("ʈa")]
    [InlineData("")]
    [InlineData("tʃ")] // nobody can say that alone
    [InlineData("a) (quit)")]
    public async Task A_pronunciation_that_is_not_English_leaves_the_word(string ipa) =>
        Sounds(await SpeakAsync($"Say {Pronunciation.Mark("tomato", ipa)}.", timings: true))
            .ShouldBe("s ey t ax m ey t ow");

    [Fact]
    public void Every_sound_of_English_is_in_each_engines_alphabet_and_none_is_read_as_another()
    {
        EnglishIpa
            .Parse("ˈtʃɪldrən")
            .ShouldNotBeNull()
            .Select(p => p.Sound)
            .ShouldBe(["ch", "ih", "l", "d", "r", "ax", "n"]);
        EnglishIpa.Parse("ˈtʃɪldrən")![1].Stress.ShouldBe(Stress.Primary);
        EspeakPhonemes.Render("ˈbʊtʃər").ShouldBe("[[b|'U|tS|@|r]]");
        EspeakPhonemes.Render("kætʃ ʌp").ShouldBe("[[k|a|tS||V|p]]");
    }

    private static Task<Speech> SpeakAsync(string text, bool timings) =>
        Flite.SynthesizeAsync(
            new SpeechRequest(text, "slt") { WantsTimings = timings },
            CallContext.WithoutKey(Guid.NewGuid()),
            Token
        );

    private static string Sounds(Speech speech) => string.Join(' ', speech.Phones.Select(phone => phone.Text));
}
