using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.Providers.Local;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Privacy;
using Lectern.Tests.Http;
using Lectern.Voices.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Voices.Lexicons;

public sealed class LexiconsTests : IAsyncLifetime
{
    private static readonly object Queequeg = new
    {
        word = "Queequeg",
        alias = "Kweekweg",
        ipa = "ˈkwiːkwɛɡ",
    };
    private static readonly string[] Nobody = ["nobody"];
    private static readonly string[] OnlyQueequeg = ["Queequeg"];
    private static readonly string[] FirstWord = ["word0"];
    private static readonly string[] Tables = ["voices.lexicons", "voices.lexicon_entries"];
    private static readonly object Ahab = new { word = "Ahab", alias = "Ayhab" };

    private readonly FakeEngine _mute = new("mute", FakeEngine.Voice("mute-ann", "en-US", VoiceGender.Female));
    private readonly FakeEngine _far = new("far", FakeEngine.Voice("far-eve", "en-US", VoiceGender.Female))
    {
        Limits = new EngineLimits(1) { IsRemote = true },
    };
    private ApiHost _api = null!;
    private string _token = "";
    private Guid _workspace;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _api = await VoicesHost.StartAsync(new FliteEngine(new LocalEngineOptions()), _mute, _far);
        (_token, _workspace) = await SignUpAsync();
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_lexicon_is_made_read_listed_and_deleted()
    {
        var made = await MakeAsync(Queequeg);
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var lexicon = await made.JsonAsync();
        var path = $"/lexicons/{lexicon["id"]}";
        made.Headers.Location!.ToString().ShouldBe("/api/v1" + path);
        made.Headers.ETag!.Tag.ShouldBe("\"1\"");

        using var read = await GetAsync(path);
        read.Headers.ETag!.Tag.ShouldBe("\"1\"");
        var view = await read.JsonAsync();
        view["lexicon"]!["name"]!.GetValue<string>().ShouldBe("Whalers");
        view["lexicon"]!["count"]!.GetValue<int>().ShouldBe(1);
        view["entries"]!
            .ToJsonString()
            .ShouldBe(
                new JsonArray(
                    new JsonObject
                    {
                        ["word"] = "Queequeg",
                        ["alias"] = "Kweekweg",
                        ["ipa"] = "ˈkwiːkwɛɡ",
                    }
                ).ToJsonString()
            );
        var project = await MakeProjectAsync();
        var ofProject = await (
            await SendAsync(
                HttpMethod.Post,
                "/lexicons",
                new
                {
                    name = "P",
                    language = "fr",
                    project,
                }
            )
        ).JsonAsync();
        Ids(await (await GetAsync("/lexicons")).JsonAsync())
            .ShouldBe([(string)ofProject["id"]!, (string)lexicon["id"]!]);
        Ids(await (await GetAsync($"/lexicons?project={project}")).JsonAsync()).ShouldBe([(string)ofProject["id"]!]);
        Ids(await (await GetAsync("/lexicons?limit=1")).JsonAsync()).Count.ShouldBe(1);

        (await SendAsync(HttpMethod.Delete, path)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await (await GetAsync(path)).RefusalAsync()).ShouldBe("404 not-found");
        (await (await SendAsync(HttpMethod.Delete, path)).RefusalAsync()).ShouldBe("404 not-found");
        (await (await GetAsync(path + "/versions")).RefusalAsync()).ShouldBe("404 not-found");
        (
            await (await SendAsync(HttpMethod.Put, path + "/entries", new { entries = new[] { Ahab } })).RefusalAsync()
        ).ShouldBe("404 not-found");
    }

    [Fact]
    public async Task Every_change_makes_a_version_that_stays_readable_and_no_change_makes_none()
    {
        var path = await PathAsync(Queequeg);
        await ChangedAsync(HttpMethod.Patch, path + "/entries", new { set = new[] { Ahab } }, 2, 2);
        await ChangedAsync(HttpMethod.Patch, path + "/entries", new { set = new[] { Ahab } }, 2, 2); // nothing new
        await ChangedAsync(HttpMethod.Patch, path + "/entries", new { remove = Nobody }, 2, 2);
        await ChangedAsync(
            HttpMethod.Patch,
            path + "/entries",
            new { set = new[] { new { word = "Ahab", alias = "A-hab" } }, remove = OnlyQueequeg },
            3,
            1
        );
        await ChangedAsync(HttpMethod.Patch, path, new { name = "Hunters" }, 4, 1);
        await ChangedAsync(HttpMethod.Put, path + "/entries", new { entries = new[] { Queequeg, Ahab } }, 5, 2);
        await ChangedAsync(HttpMethod.Put, path + "/entries", new { entries = Array.Empty<object>() }, 6, 0);

        string[] expected = ["Queequeg", "Ahab Queequeg", "Ahab", "Ahab", "Ahab Queequeg", ""];
        for (var version = 1; version <= 6; version++)
        {
            var entries = (await (await GetAsync($"{path}/versions/{version}")).JsonAsync()).AsArray();
            string.Join(' ', entries.Select(entry => entry!["word"])).ShouldBe(expected[version - 1]);
        }
        var third = (await (await GetAsync($"{path}/versions/3")).JsonAsync()).AsArray();
        third.Single()!["alias"]!.GetValue<string>().ShouldBe("A-hab");
        foreach (var nowhere in new[] { "0", "7", "-1" })
            (await (await GetAsync($"{path}/versions/{nowhere}")).RefusalAsync()).ShouldBe("404 not-found");

        var versions = (await (await GetAsync(path + "/versions")).JsonAsync())["versions"]!.AsArray();
        versions
            .Select(v => $"{v!["version"]} {v["change"]} +{v["added"]} ~{v["changed"]} -{v["removed"]}")
            .ShouldBe([
                "1 created +1 ~0 -0",
                "2 changed +1 ~0 -0",
                "3 changed +0 ~1 -1",
                "4 described +0 ~0 -0",
                "5 changed +1 ~1 -0",
                "6 changed +0 ~0 -2",
            ]);
        var later = await (await GetAsync(path + "/versions?after=4")).JsonAsync();
        later["versions"]!.AsArray().Count.ShouldBe(2);
        later["next"].ShouldBeNull();
    }

    [Fact]
    public async Task A_stale_version_changes_nothing()
    {
        var path = await PathAsync(Queequeg);
        using (var first = await SendAsync(HttpMethod.Patch, path, new { name = "A" }, ifMatch: "\"1\""))
        {
            first.StatusCode.ShouldBe(HttpStatusCode.OK);
            first.Headers.ETag!.Tag.ShouldBe("\"2\"");
        }
        foreach (
            var (method, at, body) in new (HttpMethod, string, object?)[]
            {
                (HttpMethod.Patch, path, new { name = "B" }),
                (HttpMethod.Put, path + "/entries", new { entries = new[] { Ahab } }),
                (HttpMethod.Patch, path + "/entries", new { set = new[] { Ahab } }),
                (HttpMethod.Delete, path, null),
            }
        )
            (await (await SendAsync(method, at, body, ifMatch: "\"1\"")).RefusalAsync()).ShouldBe(
                "412 precondition-failed"
            );
        foreach (var other in new[] { "2", "W/\"2\"", "\"3\"", "nonsense" })
            (
                await (await SendAsync(HttpMethod.Patch, path, new { name = "B" }, ifMatch: other)).RefusalAsync()
            ).ShouldBe("412 precondition-failed", other);
        using var any = await SendAsync(HttpMethod.Patch, path, new { name = "A" }, ifMatch: "*");
        any.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var unchanged = await SendAsync(HttpMethod.Get, path, ifNoneMatch: "\"2\"");
        unchanged.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task Of_many_who_change_the_same_version_at_the_same_time_one_does()
    {
        var path = await PathAsync(Queequeg);
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(i =>
                    SendAsync(
                        HttpMethod.Patch,
                        path + "/entries",
                        new { set = new[] { new { word = $"word{i}", alias = "x" } } },
                        ifMatch: "\"1\""
                    )
                )
        );
        answers.Count(answer => answer.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed).ShouldBe(7);
        (await (await GetAsync(path)).JsonAsync())["lexicon"]!["count"]!.GetValue<int>().ShouldBe(2);
    }

    public static TheoryData<string> BadEntries =>
        [
            """{"word":"","alias":"x"}""",
            """{"word":" a","alias":"x"}""",
            """{"word":"a  b","alias":"x"}""",
            """{"word":"...","alias":"x"}""",
            """{"word":"a\u0007","alias":"x"}""",
            """{"word":"a\ufff9b","alias":"x"}""",
            """{"word":"a\uffff","alias":"x"}""",
            """{"word":"a"}""",
            """{"word":"a","alias":""}""",
            """{"word":"a","alias":"?"}""",
            """{"word":"a","ipa":""}""",
            $$"""{"word":"{{new string('a', 81)}}","alias":"x"}""",
            $$"""{"word":"a","alias":"{{new string('x', 201)}}"}""",
            $$"""{"word":"a","ipa":"{{new string('x', 101)}}"}""",
            """{"word":"a","alias":"x"},{"word":"a","alias":"y"}""",
        ];

    [Theory]
    [MemberData(nameof(BadEntries))]
    public async Task Entries_that_nobody_could_say_or_store_are_refused_by_place(string entry)
    {
        var body = JsonNode.Parse($$"""{"name":"Whalers","language":"en","entries":[{{entry}}]}""")!;
        using var refused = await SendAsync(HttpMethod.Post, "/lexicons", body);
        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
        var errors = (await refused.JsonAsync())["errors"]!.AsArray();
        errors[0]!["pointer"]!.GetValue<string>().ShouldStartWith("/entries/");
    }

    [Theory]
    [InlineData("", "en", null, "/name")]
    [InlineData("Whalers", "english please", null, "/language")]
    [InlineData("Whalers", "e", null, "/language")]
    [InlineData("Whalers", "en", "job_01h455vb4pex5vsknk084sn02q", "/project")]
    public async Task Names_languages_and_projects_are_checked(
        string name,
        string language,
        string? project,
        string field
    )
    {
        using var refused = await SendAsync(
            HttpMethod.Post,
            "/lexicons",
            new
            {
                name,
                language,
                project,
            }
        );
        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
        (await refused.JsonAsync())["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe(field);
    }

    [Fact]
    public async Task A_project_that_is_not_the_workspaces_gets_no_lexicon()
    {
        var gone = await MakeProjectAsync();
        (await SendAsync(HttpMethod.Delete, $"/projects/{gone}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var (ours, foreign) = (_token, "");
        (_token, _) = await SignUpAsync();
        foreign = await MakeProjectAsync();
        _token = ours;

        foreach (var project in (string[])[gone, foreign, PublicId.Format("project", Guid.CreateVersion7())])
        {
            using var refused = await SendAsync(
                HttpMethod.Post,
                "/lexicons",
                new
                {
                    name = "L",
                    language = "en",
                    project,
                }
            );
            (await refused.RefusalAsync()).ShouldBe("422 unknown-project", project);
            ((string)(await refused.JsonAsync())["errors"]![0]!["pointer"]!).ShouldBe("/project");
        }

        Ids(await (await GetAsync("/lexicons")).JsonAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Five_thousand_entries_are_the_most_and_a_hundred_lexicons()
    {
        object[] Entries(int from, int count) =>
            [.. Enumerable.Range(from, count).Select(i => (object)new { word = $"word{i}", alias = "x" })];
        var path = await PathAsync(Entries(0, 5_000));
        (
            await (await SendAsync(HttpMethod.Patch, path + "/entries", new { set = Entries(5_000, 1) })).RefusalAsync()
        ).ShouldBe("422 invalid-values");
        (
            await (
                await SendAsync(HttpMethod.Put, path + "/entries", new { entries = Entries(0, 5_001) })
            ).RefusalAsync()
        ).ShouldBe("422 invalid-values");
        await ChangedAsync(
            HttpMethod.Patch,
            path + "/entries",
            new { set = Entries(5_000, 1), remove = FirstWord },
            2,
            5_000
        );
        for (var i = 1; i < 100; i++)
            (await MakeAsync()).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await (await MakeAsync()).RefusalAsync()).ShouldBe("409 too-many-lexicons");
    }

    [Fact]
    public async Task Pls_goes_out_and_comes_in_again()
    {
        var path = await PathAsync(Queequeg, Ahab);
        using var exported = await GetAsync(path + "/pls");
        exported.Content.Headers.ContentType!.MediaType.ShouldBe("application/pls+xml");
        var document = await exported.Content.ReadAsByteArrayAsync(Cancel);
        await ChangedAsync(HttpMethod.Put, path + "/entries", new { entries = Array.Empty<object>() }, 2, 0);

        using (var imported = await PutPlsAsync(path, document))
            (await imported.JsonAsync())["count"]!.GetValue<int>().ShouldBe(2);
        var entries = (await (await GetAsync(path)).JsonAsync())["entries"]!.ToJsonString();
        entries.ShouldBe((await (await GetAsync(path + "/versions/1")).JsonAsync()).ToJsonString());

        (await (await PutPlsAsync(path, "<!DOCTYPE x []><x/>"u8.ToArray())).RefusalAsync()).ShouldBe(
            "422 unreadable-lexicon"
        );
        var french = Encoding
            .UTF8.GetString(document)
            .Replace("xml:lang=\"en\"", "xml:lang=\"fr\"", StringComparison.Ordinal);
        (await (await PutPlsAsync(path, Encoding.UTF8.GetBytes(french))).RefusalAsync()).ShouldBe(
            "422 unreadable-lexicon"
        );
        (await (await PutPlsAsync(path, document, "application/json")).RefusalAsync()).ShouldBe(
            "415 unsupported-media-type"
        );
        (await (await PutPlsAsync(path, new byte[4 * 1024 * 1024 + 1])).RefusalAsync()).ShouldBe("413 too-large");
    }

    [Fact]
    public async Task A_word_is_heard_before_and_after()
    {
        var path = await PathAsync(Queequeg, Ahab, new { word = "Nantucket", ipa = "nænˈtʌkɪt" });
        var flite = await TestAsync(path, "Queequeg and Ahab", "flite-slt");
        var (before, after) = (AudioOf(flite["before"]!), AudioOf(flite["after"]!));
        before.Samples.ToArray().ShouldNotBe(after.Samples.ToArray());
        flite["words"]!
            .AsArray()
            .Select(w => $"{w!["word"]} {w["spoken"]} {w["as"]}")
            .ShouldBe(["Queequeg ipa ˈkwiːkwɛɡ", "Ahab alias Ayhab"]);

        var asked = new List<string>();
        _mute.Speak = request =>
        {
            asked.Add(request.Text);
            return Task.FromResult(FakeEngine.Tone());
        };
        var mute = await TestAsync(path, "Queequeg of Nantucket", "mute-ann");
        mute["words"]!
            .AsArray()
            .Select(w => $"{w!["word"]} {w["spoken"]}")
            .ShouldBe(["Queequeg alias", "Nantucket unchanged"]);
        asked.ShouldBe(["Queequeg of Nantucket", "Kweekweg of Nantucket"]);
        (await TestAsync(path, "Ishmael", "mute-ann"))["after"].ShouldBeNull();

        foreach (
            var (text, voice) in new[]
            {
                ("", "mute-ann"),
                (new string('a', 101), "mute-ann"),
                ("a", "nobody"),
                ("a", "far-eve"),
            }
        )
            (await (await SendAsync(HttpMethod.Post, path + "/test", new { text, voice })).RefusalAsync()).ShouldBe(
                "422 invalid-values"
            );
        _far.Spoken.ShouldBe(0); // nobody pays for a test
        _mute.Speak = _ => throw new ProviderException("mute", ProviderFailure.Outage, "gone");
        (
            await (
                await SendAsync(HttpMethod.Post, path + "/test", new { text = "a", voice = "mute-ann" })
            ).RefusalAsync()
        ).ShouldBe("503 voice-unavailable");
    }

    [Fact]
    public async Task A_text_gets_what_fits_its_language_and_project_the_nearest_first()
    {
        PublicId.TryParse("project", await MakeProjectAsync(), out var project).ShouldBeTrue();
        await MakeAsync(
            "en",
            null,
            new { word = "read", alias = "workspace" },
            new { word = "only", alias = "workspace" }
        );
        await MakeAsync("en-GB", null, new { word = "read", alias = "region" });
        await MakeAsync("en", project, new { word = "read", alias = "project" });
        await MakeAsync("de", null, new { word = "read", alias = "german" });
        await using var session = _api.Store.OpenWorkerSession(new SessionContext(_workspace, "system", _workspace));

        async Task<string> SaidAsync(Guid workspace, Guid? of, string language) =>
            (await LexiconReader.FindAsync(session, workspace, of, language, Cancel)).Apply(
                "read only",
                new EngineLimits(1),
                language
            );

        (await SaidAsync(_workspace, null, "en")).ShouldBe("workspace workspace");
        (await SaidAsync(_workspace, null, "en-GB")).ShouldBe("region workspace");
        (await SaidAsync(_workspace, null, "EN-gb")).ShouldBe("region workspace");
        (await SaidAsync(_workspace, project, "en-GB")).ShouldBe("project workspace");
        (await SaidAsync(_workspace, Guid.CreateVersion7(), "en")).ShouldBe("workspace workspace");
        (await SaidAsync(_workspace, null, "eng")).ShouldBe("read only");
        (await SaidAsync(Guid.CreateVersion7(), project, "en-GB")).ShouldBe("read only");
    }

    [Fact]
    public async Task Words_stand_in_no_event_are_nobody_elses_and_go_with_the_workspace()
    {
        var path = await PathAsync(Queequeg);
        await ChangedAsync(
            HttpMethod.Patch,
            path + "/entries",
            new { set = new[] { Ahab }, remove = OnlyQueequeg },
            2,
            1
        );
        var (other, _) = await SignUpAsync();
        (await (await _api.GetAsync(path, other)).RefusalAsync()).ShouldBe("404 not-found");
        await using (var session = _api.Store.OpenWorkerSession(new SessionContext(_workspace, "system", _workspace)))
        {
            var events = await session.QueryAsync(
                "select data::text from eventing.events",
                row => row.GetString(0),
                Cancel
            );
            events.ShouldAllBe(data =>
                !data.Contains("Ahab") && !data.Contains("Queequeg") && !data.Contains("Whalers")
            );
        }

        foreach (var part in _api.Services.GetServices<IErasePart>())
            (await part.EraseWorkspaceAsync(_workspace, Cancel)).ShouldBeTrue();
        await using var after = _api.Store.OpenWorkerSession(new SessionContext(_workspace, "system", _workspace));
        foreach (var table in Tables)
            (await after.QueryAsync($"select 1 from {table}", _ => 1, Cancel)).ShouldBeEmpty();
    }

    private async Task<(string Token, Guid Workspace)> SignUpAsync()
    {
        var account = new { email = $"{Guid.NewGuid():n}@example.com", password = "three tall ships" };
        var body = await (await _api.PostAsync("/auth/signup", account)).JsonAsync();
        PublicId.TryParse("workspace", (string)body["workspace"]!["id"]!, out var workspace).ShouldBeTrue();
        return ((string)body["tokens"]!["accessToken"]!, workspace);
    }

    private async Task<string> MakeProjectAsync()
    {
        using var made = await SendAsync(
            HttpMethod.Post,
            "/projects",
            new { name = "Whales" },
            key: Guid.NewGuid().ToString()
        );
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        return (string)(await made.JsonAsync())["id"]!;
    }

    private Task<HttpResponseMessage> MakeAsync(params object[] entries) =>
        SendAsync(
            HttpMethod.Post,
            "/lexicons",
            new
            {
                name = "Whalers",
                language = "en",
                entries,
            }
        );

    private async Task MakeAsync(string language, Guid? project, params object[] entries)
    {
        var named = project is { } id ? PublicId.Format("project", id) : null;
        using var made = await SendAsync(
            HttpMethod.Post,
            "/lexicons",
            new
            {
                name = "L",
                language,
                project = named,
                entries,
            }
        );
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    private async Task<string> PathAsync(params object[] entries) =>
        $"/lexicons/{(await (await MakeAsync(entries)).JsonAsync())["id"]}";

    private async Task ChangedAsync(HttpMethod method, string path, object body, int version, int count)
    {
        using var answer = await SendAsync(method, path, body);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var lexicon = await answer.JsonAsync();
        lexicon["version"]!.GetValue<int>().ShouldBe(version);
        lexicon["count"]!.GetValue<int>().ShouldBe(count);
        answer.Headers.ETag!.Tag.ShouldBe($"\"{version}\"");
    }

    private async Task<JsonNode> TestAsync(string path, string text, string voice)
    {
        using var answer = await SendAsync(HttpMethod.Post, path + "/test", new { text, voice });
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.JsonAsync();
    }

    private Task<HttpResponseMessage> GetAsync(string path) => _api.GetAsync(path, _token);

    private async Task<HttpResponseMessage> PutPlsAsync(
        string path,
        byte[] document,
        string type = "application/pls+xml"
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1" + path + "/pls");
        request.Content = new ByteArrayContent(document);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        return await _api.Client.SendAsync(request, Cancel);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        object? body = null,
        string? ifMatch = null,
        string? ifNoneMatch = null,
        string? key = null
    )
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path);
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        if (body is not null)
            request.Content = JsonContent.Create(body, body.GetType());
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch).ShouldBeTrue();
        if (ifNoneMatch is not null)
            request.Headers.IfNoneMatch.ParseAdd(ifNoneMatch);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        return await _api.Client.SendAsync(request, Cancel);
    }

    private static List<string> Ids(JsonNode page) =>
        [.. page["items"]!.AsArray().Select(item => (string)item!["id"]!)];

    private static Pcm AudioOf(JsonNode base64) =>
        Wav.Read(Convert.FromBase64String((string)base64!)).Audio.ShouldNotBeNull();
}
