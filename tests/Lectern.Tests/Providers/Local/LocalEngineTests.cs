using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.Voices.Contracts;

namespace Lectern.Tests.Providers.Local;

public class LocalEngineTests
{
    private static readonly LocalEngineOptions Options = new();

    public static TheoryData<string> Texts =>
        [
            "Yes.",
            "No",
            "I.",
            "A very short sentence.",
            "1999",
            "In 1,234,567 cases it was 50% off: $5,000.00 & more.",
            "Call 0123456789 or 555-1234-5678 at 10:45 p.m.",
            "The BBC, NASA and the UN met at the HQ of IBM in the USA.",
            "\u201CWhat is it?\u201D she asked \u2014 and, after a pause: \u2018Nothing\u2019\u2026",
            "-voice kal -o /tmp/out.wav",
            "--help",
            "/etc/passwd",
            "passwd",
            "- dash; 'single' \"double\" `back` $HOME $(id) \\n <b>bold</b> &amp; | > file",
            "Wait... what?! Really?!! No -- never.",
            "[[h@l'oU]] said the sign.",
            "Caf\u00e9, na\u00efve, \u00fcber, fa\u00e7ade.",
            "supercalifragilisticexpialidocious antidisestablishmentarianism",
            "one\ttwo\nthree\u0001four\u0000five",
            Prose[..300],
            Prose,
        ];

    private const string Prose =
        "Sir Walter Elliot, of Kellynch Hall, in Somersetshire, was a man who, for his own amusement, never took up any "
        + "book but the Baronetage; there he found occupation for an idle hour, and consolation in a distressed one; there "
        + "his faculties were roused into admiration and respect, by contemplating the limited remnant of the earliest "
        + "patents; there any unwelcome sensations, arising from domestic affairs changed naturally into pity and contempt "
        + "as he turned over the almost endless creations of the last century.";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Flite_speaks_any_text_and_the_check_accepts_it(string text)
    {
        var flite = new FliteEngine(Options);
        foreach (var voice in new[] { "slt", "rms", "awb", "kal", "kal16" })
        {
            var audio = await flite.SpeakAsync(new SpeechRequest(text, voice), Token);
            SpeechCheck.Inspect(audio, text).ShouldBeNull($"{voice}: {text}");
        }
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Espeak_speaks_any_text_and_the_check_accepts_it(string text)
    {
        var espeak = new EspeakNgEngine(Options);
        foreach (var voice in new[] { "gmw/en-US", "gmw/en+f2" })
        {
            var audio = await espeak.SpeakAsync(new SpeechRequest(text, voice), Token);
            SpeechCheck.Inspect(audio, text).ShouldBeNull($"{voice}: {text}");
        }
    }

    [Theory]
    [InlineData(
        "roa/fr",
        "Longtemps, je me suis couché de bonne heure. Parfois, à peine ma bougie éteinte, mes yeux se fermaient."
    )]
    [InlineData(
        "gmw/de",
        "Als Gregor Samsa eines Morgens aus unruhigen Träumen erwachte, fand er sich in seinem Bett."
    )]
    [InlineData(
        "zle/ru",
        "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему."
    )]
    [InlineData("sit/cmn", "道可道，非常道。名可名，非常名。无名天地之始；有名万物之母。")]
    [InlineData("jpx/ja", "わがはいはねこである。なまえはまだない。")]
    [InlineData("ko", "죽는 날까지 하늘을 우러러 한 점 부끄럼이 없기를.")]
    [InlineData("sem/ar", "كان يا ما كان في قديم الزمان ملك عادل.")]
    [InlineData("inc/hi", "एक समय की बात है, एक गाँव में एक किसान रहता था।")]
    [InlineData("tai/th", "กาลครั้งหนึ่งนานมาแล้ว มีชาวนาคนหนึ่ง")]
    [InlineData("sem/am", "ሰላም ለሁላችሁ፤ እንዴት ናችሁ?")]
    public async Task Other_languages_and_scripts_pass_the_check(string voice, string text)
    {
        var audio = await new EspeakNgEngine(Options).SpeakAsync(new SpeechRequest(text, voice), Token);
        SpeechCheck.Inspect(audio, text).ShouldBeNull();
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(2)]
    public async Task The_pace_is_kept_and_known_to_the_check(double speed)
    {
        foreach (var (engine, voice) in Engines())
        {
            var natural = await engine.SpeakAsync(new SpeechRequest(Prose, voice), Token);
            var paced = await engine.SpeakAsync(new SpeechRequest(Prose, voice, speed), Token);
            (natural.Duration / paced.Duration).ShouldBe(speed, speed * 0.25);
            SpeechCheck.Inspect(paced, Prose, speed).ShouldBeNull();
        }
    }

    [Fact]
    public async Task Voices_are_listed_with_unique_ids_and_the_rate_that_they_speak_at()
    {
        foreach (var (engine, _) in Engines())
        {
            var inspection = await engine.InspectAsync(Token);
            inspection.Unavailable.ShouldBeNull();
            inspection.Version!.ShouldStartWith(engine.Name);
            inspection.Voices.Select(voice => voice.Id).ShouldBeUnique();
            inspection.Voices.ShouldAllBe(voice => VoiceCatalogue.EngineOf(voice.Id) == engine.Name);
            foreach (var voice in inspection.Voices.Where(voice => voice.Language.StartsWith("en")))
                (await engine.SpeakAsync(new SpeechRequest("One, two.", voice.EngineName), Token)).Rate.ShouldBe(
                    voice.SampleRate
                );
        }
        (await new FliteEngine(Options).InspectAsync(Token)).Voices.Count.ShouldBe(5);
        (await new EspeakNgEngine(Options).InspectAsync(Token)).Languages.Count().ShouldBeGreaterThan(100);
    }

    [Fact]
    public async Task An_engine_that_is_not_installed_says_so_and_what_to_do()
    {
        var nowhere = new LocalEngineOptions { FlitePath = "/nowhere/flite", EspeakNgPath = "/nowhere/espeak-ng" };
        foreach (var engine in new ISpeechEngine[] { new FliteEngine(nowhere), new EspeakNgEngine(nowhere) })
        {
            var inspection = await engine.InspectAsync(Token);
            inspection.IsAvailable.ShouldBeFalse();
            inspection.Unavailable!.ShouldContain("apt-get install");
        }
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            new FliteEngine(nowhere).SpeakAsync(new SpeechRequest("Hi.", "slt"), Token)
        );
        failed.Failure.ShouldBe(ProviderFailure.Outage);
        failed.IsTransient.ShouldBeTrue();
    }

    [Theory]
    [InlineData("nosuch")]
    [InlineData("../../../etc/passwd")]
    [InlineData("-w/tmp/x")]
    public async Task An_unknown_voice_is_no_audio(string voice)
    {
        foreach (var (engine, _) in Engines())
            (
                await Should.ThrowAsync<ProviderException>(() =>
                    engine.SpeakAsync(new SpeechRequest("Hi.", voice), Token)
                )
            ).Message.ShouldContain("voice");
    }

    [Fact]
    public async Task A_text_beyond_the_limit_is_refused_before_the_engine_runs()
    {
        foreach (var (engine, voice) in Engines())
        {
            var request = new SpeechRequest(new string('a', engine.Limits.MaxCharacters!.Value + 1), voice);
            var failed = await Should.ThrowAsync<ProviderException>(() => engine.SpeakAsync(request, Token));
            failed.Failure.ShouldBe(ProviderFailure.BadInput);
            failed.IsTransient.ShouldBeFalse();
        }
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public void Every_failure_has_a_remedy(ProviderFailure failure) =>
        new ProviderException("x", failure, "y").Remedy.ShouldEndWith(".");

    public static TheoryData<ProviderFailure> Failures => [.. Enum.GetValues<ProviderFailure>()];

    private static (ISpeechEngine Engine, string Voice)[] Engines() =>
        [(new FliteEngine(Options), "slt"), (new EspeakNgEngine(Options), "gmw/en-US")];
}
