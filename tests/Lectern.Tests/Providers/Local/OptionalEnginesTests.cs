using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.SharedKernel.Processes;

namespace Lectern.Tests.Providers.Local;

/// <summary>Festival, which the tests install, and RHVoice, which nobody may install but its user.</summary>
public class OptionalEnginesTests
{
    private static readonly LocalEngineOptions Options = new();
    private static readonly FestivalEngine Festival = new(Options);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Yes.")]
    [InlineData("In 1,234,567 cases it was 50% off: $5,000.00 & more.")]
    [InlineData("\u201CWhat is it?\u201D she asked \u2014 and, after a pause: \u2018Nothing\u2019\u2026")]
    [InlineData("(quit)")]
    [InlineData("(system \"touch /tmp/lectern-scheme\") said the sign. \\ \" ' ; #t")]
    [InlineData("Caf\u00e9, na\u00efve, \u00fcber, fa\u00e7ade.")]
    [InlineData("--help")]
    [InlineData("/etc/passwd")]
    public async Task Festival_speaks_a_text_and_evaluates_none_of_it(string text)
    {
        var audio = await Festival.SpeakAsync(new SpeechRequest(text, "cmu_us_slt_arctic_hts"), Token);
        audio.Rate.ShouldBe(32_000);
        SpeechCheck.Inspect(audio, text).ShouldBeNull();
        File.Exists("/tmp/lectern-scheme").ShouldBeFalse();
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.")]
    public async Task What_festival_cannot_say_is_found_out(string text)
    {
        try
        {
            var audio = await Festival.SpeakAsync(new SpeechRequest(text, "cmu_us_slt_arctic_hts"), Token);
            SpeechCheck.Inspect(audio, text + "nothing at all").ShouldNotBeNull();
        }
        catch (ProviderException refused)
        {
            refused.Failure.ShouldBe(ProviderFailure.BadAnswer);
        }
    }

    [Fact]
    public async Task Festival_keeps_the_pace()
    {
        const string text = "It is a truth universally acknowledged, that a single man must be in want of a wife.";
        var request = new SpeechRequest(text, "cmu_us_slt_arctic_hts");
        var natural = await Festival.SpeakAsync(request, Token);
        foreach (var speed in new[] { 0.5, 2 })
        {
            var paced = await Festival.SpeakAsync(request with { Speed = speed }, Token);
            (natural.Duration / paced.Duration).ShouldBe(speed, speed * 0.25);
        }
    }

    [Fact]
    public async Task Engines_that_are_absent_are_listed_with_their_voices_and_what_to_install()
    {
        (await Festival.InspectAsync(Token)).IsAvailable.ShouldBeTrue();
        var nowhere = new LocalEngineOptions { FestivalPath = "/nowhere/festival", RhVoicePath = "/nowhere/RHVoice" };
        var festival = await new FestivalEngine(nowhere).InspectAsync(Token);
        festival.Unavailable.ShouldNotBeNull().ShouldContain("apt-get install festival festvox-us-slt-hts");
        festival.Voices.Single().Id.ShouldBe("festival-slt");
        var rhvoice = await new RhVoiceEngine(nowhere).InspectAsync(Token);
        rhvoice.Unavailable.ShouldNotBeNull().ShouldContain("non-free");
        rhvoice.Voices.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Only_voices_of_RHVoice_with_permissive_terms_are_offered_and_only_when_they_are_there()
    {
        using var folder = new PrivateDirectory();
        foreach (var voice in new[] { "SLT", "alan", "evgeniy-eng", "lyubov" })
            Directory.CreateDirectory(folder.File(Path.Combine("voices", voice)));
        // Any program that says its version can stand in where nothing is spoken.
        var options = new LocalEngineOptions { RhVoicePath = Options.FlitePath, RhVoiceFolder = folder.Path };
        var engine = new RhVoiceEngine(options);
        (await engine.InspectAsync(Token)).Voices.Select(v => v.Id).ShouldBe(["rhvoice-slt", "rhvoice-alan"]);
        foreach (var name in new[] { "lyubov", "evgeniy-eng", "../slt" })
            (
                await Should.ThrowAsync<ProviderException>(() =>
                    engine.SpeakAsync(new SpeechRequest("Hi.", name), Token)
                )
            ).Failure.ShouldBe(ProviderFailure.BadInput);
    }

    [Fact]
    public async Task RHVoice_speaks_where_it_is_installed()
    {
        var engine = new RhVoiceEngine(Options);
        var found = await engine.InspectAsync(Token);
        Assert.SkipUnless(found.IsAvailable, "RHVoice is not installed: it is non-free, so we don't install it.");
        const string text = "It is a truth universally acknowledged.";
        foreach (var voice in found.Voices)
            SpeechCheck
                .Inspect(await engine.SpeakAsync(new SpeechRequest(text, voice.EngineName), Token), text)
                .ShouldBeNull();
    }
}
