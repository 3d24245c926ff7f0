using System.Net;
using System.Net.Http.Headers;
using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.SharedKernel.Media;
using Lectern.Tests.Http;
using Lectern.Voices.Contracts;
using Lectern.Voices.Previews;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Voices.Previews;

public sealed class PreviewVoiceTests : IAsyncLifetime
{
    private const string Path = "/voices/near-ann/preview";
    private readonly FakeEngine _engine = new("near", FakeEngine.Voice("near-ann", "en-US", VoiceGender.Female));
    private ApiHost _api = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _api = await VoicesHost.StartAsync(_engine);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Anyone_may_hear_a_voice_in_the_browser()
    {
        var answer = await _api.GetAsync(Path);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.ToString().ShouldBe("audio/wav");
        answer.Content.Headers.ContentDisposition!.ToString().ShouldStartWith("inline; filename=");
        answer.Content.Headers.ContentDisposition.FileName.ShouldBe("near-ann.wav");
        answer.Headers.CacheControl!.ToString().ShouldBe("public, max-age=3600");
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Headers.ETag.ShouldNotBeNull();
        var audio = Wav.Read(await answer.Content.ReadAsByteArrayAsync(Cancel)).Audio.ShouldNotBeNull();
        audio.Duration.ShouldBe(FakeEngine.Tone().Duration);
    }

    [Fact]
    public async Task An_engine_speaks_once_for_all_who_ask_at_the_same_time_or_later()
    {
        var gate = new TaskCompletionSource();
        _engine.Speak = async _ =>
        {
            await gate.Task;
            return FakeEngine.Tone();
        };
        var asked = Enumerable.Range(0, 16).Select(_ => _api.GetAsync(Path)).ToList();
        gate.SetResult();

        (await Task.WhenAll(asked)).ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
        (await _api.GetAsync(Path)).StatusCode.ShouldBe(HttpStatusCode.OK);
        _engine.Spoken.ShouldBe(1);
    }

    [Fact]
    public async Task Who_goes_away_does_not_stop_it_for_the_others()
    {
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        _engine.Speak = async _ =>
        {
            entered.SetResult();
            await gate.Task;
            return FakeEngine.Tone();
        };
        var previews = _api.Services.GetRequiredService<VoicePreviews>();
        var voice = _api.Services.GetRequiredService<VoiceCatalogue>().Find("near-ann").ShouldNotBeNull();
        using var leaving = new CancellationTokenSource();
        var first = previews.OpenAsync(voice, null, leaving.Token);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        var second = previews.OpenAsync(voice, null, Cancel);

        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        gate.SetResult();
        await using var heard = await second;

        heard.Length.ShouldBeGreaterThan(0);
        _engine.Spoken.ShouldBe(1);
    }

    [Fact]
    public async Task A_new_version_of_the_engine_speaks_anew()
    {
        var before = (await _api.GetAsync(Path)).Headers.ETag;
        _engine.Version = "near-2";
        await _api.Services.GetRequiredService<VoiceCatalogue>().RefreshAsync(TimeSpan.FromSeconds(20), Cancel);

        (await _api.GetAsync(Path)).Headers.ETag.ShouldNotBe(before);
        _engine.Spoken.ShouldBe(2);
    }

    [Fact]
    public async Task What_the_client_has_is_not_sent_again_and_parts_can_be_had()
    {
        var tag = (await _api.GetAsync(Path)).Headers.ETag!;
        using var known = new HttpRequestMessage(HttpMethod.Get, "/api/v1" + Path);
        known.Headers.IfNoneMatch.Add(tag);
        using var part = new HttpRequestMessage(HttpMethod.Get, "/api/v1" + Path);
        part.Headers.Range = new RangeHeaderValue(0, 3);

        (await _api.Client.SendAsync(known, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        var partial = await _api.Client.SendAsync(part, Cancel);
        partial.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await partial.Content.ReadAsStringAsync(Cancel)).ShouldBe("RIFF");
    }

    [Fact]
    public async Task A_failure_is_told_and_not_remembered()
    {
        _engine.Speak = _ => throw new ProviderException("near", ProviderFailure.Outage, "broken at /secret/path");
        var failed = await _api.GetAsync(Path);
        _engine.Speak = _ => Task.FromResult(new Pcm(new short[48_000], 16_000));
        var silent = await _api.GetAsync(Path);
        _engine.Speak = _ => Task.FromResult(FakeEngine.Tone());

        (await failed.RefusalAsync()).ShouldBe("503 voice-unavailable");
        (await failed.Content.ReadAsStringAsync(Cancel)).ShouldNotContain("secret");
        (await silent.RefusalAsync()).ShouldBe("503 voice-unavailable");
        (await _api.GetAsync(Path)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Each_rendering_is_a_recorded_call_of_nobody_and_what_is_kept_is_none()
    {
        _engine.Speak = async _ =>
        {
            (await CallsAsync()).ShouldBe("near-ann open");
            throw new ProviderException("near", ProviderFailure.Busy, "Not now.");
        };
        (await (await _api.GetAsync(Path)).RefusalAsync()).ShouldBe("503 voice-unavailable");
        _engine.Speak = _ => Task.FromResult(FakeEngine.Tone());
        await _api.GetAsync(Path);
        await _api.GetAsync(Path);

        (await CallsAsync()).ShouldBe("near-ann failed, near-ann succeeded");
    }

    private async Task<string> CallsAsync()
    {
        await using var source = NpgsqlDataSource.Create(_api.ConnectionString);
        await using var command = source.CreateCommand(
            """
            select string_agg(model || ' ' || coalesce(outcome, 'open'), ', ' order by started_at)
            from billing.provider_calls c left join billing.provider_call_ends e on e.call_id = c.id
            where workspace_id is null and job_id is null
            """
        );
        return (string)(await command.ExecuteScalarAsync(Cancel))!;
    }

    [Theory]
    [InlineData("flite-slt")]
    [InlineData("espeak-de")]
    [InlineData("espeak-ru")]
    [InlineData("espeak-sw")] // a language that has no sentence here, so it counts
    public async Task Real_engines_introduce_their_voices(string id)
    {
        var options = new LocalEngineOptions();
        await using var api = await VoicesHost.StartAsync(new FliteEngine(options), new EspeakNgEngine(options));

        var answer = await api.GetAsync($"/voices/{id}/preview");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var audio = Wav.Read(await answer.Content.ReadAsByteArrayAsync(Cancel)).Audio.ShouldNotBeNull();
        audio.Duration.ShouldBeInRange(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(12));
    }
}
