using System.Net;
using System.Text.Json.Nodes;
using Lectern.Providers;
using Lectern.SharedKernel.Media;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Audiobook;

/// <summary>What becomes of a passage that the narrator's provider can't or won't speak.</summary>
[Collection(AudiobookCollection.Name)]
public sealed class FallbackTests(JobsHost host) : IAsyncLifetime
{
    private const string Fallback = "flite-kal"; // at 8 kHz, half of the narrator's rate

    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    // Other tests' calls are not to wait for what these tests have the provider say.
    public async ValueTask DisposeAsync() =>
        await host.ExecuteAsync(
            "update voices.provider_accounts set places = null, paused_until = null, limited_since = null, failures = 0, open_until = null"
        );

    [Fact]
    public async Task The_fallback_speaks_what_the_narrator_refuses_and_the_history_says_so()
    {
        using var rule = host.Cloud.FailFor("cockatrice", ProviderFailure.ContentRefused);

        var job = await MakeAsync("The cockatrice looks up from its nest.", Fallback);

        ((string)job["fallbackVoice"]!).ShouldBe(Fallback);
        ((int)job["chunksByFallback"]!).ShouldBe(1);
        var id = (string)job["id"]!;
        var chunks = (await _jane.JsonAsync($"/jobs/{id}/chunks"))["items"]!.AsArray();
        var other = chunks.Single(c => ((string)c!["spoken"]!).Contains("cockatrice", StringComparison.Ordinal))!;
        ((string)other["spokenBy"]!).ShouldBe(Fallback);
        chunks.Count(c => c!["spokenBy"] is null).ShouldBe(chunks.Count - 1);
        var fell = (await _jane.JsonAsync($"/jobs/{id}/events"))["items"]!
            .AsArray()
            .Single(e => (string)e!["type"]! == "jobs.voice_fell_back.v1")!["data"]!;
        var expected =
            $$"""{"chunk":{{other["chunk"]}},"from":"cloud-slt","to":"flite-kal","code":"provider-content-refused"}""";
        JsonNode.DeepEquals(fell, JsonNode.Parse(expected)).ShouldBeTrue(fell.ToJsonString());
        host.Cloud.SpokenWith("cockatrice").ShouldBeEmpty();
        (await WavAsync(id)).Rate.ShouldBe(16_000); // all of the book has the narrator's rate
    }

    [Fact]
    public async Task Both_voices_are_equally_loud()
    {
        using var rule = host.Cloud.FailFor("wyvern", ProviderFailure.ContentRefused);

        var sound = await WavAsync(
            (string)(await MakeAsync("A wyvern has come down to drink from the pond beside the mill.", Fallback))["id"]!
        );

        // The second half is the fallback's: its chapter is the last.
        var half = sound.Samples.Length * 6 / 10;
        var difference = Decibels(sound.Samples.Span[half..]) - Decibels(sound.Samples.Span[..(half / 2)]);
        Math.Abs(difference).ShouldBeLessThan(4);
    }

    [Fact]
    public async Task Without_a_fallback_the_job_fails_and_costs_nothing()
    {
        using var rule = host.Cloud.FailFor("manticore", ProviderFailure.ContentRefused);
        var before = await _jane.AvailableAsync();

        var id = await SubmitAsync("The manticore sleeps.", fallback: null);

        var job = await _jane.UntilAsync(id, "failed");
        ((string)job["error"]!["code"]!).ShouldBe("provider-content-refused");
        (await _jane.AvailableAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_passage_that_fails_again_and_again_falls_back()
    {
        using var rule = host.Cloud.FailFor("salamander", ProviderFailure.BadAnswer);

        var job = await MakeAsync("The salamander sits in the fire.", Fallback);

        ((int)job["chunksByFallback"]!).ShouldBe(1);
    }

    [Fact]
    public async Task A_provider_that_has_enough_to_do_is_waited_for_however_often_it_says_so()
    {
        using var rule = host.Cloud.FailOnceFor(
            "gryphon",
            ProviderFailure.RateLimited,
            TimeSpan.FromMilliseconds(50),
            times: 9 // a chunk survives fewer failures
        );

        var job = await MakeAsync("The gryphon guards its gold.", Fallback);

        ((int)job["chunksByFallback"]!).ShouldBe(0);
        host.Cloud.SpokenWith("gryphon").Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_provider_that_is_left_alone_because_it_is_broken_is_not_waited_for()
    {
        await MakeAsync("The weather was fine all day.", null); // so that its account is known
        _jane = await host.SignUpAsync(); // who has none of the audio
        await host.ExecuteAsync(
            "update voices.provider_accounts set failures = 5, open_until = now() + interval '1 hour' where provider = 'cloud'"
        );

        var job = await MakeAsync("The road went on through the hills.", Fallback);

        ((int)job["chunksByFallback"]!).ShouldBe((int)job["chunks"]!["total"]!);
        host.Cloud.SpokenWith("hills").ShouldBeEmpty();
    }

    [Fact]
    public async Task Nobody_speaks_for_a_price_that_was_made_for_another()
    {
        using var gate = host.Cloud.StopAt("one"); // the first chunk, a heading, goes alone
        var id = await SubmitAsync("The unicorn waits at the gate of the garden.", null);
        await gate.Reached;
        // As if the voice had been a cheaper one when the order was priced: a clone has come, or an own key has gone.
        await host.ExecuteAsync("update jobs.job_view set priced_as = 'flite/standard' where id = $1", Person.IdOf(id));
        gate.Open();

        var job = await _jane.UntilAsync(id, "failed");

        ((string)job["error"]!["code"]!).ShouldBe("provider-bad-input");
        host.Cloud.SpokenWith("unicorn").ShouldBeEmpty();
        ((string)job["error"]!["detail"]!).ShouldContain("was ordered as flite/standard and is cloud/standard now");
        using var again = await _jane.RetryAsync(id);
        again.StatusCode.ShouldBe(HttpStatusCode.Accepted); // at the price of who speaks now
        await _jane.UntilAsync(id, "completed");
    }

    [Fact]
    public async Task What_the_fallback_spoke_stays_when_another_job_goes_with_its_files()
    {
        using var rule = host.Cloud.FailFor("kraken", ProviderFailure.ContentRefused);
        var kept = (string)(await MakeAsync("The kraken is under the ice.", Fallback))["id"]!;
        var other = (string)(await _jane.MakeAsync("A short note about nothing."))["id"]!;

        (await _jane.DeleteAsync(other)).EnsureSuccessStatusCode();

        await Eventually.IsAsync(
            () =>
                host.ScalarAsync<long>(
                    "select count(*) from eventing.messages where workspace_id = $1 and type like 'jobs.%_files.v1'",
                    _jane.Workspace
                ),
            waiting => waiting == 0,
            "the files are collected"
        );
        (
            await host.ScalarAsync<long>(
                "select count(*) from eventing.dead_letters where workspace_id = $1",
                _jane.Workspace
            )
        ).ShouldBe(0);
        (
            await host.ScalarAsync<long>(
                """
                select count(*) from jobs.chunks c join jobs.audio a on a.workspace_id = c.workspace_id and a.hash = c.audio
                where c.job_id = $1
                """,
                Person.IdOf(kept)
            )
        ).ShouldBe((long)(await _jane.JobAsync(kept))["chunks"]!["total"]!);
    }

    [Fact]
    public async Task A_fallback_of_another_language_is_refused()
    {
        using var answer = await _jane.PostJobAsync(
            new
            {
                text = "Bonjour.",
                voice = CloudEngine.Voice,
                fallbackVoice = CloudEngine.French,
            }
        );
        (await answer.RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Theory]
    [InlineData("nobody-there", "422 unknown-voice")]
    [InlineData(JobsHost.UnavailableVoice, "422 voice-unavailable")]
    public async Task A_fallback_that_can_not_be_used_is_refused(string fallback, string refusal)
    {
        using var answer = await _jane.PostJobAsync(
            new
            {
                text = "Hello.",
                voice = CloudEngine.Voice,
                fallbackVoice = fallback,
            }
        );
        (await answer.RefusalAsync()).ShouldBe(refusal);
        (await answer.JsonAsync())["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe("/fallbackVoice");
    }

    private async Task<JsonNode> MakeAsync(string last, string? fallback) =>
        await _jane.UntilAsync(await SubmitAsync(last, fallback), "completed");

    private async Task<string> SubmitAsync(string last, string? fallback)
    {
        using var answer = await _jane.PostJobAsync(
            new
            {
                text = $"# One\n\nThe morning was clear, and the road ran down to the sea between low walls.\n\n# Two\n\n{last}",
                markup = "markdown",
                format = "wav",
                voice = CloudEngine.Voice,
                fallbackVoice = fallback,
            }
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        return (string)(await answer.JsonAsync())["id"]!;
    }

    private async Task<Pcm> WavAsync(string id)
    {
        using var link = await _jane.GetAsync($"/jobs/{id}/download");
        var bytes = await host.Client.GetByteArrayAsync(link.Headers.Location, TestContext.Current.CancellationToken);
        return Wav.Read(bytes).Audio.ShouldNotBeNull();
    }

    private static double Decibels(ReadOnlySpan<short> samples)
    {
        var (sum, loud) = (0.0, 0);
        foreach (var sample in samples)
            if (Math.Abs((int)sample) > 100) // pauses tell nothing
            {
                sum += (double)sample * sample;
                loud++;
            }
        return 10 * Math.Log10(sum / loud / (32_768.0 * 32_768.0));
    }
}
