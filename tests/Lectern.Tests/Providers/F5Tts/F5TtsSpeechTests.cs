using System.Text.Json.Nodes;
using Lectern.Providers;
using Lectern.Providers.F5Tts;
using Lectern.SharedKernel.Media;
using Lectern.Tests.Jobs.Audio;

namespace Lectern.Tests.Providers.F5Tts;

public class F5TtsSpeechTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_requests_are_those_that_are_documented()
    {
        await using var app = await FakeVendor.StartAsync(GradioApp.Answer());
        var request = new SpeechRequest($"Say {Pronunciation.Mark("Crete", "kriːt")}.", "any", 1.25)
        {
            Reference = GradioApp.Reference with { Steps = 16, CrossFadeSeconds = 0.2, RemoveSilences = false },
        };

        var audio = await GradioApp.Engine(app.Url).SpeakAsync(request, Token);

        audio.Rate.ShouldBe(24_000);
        audio.Duration.TotalSeconds.ShouldBe(1.5, 0.001);
        app.Requests.Select(r => r.Method + " " + r.Path)
            .ShouldBe([
                "POST /gradio_api/upload",
                "POST /gradio_api/call/basic_tts",
                "GET /gradio_api/call/basic_tts/fd5ffa4f0bd04bf4a32f0b59a8e9b3a1",
                "GET /gradio_api/file=/tmp/gradio/9f%208e/audio.wav",
            ]);
        var form = await MultipartForm.ReadAsync(app.Requests[0]);
        form.Names.ShouldBe(["files"]);
        form["files"].Body.ShouldBe(Wav.Write(GradioApp.Reference.Audio));
        // ref_audio, ref_text, gen_text, remove_silence, randomize_seed, seed, cross_fade_duration, nfe, speed
        app.Requests[1]
            .Text.ShouldBe(
                """{"data":[{"path":"/tmp/gradio/0a1b2c/reference.wav","meta":{"_type":"gradio.FileData"}},"Some call me nature.","Say Crete.",false,true,0,0.2,16,1.25]}"""
            );
    }

    [Fact]
    public async Task A_reference_that_the_app_would_cut_goes_without_its_words()
    {
        await using var app = await FakeVendor.StartAsync(GradioApp.Answer());
        var reference = new VoiceReference(Sound.Tone(15, 8_000, 16_000), "More than twelve seconds.");

        await GradioApp.Engine(app.Url).SpeakAsync(new SpeechRequest("Hi.", "any") { Reference = reference }, Token);

        var form = await MultipartForm.ReadAsync(app.Requests[0]);
        Wav.Read(form["files"].Body).Audio!.Duration.TotalSeconds.ShouldBe(12, 0.001);
        ((string?)JsonNode.Parse(app.Requests[1].Text)!["data"]![1]).ShouldBe("");
    }

    [Theory]
    [InlineData(1, 7.0, 4, 1.0)]
    [InlineData(500, -1.0, 64, 0.0)]
    public async Task Settings_stay_within_the_apps_sliders(int steps, double crossFade, int nfe, double seconds)
    {
        await using var app = await FakeVendor.StartAsync(GradioApp.Answer());
        var reference = GradioApp.Reference with { Steps = steps, CrossFadeSeconds = crossFade };
        await GradioApp.Engine(app.Url).SpeakAsync(new SpeechRequest("Hi.", "any") { Reference = reference }, Token);
        var data = JsonNode.Parse(app.Requests[1].Text)!["data"]!;
        ((double)data[6]!).ShouldBe(seconds);
        ((int)data[7]!).ShouldBe(nfe);
    }

    [Fact]
    public async Task Without_a_reference_nothing_is_asked()
    {
        await using var app = await FakeVendor.StartAsync();
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            GradioApp.Engine(app.Url).SpeakAsync(new SpeechRequest("Hi.", "any"), Token)
        );
        failed.Failure.ShouldBe(ProviderFailure.BadInput);
        app.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_an_address_it_says_what_to_do()
    {
        var engine = GradioApp.Engine(null);
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            engine.SpeakAsync(new SpeechRequest("Hi.", "any") { Reference = GradioApp.Reference }, Token)
        );
        failed.Failure.ShouldBe(ProviderFailure.Outage);
        (await engine.InspectAsync(Token)).Unavailable!.ShouldContain("Lectern__Providers__F5TtsUrl");
    }

    // https://www.gradio.app/docs/python-client/client#client-view_api, whose source is gradio_api/info
    [Fact]
    public async Task An_app_with_the_known_parameters_is_available()
    {
        await using var app = await FakeVendor.StartAsync(Info(9));
        var inspection = await GradioApp.Engine(app.Url).InspectAsync(Token);
        (inspection.Unavailable, inspection.Version, inspection.Voices.Count).ShouldBe((null, "f5-tts", 0));
        app.Requests.ShouldHaveSingleItem().Path.ShouldBe("/gradio_api/info");
    }

    [Theory]
    [InlineData(7)] // before F5-TTS 1.1 there was no seed
    [InlineData(-1)]
    public async Task Another_app_is_not(int parameters)
    {
        await using var app = await FakeVendor.StartAsync(
            parameters < 0 ? Answers.Html("<html></html>") : Info(parameters)
        );
        var inspection = await GradioApp.Engine(app.Url).InspectAsync(Token);
        inspection.Unavailable!.ShouldContain("f5-tts_infer-gradio");
    }

    [Fact]
    public async Task A_server_that_is_off_says_what_to_do()
    {
        Uri nobody;
        await using (var gone = await FakeVendor.StartAsync())
            nobody = gone.Url;
        var inspection = await GradioApp.Engine(nobody).InspectAsync(Token);
        inspection.Unavailable!.ShouldContain("Check that f5-tts_infer-gradio runs");
    }

    [Fact]
    public async Task A_clone_is_nothing_that_is_kept()
    {
        await using var app = await FakeVendor.StartAsync(Info(9));
        var cloner = new F5TtsCloner(new ProviderSettings { F5TtsUrl = app.Url }, GradioApp.Http);
        var context = CallContext.WithoutKey(Guid.NewGuid());

        cloner.KeepsVoices.ShouldBeFalse();
        (await cloner.CloneAsync(new CloneRequest("x", GradioApp.Reference.Audio), context, Token)).ShouldBe("f5tts");
        await cloner.DeleteAsync("f5tts", context, Token);
        app.Requests.ShouldBeEmpty();
        (await cloner.InspectAsync(null, Token)).IsAvailable.ShouldBeTrue();
    }

    private static Microsoft.AspNetCore.Http.RequestDelegate Info(int parameters) =>
        Answers.Json(
            new JsonObject
            {
                ["named_endpoints"] = new JsonObject
                {
                    ["/basic_tts"] = new JsonObject
                    {
                        ["parameters"] = new JsonArray([
                            .. Enumerable.Range(0, parameters).Select(_ => (JsonNode)new JsonObject()),
                        ]),
                        ["returns"] = new JsonArray(),
                    },
                },
                ["unnamed_endpoints"] = new JsonObject(),
            }.ToJsonString()
        );
}
