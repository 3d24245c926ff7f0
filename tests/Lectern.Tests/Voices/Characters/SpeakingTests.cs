using System.Net;
using System.Text.Json.Nodes;
using Lectern.Providers;
using Lectern.SharedKernel.Media;
using Lectern.Tests.Http;
using Lectern.Voices.Characters.Speaking;
using Lectern.Voices.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Voices.Characters;

/// <summary>How characters speak, with flite for those without a clone, and a clone that the test plays.</summary>
public sealed class SpeakingTests : IAsyncLifetime
{
    private readonly FakeCloner _cloner = new("elevenlabs", keepsVoices: true) { NeedsKey = false };
    private readonly FakeEngine _clones = new("elevenlabs") { Limits = new EngineLimits(1) { IsRemote = true } };
    private readonly FakeCloner _imitator = new("f5tts", keepsVoices: false);
    private readonly FakeEngine _imitations = new("f5tts") { Limits = new EngineLimits(1) { IsRemote = true } };
    private CharactersHost _host = null!;
    private Dweller _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await CharactersHost.StartAsync([_cloner, _imitator], [_clones, _imitations]);
        _jane = await _host.SignUpAsync();
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("slt", "male", "flite-")] // a woman's sample, spoken by a man: far to go
    [InlineData("slt", "female", "flite-slt")]
    [InlineData("rms", "neutral", "flite-")]
    public async Task Without_a_clone_a_voice_of_the_catalogue_is_moved_to_the_samples_pitch(
        string sample,
        string gender,
        string by
    )
    {
        var id = await _jane.MakeAsync(sample, null, ("gender", gender));
        var character = await _jane.CharacterAsync(id);
        var voice = character["voice"]!;

        var heard = await PreviewAsync(id);

        ((string)voice["way"]!).ShouldBe("shifted");
        ((string)voice["provider"]!).ShouldBe("flite");
        ((string)voice["basedOn"]!).ShouldStartWith(by);
        ((string)voice["label"]!).ShouldStartWith("Not a clone: ");
        var target = (double)character["sample"]!["pitch"]!["median"]!;
        Pitch.Measure(heard).ShouldNotBeNull().Median.ShouldBe(target, target * 0.08);
    }

    [Fact]
    public async Task The_nearest_voice_of_language_and_gender_stands_in()
    {
        var bases = _host.Api.Services.GetRequiredService<BaseVoices>();

        (await NearestAsync("neutral", 210)).ShouldBe("flite-slt");
        (await NearestAsync("female", 90)).ShouldBe("flite-slt"); // the only woman
        var man = await NearestAsync("male", 210);
        man.ShouldNotBe("flite-slt");
        (await NearestAsync("neutral", 60)).ShouldNotBe("flite-slt");
        (await bases.NearestAsync("fi", "neutral", null, Cancel)).ShouldBeNull(); // flite speaks English only
        bases.Candidates("en", "neutral").Select(voice => voice.Voice.Id).ShouldNotContain("flite-kal"); // telephone

        async Task<string> NearestAsync(string gender, double hertz) =>
            (await bases.NearestAsync("en", gender, new PitchRange(hertz, hertz, hertz), Cancel))!.Voice.Voice.Id;
    }

    [Fact]
    public async Task A_language_that_nothing_speaks_is_said_to_be_mute()
    {
        var id = await _jane.MakeAsync("slt", null, ("language", "fi"));

        var voice = (await _jane.CharacterAsync(id))["voice"]!;
        voice["basedOn"].ShouldBeNull();
        voice["provider"].ShouldBeNull();
        ((string)voice["label"]!).ShouldBe(ShiftedVoice.Mute);
        (await (await _jane.GetAsync($"/characters/{id}/preview")).RefusalAsync()).ShouldBe("503 voice-unavailable");
    }

    [Fact]
    public async Task A_clone_is_heard_from_its_provider_once_however_its_parameters_change()
    {
        var asked = new List<SpeechRequest>();
        _clones.Speak = request =>
        {
            asked.Add(request);
            return Task.FromResult(FakeEngine.Tone());
        };
        var id = await MakeClonedAsync();

        for (var i = 0; i < 3; i++)
            (await PreviewAsync(id)).Duration.ShouldBe(FakeEngine.Tone().Duration);
        await _jane.SendJsonAsync(HttpMethod.Patch, $"/characters/{id}", new { parameters = new { steps = 8 } });
        await PreviewAsync(id);

        asked.ShouldHaveSingleItem().Voice.ShouldBe(_cloner.Voices.Single().Key);
    }

    [Fact]
    public async Task An_imitator_is_given_the_sample_and_the_parameters()
    {
        (_cloner.NeedsKey, _imitator.NeedsKey) = (true, false);
        await _host.RefreshAsync();
        SpeechRequest? asked = null;
        _imitations.Speak = request =>
        {
            asked = request;
            return Task.FromResult(FakeEngine.Tone());
        };
        var id = await _jane.MakeAsync(
            "slt",
            null,
            ("steps", "16"),
            ("crossFade", "0.5"),
            ("removeSilences", "false"),
            ("consentStatement", "My own."),
            ("consentBy", "self")
        );
        await UntilAsync(id, "reference");

        await PreviewAsync(id);

        var reference = asked.ShouldNotBeNull().Reference.ShouldNotBeNull();
        reference.Audio.Rate.ShouldBe(24_000);
        reference.Audio.Duration.TotalSeconds.ShouldBe(5, 0.01);
        (reference.Steps, reference.CrossFadeSeconds, reference.RemoveSilences).ShouldBe((16, 0.5, false));
    }

    [Fact]
    public async Task What_changes_the_sound_changes_the_version_and_nothing_else_does()
    {
        var id = await _jane.MakeAsync();
        var first = await VersionAsync(id);

        await ChangeAsync(new { name = "Beth", visibility = "public" });
        (await VersionAsync(id)).ShouldBe(first);
        await ChangeAsync(new { parameters = new { speed = 1.2 } });
        var faster = await VersionAsync(id);
        faster.ShouldNotBe(first);
        await ChangeAsync(new { parameters = new { speed = 1 } });
        (await VersionAsync(id)).ShouldBe(first);
        (await VersionAsync(await _jane.MakeAsync("rms"))).ShouldNotBe(first);
        (await VersionAsync(await MakeClonedAsync())).ShouldNotBe(first);

        Task ChangeAsync(object body) => _jane.SendJsonAsync(HttpMethod.Patch, $"/characters/{id}", body);
    }

    [Theory]
    [InlineData("flite-slt")]
    [InlineData("character-")]
    [InlineData("character-x")]
    [InlineData("character-01jbrc2ahvfh68wqz0e60r18x5")]
    public async Task What_is_no_character_is_not_found(string voice) =>
        (await Voices.FindAsync(_jane.Workspace, voice, Cancel)).ShouldBeNull();

    [Fact]
    public async Task Nobody_speaks_as_somebody_elses_private_character()
    {
        var id = (await _jane.MakeAsync()).Replace('_', '-');
        var john = await _host.SignUpAsync();

        (await Voices.FindAsync(john.Workspace, id, Cancel)).ShouldBeNull();
        var own = (await Voices.FindAsync(_jane.Workspace, id, Cancel)).ShouldNotBeNull();
        own.Id.ShouldBe(id);
        own.Name.ShouldBe("Anne");
    }

    private CharacterVoices Voices => _host.Api.Services.GetRequiredService<CharacterVoices>();

    private async Task<string> MakeClonedAsync()
    {
        var id = await _jane.MakeAsync("slt", null, ("consentStatement", "My own."), ("consentBy", "self"));
        await UntilAsync(id, "cloned");
        return id;
    }

    private Task<JsonNode> UntilAsync(string id, string way) =>
        Eventually.IsAsync(
            () => _jane.CharacterAsync(id),
            character => (string?)character["voice"]!["way"] == way,
            $"the voice is {way}"
        );

    private async Task<string> VersionAsync(string id) =>
        (await Voices.FindAsync(_jane.Workspace, id.Replace('_', '-'), Cancel)).ShouldNotBeNull().Version;

    private async Task<Pcm> PreviewAsync(string id)
    {
        using var answer = await _jane.GetAsync($"/characters/{id}/preview");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancel));
        answer.Content.Headers.ContentType!.ToString().ShouldBe("audio/wav");
        return Wav.Read(await answer.Content.ReadAsByteArrayAsync(Cancel)).Audio.ShouldNotBeNull();
    }
}
