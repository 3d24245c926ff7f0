using System.Text;
using Lectern.Providers;
using Microsoft.AspNetCore.Http;

namespace Lectern.Tests.Providers.F5Tts;

/// <summary>Four requests make one speech; each may fail.</summary>
public abstract class F5TtsFaults : VendorFaults
{
    protected override TimeSpan Deadline => TimeSpan.FromSeconds(3);

    protected override Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel) =>
        GradioApp
            .Engine(vendor)
            .SynthesizeAsync(new SpeechRequest("Hello.", "any") { Reference = GradioApp.Reference }, context, cancel);
}

public class F5TtsUploadTests : F5TtsFaults
{
    protected override string GoodType => "application/json";

    protected override byte[] GoodBody => Encoding.UTF8.GetBytes(GradioApp.Upload);

    protected override RequestDelegate Vendor(RequestDelegate answer) => GradioApp.Answer(upload: answer);

    [Theory]
    [InlineData("[]")]
    [InlineData("[null]")]
    [InlineData("""["a","b"]""")]
    public async Task An_upload_without_its_one_path_is_none(string body) =>
        (await FailAsync(Answers.Json(body))).Failure.ShouldBe(ProviderFailure.BadAnswer);
}

public class F5TtsCallTests : F5TtsFaults
{
    protected override string GoodType => "application/json";

    protected override byte[] GoodBody => Encoding.UTF8.GetBytes(GradioApp.Call);

    protected override int Asked => 2;

    protected override RequestDelegate Vendor(RequestDelegate answer) => GradioApp.Answer(call: answer);

    [Theory]
    [InlineData("""{"event_id":null}""")]
    [InlineData("""{"event_id":"../../upload"}""")]
    public async Task A_call_without_a_usable_id_is_none(string body) =>
        (await FailAsync(Answers.Json(body))).Failure.ShouldBe(ProviderFailure.BadAnswer);

    [Fact]
    public async Task An_endpoint_that_is_not_there_is_told() =>
        (await FailAsync(Answers.Json("""{"detail":"Not Found"}""", 404))).Failure.ShouldBe(ProviderFailure.BadInput);
}

public class F5TtsStreamTests : F5TtsFaults
{
    protected override string GoodType => "text/event-stream";

    protected override byte[] GoodBody => Encoding.UTF8.GetBytes(GradioApp.Stream);

    protected override int Asked => 3;

    protected override RequestDelegate Vendor(RequestDelegate answer) => GradioApp.Answer(stream: answer);

    [Theory]
    [InlineData("event: error\ndata: null\n\n", ProviderFailure.BadAnswer)]
    [InlineData("event: error\ndata: {\"error\": \"CUDA out of memory\"}\n\n", ProviderFailure.BadAnswer)]
    [InlineData("event: error\ndata: \"404: Not Found\"\n\n", ProviderFailure.UnknownOutcome)]
    [InlineData("event: error\ndata: \"Server stopped unexpectedly.\"\n\n", ProviderFailure.UnknownOutcome)]
    [InlineData("event: generating\ndata: null\n\n", ProviderFailure.UnknownOutcome)]
    [InlineData("event: heartbeat\ndata: null\n\n", ProviderFailure.UnknownOutcome)]
    [InlineData("event: complete\ndata: [{\"path\": \"/tmp/gradio/a\n\n", ProviderFailure.BadAnswer)]
    [InlineData("event: complete\ndata: null\n\n", ProviderFailure.BadAnswer)]
    [InlineData("event: complete\ndata: []\n\n", ProviderFailure.BadAnswer)]
    // What the app gives when it only warned: gr.update() for the audio.
    [InlineData("event: complete\ndata: [{\"__type__\": \"update\"}, null, \"\"]\n\n", ProviderFailure.BadAnswer)]
    public async Task How_a_stream_ends_decides(string stream, ProviderFailure failure) =>
        (await FailAsync(GradioApp.Events(stream))).Failure.ShouldBe(failure);

    [Theory]
    [InlineData("../../../etc/passwd")]
    [InlineData("/tmp/../config")]
    public async Task A_path_that_leads_out_of_the_apps_files_is_not_asked(string path) =>
        (await FailAsync(GradioApp.Events($"event: complete\ndata: [{{\"path\": \"{path}\"}}]\n\n"))).Failure.ShouldBe(
            ProviderFailure.BadAnswer
        );
}

public class F5TtsFileTests : F5TtsFaults
{
    protected override string GoodType => "audio/x-wav";

    protected override byte[] GoodBody => GradioApp.File;

    protected override int Asked => 4;

    protected override RequestDelegate Vendor(RequestDelegate answer) => GradioApp.Answer(file: answer);

    [Fact]
    public async Task Half_a_file_is_not_believed() =>
        (await FailAsync(Answers.Half("audio/x-wav", GradioApp.File))).Failure.ShouldBe(ProviderFailure.BadAnswer);
}
