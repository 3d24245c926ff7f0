using System.Diagnostics;
using System.Net;
using Lectern.Providers;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Audiobook;

[Collection(AudiobookCollection.Name)]
public sealed class RenderTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_same_text_again_is_neither_spoken_nor_charged_and_an_edit_costs_one_chunk()
    {
        const string text =
            "# One\n\nThe first stays.\n\n# Two\n\nThe second changes.\n\n# Three\n\nThe third stays.\n";
        var first = await _jane.MakeAsync(text);
        var (spoken, credits) = (Spoken().Count, await _jane.AvailableAsync());

        var second = await _jane.MakeAsync(text);
        (Spoken().Count - spoken).ShouldBe(0);
        ((int)second["chunksReused"]!).ShouldBe((int)first["chunks"]!["total"]!);
        ((string)second["charged"]!).ShouldBe("0");
        (await _jane.AvailableAsync()).ShouldBe(credits);

        var edited = await _jane.MakeAsync(text.Replace("changes", "has changed", StringComparison.Ordinal));
        Spoken().Skip(spoken).ShouldBe(["The second has changed."]);
        var charged = decimal.Parse((string)edited["charged"]!, System.Globalization.CultureInfo.InvariantCulture);
        charged.ShouldBeInRange(0.0001m, "The second has changed.".Length * 0.00002m + 0.000001m);

        IReadOnlyList<string> Spoken() => host.Engine.SpokenWith("The first stays", "The second", "The third stays");
    }

    [Fact]
    public async Task Two_workspaces_never_share_audio()
    {
        const string text = "A secret that both have.";
        var first = await _jane.MakeAsync(text);
        var john = await host.SignUpAsync();
        var spoken = host.Engine.SpokenWith("both have").Count;

        var second = await john.MakeAsync(text);

        (host.Engine.SpokenWith("both have").Count - spoken).ShouldBe((int)second["chunks"]!["total"]!);
        ((int)second["chunksReused"]!).ShouldBe(0);
        ((string)second["charged"]!).ShouldNotBe("0");
        var mine = (await _jane.JsonAsync($"/jobs/{first["id"]}/chunks"))["items"]!.AsArray();
        var theirs = (await john.JsonAsync($"/jobs/{second["id"]}/chunks"))["items"]!.AsArray();
        mine.Select(c => (string)c!["hash"]!).Intersect(theirs.Select(c => (string)c!["hash"]!)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_passing_outage_is_not_noticed()
    {
        using var rule = host.Engine.FailOnceFor("avalanche", ProviderFailure.Outage);

        var job = await _jane.MakeAsync("The avalanche has passed.");

        ((int)job["run"]!).ShouldBe(1);
    }

    [Fact]
    public async Task A_provider_is_not_asked_again_before_the_time_that_it_named()
    {
        var pause = TimeSpan.FromSeconds(2.5); // the first pause is a second when nobody names one
        using var rule = host.Engine.FailOnceFor("blizzard", ProviderFailure.RateLimited, pause);
        var started = Stopwatch.GetTimestamp();

        await _jane.MakeAsync("The blizzard is over.");

        Stopwatch.GetElapsedTime(started).ShouldBeGreaterThan(pause);
    }

    [Fact]
    public async Task A_chapter_without_words_is_skipped_and_noted()
    {
        var job = await _jane.MakeAsync("# One\n\nHere are words.\n\n# Two\n\n# Three\n\nAnd here.\n");

        ((int)job["chaptersSkipped"]!).ShouldBeGreaterThan(0);
        ((int)job["chapters"]!["done"]!).ShouldBeLessThan(4);
    }

    [Fact]
    public async Task Percent_never_goes_back()
    {
        using var gate = host.Engine.StopAt("orchard");
        var id = await _jane.SubmitAsync(
            string.Concat(Enumerable.Range(1, 6).Select(n => $"# {n}\n\nTree number {n} in the orchard.\n\n"))
        );
        await gate.Reached;
        gate.Open();
        var seen = new List<int>();
        await Eventually.IsAsync(
            async () =>
            {
                var job = await _jane.JobAsync(id);
                seen.Add((int)job["percent"]!);
                return (string)job["status"]!;
            },
            status => status == "completed",
            "the job is completed"
        );

        seen.ShouldBe(seen.Order());
        seen[^1].ShouldBe(100);
        seen.ShouldAllBe(percent => percent >= 0 && percent <= 100);
    }

    [Fact]
    public async Task A_sentence_of_a_hundred_thousand_characters_is_cut()
    {
        using var gate = host.Engine.StopAt("endless");
        var id = await _jane.SubmitAsync("An " + string.Concat(Enumerable.Repeat("endless ", 12_500)) + "road.");

        var job = await Eventually.IsAsync(
            () => _jane.JobAsync(id),
            job => (int)job["chunks"]!["total"]! > 0,
            "the text is cut"
        );

        ((int)job["chunks"]!["total"]!).ShouldBeGreaterThanOrEqualTo(50);
        using var deleted = await _jane.DeleteAsync(id);
        deleted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        gate.Open();
    }
}
