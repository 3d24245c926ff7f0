using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Processes;
using Lectern.SharedKernel.Secrets;
using Lectern.Tests.Accounts.Tokens;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Jobs.Listening;

[Collection(SubmissionCollection.Name)]
public sealed class DownloadJobTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_finished_file_is_downloaded_by_a_signed_link_without_a_token()
    {
        var job = await _jane.MakeAsync("It rains.", title: "Über / \"Regen\"");
        var id = (string)job["id"]!;

        using var redirect = await _jane.GetAsync($"/jobs/{id}/download");
        redirect.StatusCode.ShouldBe(HttpStatusCode.TemporaryRedirect);
        var link = await _jane.JsonAsync($"/jobs/{id}/result");
        ((string)link["fileName"]!).ShouldBe("Über / \"Regen\".wav");
        ((int)link["expiresInSeconds"]!).ShouldBe(900);

        using var answer = await host.Client.GetAsync(redirect.Headers.Location, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("audio/wav");
        answer.Headers.AcceptRanges.ShouldContain("bytes");
        var disposition = answer.Content.Headers.ContentDisposition!;
        disposition.DispositionType.ShouldBe("attachment");
        disposition.FileNameStar.ShouldBe("Über   \"Regen\".wav");
        var bytes = await answer.Content.ReadAsByteArrayAsync(Cancel);
        Convert.ToHexStringLower(SHA256.HashData(bytes)).ShouldBe((string)job["result"]!["sha256"]!);
        ((long)link["bytes"]!).ShouldBe(bytes.Length);
        ((string)link["sha256"]!).ShouldBe((string)job["result"]!["sha256"]!);
    }

    [Fact]
    public async Task Parts_of_the_file_are_served_and_what_lies_outside_is_refused()
    {
        var url = await LinkAsync("Half of it.");
        var whole = await host.Client.GetByteArrayAsync(url, Cancel);

        using var part = await SendAsync(HttpMethod.Get, url, new RangeHeaderValue(100, 199));
        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        part.Content.Headers.ContentRange!.ToString().ShouldBe($"bytes 100-199/{whole.Length}");
        (await part.Content.ReadAsByteArrayAsync(Cancel)).ShouldBe(whole[100..200]);

        using var tail = await SendAsync(HttpMethod.Get, url, new RangeHeaderValue(null, 10));
        tail.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await tail.Content.ReadAsByteArrayAsync(Cancel)).ShouldBe(whole[^10..]);

        using var beyond = await SendAsync(HttpMethod.Get, url, new RangeHeaderValue(whole.Length, null));
        (await beyond.RefusalAsync()).ShouldBe("416 range-not-satisfiable");
        beyond.Content.Headers.ContentRange!.ToString().ShouldBe($"bytes */{whole.Length}");
    }

    [Fact]
    public async Task Head_tells_size_and_type_and_sends_nothing()
    {
        var url = await LinkAsync("Only the head.");
        var whole = await host.Client.GetByteArrayAsync(url, Cancel);

        using var head = await SendAsync(HttpMethod.Head, url);

        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        head.Content.Headers.ContentLength.ShouldBe(whole.Length);
        head.Content.Headers.ContentType!.MediaType.ShouldBe("audio/wav");
        head.Headers.ETag.ShouldNotBeNull();
        (await head.Content.ReadAsByteArrayAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_altered_link_is_refused()
    {
        var url = await LinkAsync("First file.");
        var other = new Uri(host.Client.BaseAddress!, await LinkAsync("Second file."));
        var altered = new Uri(host.Client.BaseAddress!, url);

        foreach (
            var bad in new[]
            {
                url.Replace("exp=1", "exp=2", StringComparison.Ordinal),
                url.Replace("kid=1", "kid=2", StringComparison.Ordinal),
                url[..^2] + (url[^2] == 'A' ? "B" : "A") + url[^1],
                other.AbsolutePath + altered.Query,
                altered.AbsolutePath,
                altered.AbsolutePath + "?artifact=&exp=&kid=&sig=",
                "/api/v1/files/nothing" + altered.Query,
            }
        )
        {
            using var refused = await host.Client.GetAsync(bad, Cancel);
            (await refused.RefusalAsync()).ShouldBe("403 invalid-link", bad);
        }
    }

    [Fact]
    public async Task A_link_ends_when_its_time_is_over()
    {
        var url = new Uri(host.Client.BaseAddress!, await LinkAsync("Soon over."));
        var file = url.AbsolutePath.Split('/')[^1];
        var early = new ManualClock(DateTimeOffset.UtcNow.AddMinutes(-16));
        var links = new SignedLinks(host.Services.GetRequiredService<MasterKey>(), early);

        using var refused = await host.Client.GetAsync(
            links.Sign("GET", url.AbsolutePath, file, TimeSpan.FromMinutes(15)),
            Cancel
        );

        (await refused.RefusalAsync()).ShouldBe("403 expired-link");
    }

    [Fact]
    public async Task A_job_without_a_result_has_nothing_to_download()
    {
        using var gate = host.Engine.StopAt("drawbridge");
        var id = await _jane.SubmitAsync("The drawbridge is up.");
        await gate.Reached;

        foreach (var path in new[] { "result", "download" })
        {
            using var refused = await _jane.GetAsync($"/jobs/{id}/{path}");
            (await refused.RefusalAsync()).ShouldBe("409 no-result");
        }

        gate.Open();
        await _jane.UntilAsync(id, "completed");
    }

    private async Task<string> LinkAsync(string text)
    {
        var id = (string)(await _jane.MakeAsync(text))["id"]!;
        return (string)(await _jane.JsonAsync($"/jobs/{id}/result"))["url"]!;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, RangeHeaderValue? range = null)
    {
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Range = range;
        return await host.Client.SendAsync(request, Cancel);
    }
}

[Collection(SubmissionCollection.Name)]
public sealed class StreamJobTests(JobsHost host)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("m4b", "audio/aac")]
    [InlineData("mp3", "audio/mpeg")]
    [InlineData("wav", "audio/wav")]
    public async Task A_listener_hears_the_first_segment_before_the_rest_is_made_and_in_the_end_the_whole_file(
        string format,
        string mediaType
    )
    {
        var jane = await host.SignUpAsync();
        using var gate = host.Engine.StopAt("lighthouse");
        var id = await jane.SubmitAsync("# One\n\nWaves break.\n\n# Two\n\nThe lighthouse is dark.\n", format);

        using var answer = await jane.GetAsync($"/jobs/{id}/stream");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe(mediaType);
        await using var stream = await answer.Content.ReadAsStreamAsync(Cancel);
        var heard = new MemoryStream();
        var buffer = new byte[1_000];
        await stream.ReadExactlyAsync(buffer, Cancel);
        heard.Write(buffer);
        ((string)(await jane.JobAsync(id))["status"]!).ShouldBe("running");
        gate.Open();
        await stream.CopyToAsync(heard, Cancel);

        await jane.UntilAsync(id, "completed");
        var link = (string)(await jane.JsonAsync($"/jobs/{id}/result"))["url"]!;
        var file = await host.Client.GetByteArrayAsync(link, Cancel);
        using var again = await jane.GetAsync($"/jobs/{id}/stream");
        (await again.Content.ReadAsByteArrayAsync(Cancel)).ShouldBe(heard.ToArray());
        var frames = await FramesAsync(heard.ToArray(), format == "m4b" ? "aac" : format);
        frames.Length.ShouldBeGreaterThan(10);
        frames.ShouldBe(await FramesAsync(file, format));
    }

    /// <summary>The hash of each frame of the sound, as it stands in the file; samples of a WAV are one sound.</summary>
    private static async Task<string[]> FramesAsync(byte[] audio, string format)
    {
        using var directory = new PrivateDirectory();
        var path = directory.File("audio." + format);
        await File.WriteAllBytesAsync(path, audio, Cancel);
        string[] copy = format switch
        {
            "aac" => ["-c", "copy", "-bsf:a", "aac_adtstoasc", "-f", "framemd5"],
            "wav" => ["-f", "framemd5"],
            _ => ["-c", "copy", "-f", "framemd5"],
        };
        var call = new ProgramCall("ffmpeg", ["-v", "error", "-i", path, "-map", "0:a:0", .. copy, "-"]);
        var result = await ExternalProgram.RunAsync(call, Cancel);
        return Encoding
            .ASCII.GetString(result.Output.Span)
            .Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(',')[5].Trim())
            .ToArray();
    }
}
