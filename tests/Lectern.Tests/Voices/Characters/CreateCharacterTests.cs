using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Lectern.SharedKernel.Media;
using Lectern.Tests.Accounts.Profile;
using Lectern.Tests.Http;

namespace Lectern.Tests.Voices.Characters;

/// <summary>Over HTTP with a real Postgres, the real ffmpeg and flite's real voices.</summary>
public sealed class CreateCharacterTests : IAsyncLifetime
{
    private CharactersHost _host = null!;
    private Dweller _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await CharactersHost.StartAsync();
        _jane = await _host.SignUpAsync();
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_sample_and_images_become_a_character()
    {
        var images = new Dictionary<string, byte[]>
        {
            ["image"] = Pictures.Png(1600, 800, comment: "51.5014 N"),
            ["image-happy"] = await Pictures.AsAsync(Pictures.Png(100, 300), "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"),
        };

        using var made = await _jane.PostAsync(
            await Recordings.WavAsync("slt", 11),
            images,
            null,
            ("name", " Anne "),
            ("description", "Reads quietly."),
            ("language", "en-GB"),
            ("gender", "female"),
            ("speed", "1.25"),
            ("steps", "16"),
            ("crossFade", "0.3"),
            ("removeSilences", "false")
        );

        made.StatusCode.ShouldBe(HttpStatusCode.Created, await made.Content.ReadAsStringAsync(Cancel));
        var answer = await made.JsonAsync();
        var id = (string)answer["id"]!;
        made.Headers.Location!.ToString().ShouldBe($"/api/v1/characters/{id}");
        ((string)answer["voiceId"]!).ShouldBe(id.Replace('_', '-'));
        var character = await _jane.CharacterAsync(id);
        ((string)character["name"]!).ShouldBe("Anne");
        ((string)character["description"]!).ShouldBe("Reads quietly.");
        ((string)character["language"]!).ShouldBe("en-GB");
        ((string)character["gender"]!).ShouldBe("female");
        ((string)character["visibility"]!).ShouldBe("private");
        ((bool)character["mine"]!).ShouldBeTrue();
        character["consent"].ShouldBeNull();
        character["parameters"]!
            .ToJsonString()
            .ShouldBe("""{"speed":1.25,"steps":16,"crossFade":0.3,"removeSilences":false}""");
        character["images"]!.AsArray().Select(image => (string)image!["expression"]!).ShouldBe(["happy", "neutral"]);
        var sample = character["sample"]!;
        ((double)sample["durationSeconds"]!).ShouldBe(11, 0.5);
        ((double)sample["pitch"]!["median"]!).ShouldBeInRange(150, 220);
        sample["warnings"]!.AsArray().ShouldBeEmpty();
        JsonNode.DeepEquals(answer["sample"], sample).ShouldBeTrue();

        var whole = await BytesAsync($"/characters/{id}/images/neutral");
        SizeOf(whole).ShouldBe((1024, 512));
        SizeOf(await BytesAsync($"/characters/{id}/images/neutral/thumbnail")).ShouldBe((256, 128));
        SizeOf(await BytesAsync($"/characters/{id}/images/happy")).ShouldBe((100, 300)); // nothing is made larger
        SizeOf(await BytesAsync($"/characters/{id}/images/happy/thumbnail")).ShouldBe((85, 256));
        Encoding.Latin1.GetString(whole).ShouldNotContain("51.5014");
        var stored = Wav.Read(await BytesAsync($"/characters/{id}/sample")).Audio.ShouldNotBeNull();
        stored.Rate.ShouldBe(24_000);
    }

    [Fact]
    public async Task What_is_not_said_has_a_default()
    {
        var id = await _jane.MakeAsync();

        var character = await _jane.CharacterAsync(id);
        character["parameters"]!
            .ToJsonString()
            .ShouldBe("""{"speed":1,"steps":32,"crossFade":0.15,"removeSilences":true}""");
        ((string)character["language"]!).ShouldBe("en");
        ((string)character["gender"]!).ShouldBe("neutral");
        ((int)character["version"]!).ShouldBe(1);
        ((int)character["stars"]!).ShouldBe(0);
        character["images"]!.AsArray().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("name", "")]
    [InlineData("name", "two\nlines")]
    [InlineData("speed", "0.49")]
    [InlineData("speed", "2.01")]
    [InlineData("speed", "NaN")]
    [InlineData("speed", "fast")]
    [InlineData("steps", "3")]
    [InlineData("steps", "65")]
    [InlineData("steps", "8.5")]
    [InlineData("crossFade", "1.1")]
    [InlineData("crossFade", "-0.1")]
    [InlineData("removeSilences", "yes")]
    [InlineData("visibility", "secret")]
    [InlineData("gender", "unknown")]
    [InlineData("language", "english please")]
    [InlineData("consentBy", "self")] // without a statement
    [InlineData("consentStatement", "My own voice.")] // without who
    [InlineData("owner", "me")] // nothing is guessed
    public async Task A_value_that_does_not_fit_is_named(string field, string value)
    {
        using var refused = await _jane.PostAsync(
            await Recordings.WavAsync(),
            null,
            null,
            field == "name" ? [(field, value)] : [("name", "Anne"), (field, value)]
        );

        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
        var errors = (await refused.JsonAsync())["errors"]!.AsArray();
        var at = field switch
        {
            "consentBy" => "consentStatement",
            "consentStatement" => "consentBy",
            _ => field,
        };
        errors.Select(error => (string)error!["pointer"]!).ShouldContain(at);
        _host.Files().ShouldBe(0);
    }

    [Fact]
    public async Task What_is_no_sample_no_image_or_no_form_is_refused_and_leaves_nothing()
    {
        var wav = await Recordings.WavAsync();
        await RefusesAsync("422 invalid-values", null);
        await RefusesAsync("422 sample-not-audio", "not a sound"u8.ToArray());
        await RefusesAsync("422 sample-too-short", await Recordings.WavAsync(seconds: 2));
        await RefusesAsync("422 unusable-image", wav, ("image", "<svg/>"u8.ToArray()));
        await RefusesAsync("422 unusable-image", wav, ("image", Pictures.Png(64, 64)[..200]));
        await RefusesAsync("422 unusable-image", wav, ("image", Pictures.Bomb(30_000, 30_000)));
        await RefusesAsync("413 too-large", wav, ("image", new byte[6 << 20]));
        await RefusesAsync("422 invalid-values", wav, ("image-Happy", Pictures.Png(8, 8)));
        await RefusesAsync("422 invalid-values", wav, ("image-", Pictures.Png(8, 8)));
        await RefusesAsync(
            "400 malformed-request",
            wav,
            ("image", Pictures.Png(8, 8)),
            ("image-neutral", Pictures.Png(8, 8))
        );
        (
            await (await _jane.SendJsonAsync(HttpMethod.Post, "/characters", new { name = "Anne" })).RefusalAsync()
        ).ShouldBe("415 unsupported-media-type");
        _host.Files().ShouldBe(0);
        (await _jane.ListAsync("scope=mine")).ShouldBeEmpty();
    }

    [Fact]
    public async Task With_a_key_the_same_form_makes_one_character()
    {
        var (wav, key) = (await Recordings.WavAsync(), Guid.NewGuid().ToString());

        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 2; i++)
            answers.Add(await _jane.PostAsync(wav, null, key, ("name", "Anne")));
        using var another = await _jane.PostAsync(wav, null, key, ("name", "Beth"));

        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.Created);
        (await answers[0].Content.ReadAsStringAsync(Cancel)).ShouldBe(
            await answers[1].Content.ReadAsStringAsync(Cancel)
        );
        (await another.RefusalAsync()).ShouldBe("422 idempotency-key-reused");
        (await _jane.ListAsync("scope=mine")).Count.ShouldBe(1);
        _host.Files().ShouldBe(1);
    }

    [Fact]
    public async Task Of_twins_at_the_same_time_one_makes_it_and_the_others_leave_no_file()
    {
        var (wav, key) = (await Recordings.WavAsync(), Guid.NewGuid().ToString());

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => _jane.PostAsync(wav, null, key, ("name", "Anne")))
        );

        answers.ShouldAllBe(answer =>
            answer.StatusCode == HttpStatusCode.Created || answer.StatusCode == HttpStatusCode.Conflict
        );
        (await _jane.ListAsync("scope=mine")).Count.ShouldBe(1);
        _host.Files().ShouldBe(1);
    }

    private async Task RefusesAsync(string refusal, byte[]? sample, params (string Part, byte[] Bytes)[] images)
    {
        using var refused = await _jane.PostAsync(
            sample,
            images.ToDictionary(image => image.Part, image => image.Bytes),
            null,
            ("name", "Anne")
        );
        (await refused.RefusalAsync()).ShouldBe(refusal);
    }

    private async Task<byte[]> BytesAsync(string path)
    {
        using var answer = await _jane.GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        return await answer.Content.ReadAsByteArrayAsync(Cancel);
    }

    private static (int Width, int Height) SizeOf(byte[] png) =>
        (
            System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)),
            System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))
        );
}
