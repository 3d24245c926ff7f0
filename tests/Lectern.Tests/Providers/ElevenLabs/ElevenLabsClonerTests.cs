using Lectern.Providers;
using Lectern.Providers.ElevenLabs;
using Lectern.SharedKernel.Media;

namespace Lectern.Tests.Providers.ElevenLabs;

/// <summary>
/// https://elevenlabs.io/docs/api-reference/voices/ivc/create and https://elevenlabs.io/docs/api-reference/voices/delete
/// </summary>
public class ElevenLabsClonerTests : ElevenLabsErrors
{
    protected override string GoodType => "application/json";

    protected override byte[] GoodBody =>
        """{"voice_id":"c38kUX8pkfYO2kHyqfFy","requires_verification":false}"""u8.ToArray();

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        Cloner(vendor).CloneAsync(new CloneRequest("7d1c", ElevenLabsVendor.Sample), context, cancel);

    [Theory]
    [InlineData(true, "true")]
    [InlineData(false, "false")]
    public async Task The_request_is_the_form_that_is_documented(bool removeNoise, string field)
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));
        var voice = await Cloner(vendor.Url)
            .CloneAsync(new CloneRequest("7d1c", ElevenLabsVendor.Sample, removeNoise), Context(), Token);

        voice.ShouldBe("c38kUX8pkfYO2kHyqfFy");
        var request = vendor.Requests.ShouldHaveSingleItem();
        (request.Method + " " + request.Path).ShouldBe("POST /voices/add");
        request.Headers["xi-api-key"].ShouldBe(Key);
        var form = await MultipartForm.ReadAsync(request);
        form.Names.ShouldBe(["name", "remove_background_noise", "files"]);
        form.Text("name").ShouldBe("7d1c");
        form.Text("remove_background_noise").ShouldBe(field);
        form["files"].FileName.ShouldBe("sample.wav");
        form["files"].Body.ShouldBe(Wav.Write(ElevenLabsVendor.Sample));
    }

    [Fact]
    public async Task A_sample_that_is_too_long_is_not_sent()
    {
        await using var vendor = await FakeVendor.StartAsync();
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            Cloner(vendor.Url)
                .CloneAsync(new CloneRequest("x", new Pcm(new short[8_000 * 181], 8_000)), Context(), Token)
        );
        failed.Failure.ShouldBe(ProviderFailure.BadInput);
        vendor.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_voice_is_deleted_by_its_id()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json("""{"status":"ok"}"""));
        await Cloner(vendor.Url).DeleteAsync("c38kUX8pkfYO2kHyqfFy", Context(), Token);
        var request = vendor.Requests.ShouldHaveSingleItem();
        (request.Method + " " + request.Path).ShouldBe("DELETE /voices/c38kUX8pkfYO2kHyqfFy");
        request.Headers["xi-api-key"].ShouldBe(Key);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    public async Task A_voice_that_is_gone_counts_as_deleted(int status)
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Json("""{"detail":{"status":"voice_not_found","message":"There is no voice."}}""", status)
        );
        await Cloner(vendor.Url).DeleteAsync("c38kUX8pkfYO2kHyqfFy", Context(), Token);
        vendor.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(500, "", ProviderFailure.Outage)]
    [InlineData(400, """{"detail":{"status":"something_else"}}""", ProviderFailure.BadInput)]
    [InlineData(401, """{"detail":{"status":"missing_permissions"}}""", ProviderFailure.KeyRefused)]
    public async Task A_voice_that_could_not_be_deleted_is_told(int status, string body, ProviderFailure failure)
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json(body, status));
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            Cloner(vendor.Url).DeleteAsync("c38kUX8pkfYO2kHyqfFy", Context(), Token)
        );
        failed.Failure.ShouldBe(failure);
    }

    private static ElevenLabsCloner Cloner(Uri vendor) => new(ElevenLabsVendor.At(vendor), ElevenLabsVendor.Http);
}
