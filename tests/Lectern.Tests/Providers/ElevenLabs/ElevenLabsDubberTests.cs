using Lectern.Providers;
using Lectern.Providers.ElevenLabs;

namespace Lectern.Tests.Providers.ElevenLabs;

/// <summary>https://elevenlabs.io/docs/api-reference/dubbing/create</summary>
public class ElevenLabsDubberStartTests : ElevenLabsErrors
{
    protected override string GoodType => "application/json";

    protected override byte[] GoodBody =>
        """{"dubbing_id":"21m00Tcm4TlvDq8ikWAM","expected_duration_sec":127.5}"""u8.ToArray();

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        Dubber(vendor).StartAsync(Recording("x.mp3"), context, cancel);

    [Fact]
    public async Task The_request_is_the_form_that_is_documented_and_names_nobody()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));
        var context = Context();
        var work = await Dubber(vendor.Url)
            .StartAsync(
                Recording("Grandma Jane's letters.MP3") with
                {
                    From = "en-US",
                    To = "pt-BR",
                    Speakers = 2,
                },
                context,
                Token
            );

        work.ShouldBe("21m00Tcm4TlvDq8ikWAM");
        var request = vendor.Requests.ShouldHaveSingleItem();
        (request.Method + " " + request.Path).ShouldBe("POST /dubbing");
        request.Headers["xi-api-key"].ShouldBe(Key);
        var form = await MultipartForm.ReadAsync(request);
        form.Text("name").ShouldBe(context.Call.ToString());
        form.Text("source_lang").ShouldBe("en");
        form.Text("target_lang").ShouldBe("pt");
        form.Text("num_speakers").ShouldBe("2");
        form["file"].FileName.ShouldBe("recording.mp3");
        form["file"].Body.ShouldBe("ID3 recording"u8.ToArray());
        request.Text.ShouldNotContain("Jane");
    }

    [Fact]
    public async Task What_it_finds_out_itself_is_left_out()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));
        await Dubber(vendor.Url).StartAsync(Recording("x.mp3"), Context(), Token);
        var form = await MultipartForm.ReadAsync(vendor.Requests.Single());
        form.Names.ShouldNotContain("source_lang");
        form.Text("num_speakers").ShouldBe("0"); // which means that it counts them
    }

    [Theory]
    [InlineData("x.exe")]
    [InlineData("x")]
    [InlineData("")]
    public async Task A_file_of_no_known_format_is_not_sent(string name)
    {
        await using var vendor = await FakeVendor.StartAsync();
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            Dubber(vendor.Url).StartAsync(Recording(name), Context(), Token)
        );
        failed.Failure.ShouldBe(ProviderFailure.BadInput);
        vendor.Requests.ShouldBeEmpty();
    }

    private static DubRequest Recording(string name) =>
        new(() => new MemoryStream("ID3 recording"u8.ToArray()), name, null, "es");

    private static ElevenLabsDubber Dubber(Uri vendor) => new(ElevenLabsVendor.At(vendor), ElevenLabsVendor.Http);
}

/// <summary>https://elevenlabs.io/docs/api-reference/dubbing/get; the states: …/docs/cookbooks/dubbing</summary>
public class ElevenLabsDubberFollowTests : ElevenLabsErrors
{
    protected override string GoodType => "application/json";

    protected override byte[] GoodBody => Metadata("dubbing", "null");

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        FollowAsync(vendor, context, cancel);

    [Theory]
    [InlineData("dubbing", DubState.Working)]
    [InlineData("dubbed", DubState.Done)]
    public async Task The_status_says_how_far_it_is(string status, DubState state)
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, Metadata(status, "null")));
        (await FollowAsync(vendor.Url, Context(), Token)).ShouldBe(new DubProgress(state));
        var request = vendor.Requests.ShouldHaveSingleItem();
        (request.Method + " " + request.Path).ShouldBe("GET /dubbing/21m00Tcm4TlvDq8ikWAM");
        request.Headers["xi-api-key"].ShouldBe(Key);
    }

    [Fact]
    public async Task The_reason_of_a_failure_is_one_line_without_the_key()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Bytes(200, GoodType, Metadata("failed", $"\"No speech found.\\nKey: {Key}\""))
        );
        (await FollowAsync(vendor.Url, Context(), Token)).ShouldBe(
            new DubProgress(DubState.Failed, "No speech found. Key: ***")
        );
    }

    private static byte[] Metadata(string status, string error) =>
        System.Text.Encoding.UTF8.GetBytes(
            $$"""
            {"dubbing_id":"21m00Tcm4TlvDq8ikWAM","name":"x","status":"{{status}}","target_languages":["es"],
             "created_at":"2026-07-08T07:00:00Z","error":{{error}}}
            """
        );

    private static Task<DubProgress> FollowAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        new ElevenLabsDubber(ElevenLabsVendor.At(vendor), ElevenLabsVendor.Http).FollowAsync(
            "21m00Tcm4TlvDq8ikWAM",
            context,
            cancel
        );
}

/// <summary>https://elevenlabs.io/docs/api-reference/dubbing/audio/get</summary>
public class ElevenLabsDubberFetchTests : ElevenLabsErrors
{
    protected override string GoodType => "audio/mpeg";

    protected override byte[] GoodBody => [.. "ID3"u8, .. new byte[500_000]];

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        FetchAsync(vendor, new MemoryStream(), context, cancel);

    [Fact]
    public async Task The_recording_is_written_as_it_comes()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));
        using var target = new MemoryStream();
        await FetchAsync(vendor.Url, target, Context(), Token);
        target.ToArray().ShouldBe(GoodBody);
        var request = vendor.Requests.ShouldHaveSingleItem();
        (request.Method + " " + request.Path).ShouldBe("GET /dubbing/21m00Tcm4TlvDq8ikWAM/audio/pt");
        request.Headers["xi-api-key"].ShouldBe(Key);
    }

    [Theory]
    [InlineData("FF FB 90 64 00")] // a frame of MPEG 1, layer III
    [InlineData("00 00 00 20 66 74 79 70 69 73 6F 6D")] // the box ftyp
    public async Task A_recording_is_known_by_its_first_bytes(string begin)
    {
        var bytes = begin.Split(' ').Select(hex => Convert.ToByte(hex, 16)).ToArray();
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, "video/mp4", bytes));
        using var target = new MemoryStream();
        await FetchAsync(vendor.Url, target, Context(), Token);
        target.ToArray().ShouldBe(bytes);
    }

    // The answer that its OpenAPI document has for 425.
    [Fact]
    public async Task One_that_is_not_finished_is_to_be_asked_for_again() =>
        (
            await FailAsync(
                Answers.Json("""{"error":"dubbing_not_dubbed","message":"Dubbing has not finished yet."}""", 425)
            )
        ).Failure.ShouldBe(ProviderFailure.Busy);

    [Fact]
    public async Task A_target_that_is_full_is_no_fault_of_the_vendor()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, GoodType, GoodBody));
        await Should.ThrowAsync<NotSupportedException>(() =>
            FetchAsync(vendor.Url, new MemoryStream(new byte[1_000], writable: true), Context(), Token)
        );
    }

    private static Task FetchAsync(Uri vendor, Stream target, CallContext context, CancellationToken cancel) =>
        new ElevenLabsDubber(ElevenLabsVendor.At(vendor), ElevenLabsVendor.Http).FetchAsync(
            "21m00Tcm4TlvDq8ikWAM",
            "pt-BR",
            target,
            context,
            cancel
        );
}
