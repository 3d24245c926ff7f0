using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;
using Lectern.Tests.Voices.Characters;

namespace Lectern.Tests.SharedKernel.History;

/// <summary>The histories of everything that has one, over HTTP: they all have the same routes.</summary>
[Collection(JobsHostCollection.Name)]
public sealed class HistoriesTests(JobsHost host) : IAsyncLifetime
{
    private const string WalletViews =
        "billing.wallets=1 billing.ledger=3 billing.lots=1 billing.holds=1 billing.hold_ends=1 billing.open_holds=0 "
        + "billing.refunds=0 billing.caps=0 billing.spending=2";

    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("job", "jobs.job_view=1 jobs.chunks=1 jobs.segments=1")]
    [InlineData("wallet", WalletViews)]
    [InlineData("character", "voices.character_view=1")]
    [InlineData("lexicon", "")]
    public async Task An_export_replays_to_what_lives_and_to_the_same_for_others(string kind, string views)
    {
        var (path, replay) = await LiveAsync(kind);
        var document = await _jane.JsonAsync($"{path}/events/export");

        var mine = await ReplayAsync(_jane, replay, document);
        var theirs = await ReplayAsync(await host.SignUpAsync(), replay, document);

        ((string)document["kind"]!).ShouldBe(kind);
        ((bool)mine["audit"]!["equal"]!).ShouldBeTrue($"{mine["audit"]}");
        theirs["audit"].ShouldBeNull();
        var live = await _jane.JsonAsync($"{path}/at/{document["version"]}");
        foreach (var replayed in new[] { mine, theirs })
            replayed["state"]!.ToJsonString().ShouldBe(live["state"]!.ToJsonString());
        string.Join(' ', mine["views"]!.AsArray().Select(view => $"{view!["table"]}={view["count"]}")).ShouldBe(views);
    }

    [Fact]
    public async Task A_characters_states_and_differences_can_be_read()
    {
        var (path, _) = await LiveAsync("character");

        await ReadsAsync(
            path,
            ["voices.character_created.v1", "voices.character_changed.v1", "voices.character_published.v1"],
            "/public",
            "false",
            "true"
        );
    }

    [Fact]
    public async Task A_lexicons_states_and_differences_can_be_read()
    {
        var (path, _) = await LiveAsync("lexicon");

        await ReadsAsync(
            path,
            ["voices.lexicon_created.v1", "voices.lexicon_described.v1", "voices.lexicon_changed.v1"],
            "/entries",
            "1",
            "2"
        );
    }

    /// <summary>The last of the events changes a value of the state.</summary>
    private async Task ReadsAsync(string path, string[] types, string pointer, string before, string after)
    {
        var events = (await _jane.JsonAsync($"{path}/events"))["items"]!.AsArray();
        events.Select(each => (string)each!["type"]!).ShouldBe(types);
        var last = events.Count;

        ValueAt(await _jane.JsonAsync($"{path}/at/{last - 1}")).ShouldBe(before);
        ValueAt(await _jane.JsonAsync($"{path}/at/{last}")).ShouldBe(after);
        var time = Uri.EscapeDataString((string)events[^1]!["at"]!);
        var then = await _jane.JsonAsync($"{path}/at?time={time}");
        ((int)then["version"]!).ShouldBe(last);
        ValueAt(then).ShouldBe(after);

        var difference = await _jane.JsonAsync($"{path}/diff?from={last - 1}&to={last}");
        difference["events"]!.AsArray().Select(each => (string)each!["type"]!).ShouldBe([types[^1]]);
        difference["changes"]!
            .AsArray()
            .Select(change =>
                $"{change!["path"]}: {change["before"]!.ToJsonString()} {change["after"]!.ToJsonString()}"
            )
            .ShouldBe([$"{pointer}: {before} {after}"]);
        (await _jane.JsonAsync($"{path}/diff?from={last}&to={last}"))["changes"]!.AsArray().ShouldBeEmpty();

        var stranger = await host.SignUpAsync();
        foreach (var route in new[] { "events", $"at/{last}", $"at?time={time}", "diff", "events/export" })
        {
            using var foreign = await stranger.GetAsync($"{path}/{route}");
            (await foreign.RefusalAsync()).ShouldBe("404 not-found", route);
        }

        string ValueAt(JsonNode state) => state["state"]![pointer[1..]]!.ToJsonString();
    }

    /// <summary>Something that things happen to: where it is, and where its kind is replayed.</summary>
    private async Task<(string Path, string Replay)> LiveAsync(string kind)
    {
        switch (kind)
        {
            case "job":
                return ($"/jobs/{(await _jane.MakeAsync("It snows."))["id"]}", "/jobs/replay");
            case "wallet":
                await _jane.MakeAsync("It costs something.");
                return ("/credits", "/credits/replay");
            case "character":
                using (var form = Dweller.Form(null, ("name", "Anne")))
                {
                    form.Add(new ByteArrayContent(await Recordings.WavAsync()), "sample", "sample.wav");
                    var character = $"/characters/{(await SendAsync(HttpMethod.Post, "/characters", form))["id"]}";
                    await SendAsync(HttpMethod.Patch, character, Json(new { parameters = new { steps = 8 } }));
                    await SendAsync(HttpMethod.Patch, character, Json(new { visibility = "public" }));
                    return (character, "/characters/replay");
                }

            default:
                var ahab = new { word = "Ahab", alias = "Ayhab" };
                var made = await SendAsync(
                    HttpMethod.Post,
                    "/lexicons",
                    Json(
                        new
                        {
                            name = "Whalers",
                            language = "en",
                            entries = new[] { ahab },
                        }
                    )
                );
                var lexicon = $"/lexicons/{made["id"]}";
                await SendAsync(HttpMethod.Patch, lexicon, Json(new { name = "Hunters" }));
                await SendAsync(
                    HttpMethod.Patch,
                    $"{lexicon}/entries",
                    Json(new { set = new[] { new { word = "Queequeg", alias = "Kweekweg" } } })
                );
                return (lexicon, "/lexicons/replay");
        }
    }

    private static JsonContent Json(object body) => JsonContent.Create(body, body.GetType());

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, HttpContent content)
    {
        using var answer = await _jane.SendAsync(method, path, content, ("Idempotency-Key", Guid.NewGuid().ToString()));
        var body = await answer.JsonAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue($"{body}");
        return body;
    }

    private static async Task<JsonNode> ReplayAsync(Person person, string path, JsonNode document)
    {
        using var content = new StringContent(document.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await person.SendAsync(HttpMethod.Post, path, content);
        var body = await answer.JsonAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{body}");
        return body;
    }
}
