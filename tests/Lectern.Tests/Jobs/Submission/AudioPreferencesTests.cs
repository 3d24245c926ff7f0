using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Submission;

/// <summary>What a job gets whose request leaves things out.</summary>
[Collection(SubmissionCollection.Name)]
public sealed class AudioPreferencesTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_job_gets_the_settings_that_its_request_leaves_open()
    {
        (await SubmittedAsync(new { text = "One." })).ShouldBe("flite-slt m4b 64");

        var workspace = $"/workspaces/{(string)(await _jane.JsonAsync("/me"))["workspace"]!}/settings";
        await SetAsync(workspace, new() { ["audio.voice"] = "flite-rms", ["audio.format"] = "mp3" });
        (await SubmittedAsync(new { text = "Two." })).ShouldBe("flite-rms mp3 128");

        await SetAsync("/me/settings", new() { ["audio.format"] = "m4b", ["audio.bitrate"] = 48 });
        (await SubmittedAsync(new { text = "Three." })).ShouldBe("flite-rms m4b 48");
        (await SubmittedAsync(new { text = "Four.", bitrate = 96 })).ShouldBe("flite-rms m4b 96");
        (await SubmittedAsync(new { text = "Five.", voice = "flite-slt" })).ShouldBe("flite-slt m4b 48");
        // MP3 has no 48 kbit/s, and WAV no bitrate at all.
        (await SubmittedAsync(new { text = "Six.", format = "mp3" })).ShouldBe("flite-rms mp3 128");
        (await SubmittedAsync(new { text = "Seven.", format = "wav" })).ShouldBe("flite-rms wav 0");
    }

    [Fact]
    public async Task A_form_gets_them_too()
    {
        await SetAsync("/me/settings", new() { ["audio.voice"] = "flite-rms", ["audio.format"] = "wav" });
        using var form = new MultipartFormDataContent { { new StringContent("A form."), "text" } };

        (await SubmittedAsync(form)).ShouldBe("flite-rms wav 0");
    }

    [Fact]
    public async Task Only_what_can_be_made_can_be_preferred()
    {
        foreach (
            var (key, value) in new (string, JsonNode)[]
            {
                ("audio.voice", "nobody"),
                ("audio.format", "ogg"),
                ("audio.bitrate", 65),
                ("audio.bitrate", "64"),
            }
        )
        {
            using var answer = await PatchAsync("/me/settings", new() { [key] = value });
            (await answer.RefusalAsync()).ShouldBe("422 invalid-values", key);
            ((string?)(await answer.JsonAsync())["errors"]![0]!["pointer"]).ShouldBe($"/{key}");
        }
    }

    [Fact]
    public async Task A_voice_of_the_settings_that_can_not_speak_now_is_refused_and_the_setting_named()
    {
        await SetAsync("/me/settings", new() { ["audio.voice"] = JobsHost.UnavailableVoice });

        using var job = await _jane.PostJobAsync(new { text = "Hi." });
        (await job.RefusalAsync()).ShouldBe("422 voice-unavailable");
        ((string)(await job.JsonAsync())["detail"]!).ShouldStartWith("The setting audio.voice names parrot-polly");
        using var quote = await _jane.SendAsync(HttpMethod.Post, "/quotes", JsonContent.Create(new { text = "Hi." }));
        (await quote.RefusalAsync()).ShouldBe("422 voice-unavailable");
        using var named = await _jane.SendAsync(
            HttpMethod.Post,
            "/quotes",
            JsonContent.Create(new { text = "Hi.", voice = "flite-slt" })
        );
        named.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>Voice, format and bitrate of a new job, which is cancelled at once.</summary>
    private Task<string> SubmittedAsync(object body) => SubmittedAsync(JsonContent.Create(body));

    private async Task<string> SubmittedAsync(HttpContent body)
    {
        using var answer = await _jane.PostJobAsync(body);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var id = (string)(await answer.JsonAsync())["id"]!;
        var job = await _jane.JobAsync(id);
        using var cancelled = await _jane.CancelAsync(id);
        return $"{job["voice"]} {job["format"]} {job["bitrate"]}";
    }

    private async Task SetAsync(string path, JsonObject changes)
    {
        using var answer = await PatchAsync(path, changes);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
    }

    private Task<HttpResponseMessage> PatchAsync(string path, JsonObject changes) =>
        _jane.SendAsync(HttpMethod.Patch, path, JsonContent.Create(changes));
}
