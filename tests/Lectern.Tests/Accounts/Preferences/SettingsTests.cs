using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Preferences;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Accounts.Preferences;

/// <summary>Settings of Jane, of her workspace with Joe as its viewer, and of the platform.</summary>
public sealed class SettingsTests : IAsyncLifetime
{
    private static readonly Preference<string> Color = new("ui.color")
    {
        Description = "The color of the door.",
        Default = "white",
        Rule = color => color.Length > 20 ? "must be a shorter name" : null,
    };

    private static readonly Preference<int> Size = new("ui.size")
    {
        Description = "The size of the door.",
        Default = 3,
        Allowed = [1, 2, 3],
    };

    private ApiHost _api = null!;
    private JsonNode _jane = null!;
    private JsonNode _joe = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Workspace => $"/workspaces/{Text(_jane, "workspace")}/settings";

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync(
            [new AccountsModule()],
            services =>
            {
                SignedUp.QuickPasswords(services);
                services.AddSingleton<IPreferenceDefinitions>(new Doors());
            }
        );
        _jane = await SignUpAsync();
        _joe = await SignUpAsync();
        await ExecuteAsync("update accounts.people set platform_admin = true where id = $1", Id("person", _jane));
        await ExecuteAsync(
            "insert into accounts.members (workspace_id, person_id, role) values ($1, $2, 'viewer')",
            Id("workspace", _jane),
            Id("person", _joe)
        );
        _jane["token"] = await EnterAsync(_jane, _jane);
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_persons_value_wins_over_the_workspaces_that_over_the_platforms_that_over_the_default()
    {
        string[] levels = ["platform", "workspace", "person"];
        string[] paths = ["/admin/settings", Workspace, "/me/settings"];
        for (var set = 0; set < 8; set++)
        {
            for (var level = 0; level < 3; level++)
                await ChangeAsync(
                    paths[level],
                    $$"""{"ui.color": {{((set & 1 << level) == 0 ? "null" : $"\"{levels[level]}'s\"")}}}"""
                );

            for (var level = 0; level < 3; level++)
            {
                var seen = set & ((2 << level) - 1);
                var source = seen == 0 ? "default" : levels[int.Log2(seen)];
                var setting = await SettingAsync(paths[level]);
                Text(setting, "source").ShouldBe(source, $"{set} from {paths[level]}");
                Text(setting, "value").ShouldBe(source == "default" ? "white" : $"{source}'s");
                Text(setting, "default").ShouldBe("white");
                setting["values"]!
                    .AsObject()
                    .Select(value => $"{value.Key}: {value.Value}")
                    .ShouldBe(
                        levels
                            .Take(level + 1)
                            .Select((name, i) => $"{name}: {((set & 1 << i) == 0 ? "" : name + "'s")}")
                    );
            }

            // and for the code that asks
            var read = await ReadAsync();
            read.Of(Color).ShouldBe(set == 0 ? "white" : $"{levels[int.Log2(set)]}'s");
            read.Of(Size).ShouldBe(3);
        }
    }

    [Fact]
    public async Task The_list_explains_each_setting_and_is_filtered_by_the_beginning_of_its_key()
    {
        var all = await ItemsAsync("/me/settings", Token(_jane));
        all.Select(setting => Text(setting!, "key"))
            .ShouldBe(["desk.height", "desk.lamp", "platform.motto", "ui.color", "ui.size", "workspace.sign"]);
        var size = all.Single(setting => Text(setting!, "key") == "ui.size")!;
        size.ToJsonString()
            .ShouldBe(
                """{"key":"ui.size","value":3,"source":"default","type":"integer","description":"The size of the door.","default":3,"allowed":[1,2,3],"values":{"platform":null,"workspace":null,"person":null}}"""
            );

        (await ItemsAsync("/me/settings?key=ui.", Token(_jane))).Count.ShouldBe(2);
        (await ItemsAsync("/me/settings?key=nothing", Token(_jane))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_type_is_stored_and_read_as_it_was_written()
    {
        await ChangeAsync(
            "/me/settings",
            """{"desk.height": 0.75, "desk.lamp": {"watts": 7, "warm": true}, "ui.color": "\ud83d\ude00 'or 1=1", "ui.size": 1}"""
        );

        var values = (await ItemsAsync("/me/settings", Token(_jane)))
            .Where(setting => Text(setting!, "source") == "person")
            .Select(setting => setting!["value"]!.ToJsonString());
        values.ShouldBe(["0.75", """{"warm":true,"watts":7}""", "\"\\uD83D\\uDE00 \\u0027or 1=1\"", "1"]);
        var read = await ReadAsync();
        read.Of(Doors.Height).ShouldBe(0.75);
        read.Of(Doors.Light).ShouldBe(new Lamp(7, true));
        read.Of(Color).ShouldBe("😀 'or 1=1");
    }

    [Theory]
    [InlineData("""{"ui.colour": "red"}""", "422 invalid-values", "/ui.colour", "is not a setting")]
    [InlineData("""{"a/b~c": null}""", "422 invalid-values", "/a~1b~0c", "is not a setting")]
    [InlineData("""{"ui.size": 4}""", "422 invalid-values", "/ui.size", "must be one of 1, 2, 3")]
    [InlineData("""{"ui.size": "1"}""", "422 invalid-values", "/ui.size", "must be a whole number")]
    [InlineData(
        """{"ui.color": "aaaaaaaaaaaaaaaaaaaaa"}""",
        "422 invalid-values",
        "/ui.color",
        "must be a shorter name"
    )]
    [InlineData("""{"ui.color": "a\u0000"}""", "422 invalid-values", "/ui.color", "must hold no NUL")]
    [InlineData(
        """{"platform.motto": "Mine"}""",
        "422 invalid-values",
        "/platform.motto",
        "can't be set for a person, only for the platform"
    )]
    [InlineData("""{"workspace.sign": null}""", "422 invalid-values", "/workspace.sign", "can't be set for a person")]
    [InlineData("""[]""", "422 invalid-values", null, null)]
    [InlineData("""{"ui.color": "red", "ui.color": "blue"}""", "422 invalid-values", null, null)]
    [InlineData("null", "400 malformed-request", null, null)]
    [InlineData("""{"ui.color": """, "400 malformed-request", null, null)]
    public async Task A_change_that_does_not_fit_is_refused_with_a_sentence(
        string change,
        string refusal,
        string? pointer,
        string? sentence
    )
    {
        var answer = await PatchAsync("/me/settings", change, Token(_jane));

        (await answer.RefusalAsync()).ShouldBe(refusal);
        if (pointer is null)
            return;
        var error = (await answer.JsonAsync())["errors"]![0]!;
        Text(error, "pointer").ShouldBe(pointer);
        Text(error, "detail").ShouldStartWith(sentence!);
    }

    [Fact]
    public async Task A_change_is_made_whole_or_not_at_all()
    {
        var answer = await PatchAsync("/me/settings", """{"ui.color": "red", "ui.size": 9, "no": 1}""", Token(_jane));

        (await answer.JsonAsync())["errors"]!
            .AsArray()
            .Select(error => Text(error!, "pointer"))
            .ShouldBe(["/ui.size", "/no"]);
        Text(await SettingAsync("/me/settings"), "value").ShouldBe("white");
    }

    [Fact]
    public async Task What_only_the_platform_or_a_workspace_may_set_is_set_there_alone()
    {
        await ChangeAsync("/admin/settings", """{"platform.motto": "Read on"}""");
        await ChangeAsync(Workspace, """{"workspace.sign": "Jane & Co."}""");

        (await (await PatchAsync(Workspace, """{"platform.motto": "x"}""", Token(_jane))).RefusalAsync()).ShouldBe(
            "422 invalid-values"
        );
        (
            await (await PatchAsync("/admin/settings", """{"workspace.sign": "x"}""", Token(_jane))).RefusalAsync()
        ).ShouldBe("422 invalid-values");
        var mine = await ItemsAsync("/me/settings", Token(_jane));
        mine.Select(setting => $"{setting!["value"]}").ShouldContain("Read on");
        mine.Select(setting => $"{setting!["value"]}").ShouldContain("Jane & Co.");
    }

    [Fact]
    public async Task A_viewer_reads_the_workspaces_settings_and_changes_his_own_only()
    {
        var visit = await EnterAsync(_joe, _jane);
        await ChangeAsync(Workspace, """{"ui.color": "red"}""");

        Text(await SettingAsync(Workspace, visit), "value").ShouldBe("red");
        Text(await SettingAsync("/me/settings", visit), "source").ShouldBe("workspace");
        (await (await PatchAsync(Workspace, """{"ui.color": "blue"}""", visit)).RefusalAsync()).ShouldBe(
            "403 forbidden"
        );
        (await (await PatchAsync("/admin/settings", """{"ui.color": "blue"}""", visit)).RefusalAsync()).ShouldBe(
            "403 forbidden"
        );
        (await (await _api.GetAsync("/admin/settings", visit)).RefusalAsync()).ShouldBe("403 forbidden");
        (await PatchAsync("/me/settings", """{"ui.color": "blue"}""", visit)).StatusCode.ShouldBe(HttpStatusCode.OK);
        Text(await SettingAsync("/me/settings", visit), "value").ShouldBe("blue");
        Text(await SettingAsync("/me/settings"), "value").ShouldBe("red");
    }

    [Fact]
    public async Task Another_workspace_is_not_there()
    {
        foreach (var id in new[] { Text(_joe, "workspace"), "workspace_x", "1", Text(_jane, "person") })
        {
            (await (await _api.GetAsync($"/workspaces/{id}/settings", Token(_jane))).RefusalAsync()).ShouldBe(
                "404 not-found"
            );
            (await (await PatchAsync($"/workspaces/{id}/settings", "{}", Token(_jane))).RefusalAsync()).ShouldBe(
                "404 not-found"
            );
        }
    }

    [Fact]
    public async Task Without_any_filter_the_database_shows_and_changes_nothing_of_others()
    {
        await ChangeAsync("/admin/settings", """{"ui.color": "platform's"}""");
        await ChangeAsync(Workspace, """{"ui.color": "workspace's"}""");
        await ChangeAsync("/me/settings", """{"ui.color": "jane's"}""");

        var joe = new Caller(Id("person", _joe), Id("workspace", _joe), Role.Admin);
        await using var looking = _api.Store.OpenSession(joe);
        (await ValuesAsync(looking)).ShouldBe(["\"platform's\""]);
        looking.Execute("update accounts.preferences set value = '\"joe''s\"'");
        looking.Execute("delete from accounts.preferences");
        await looking.SaveChangesAsync(Cancel);

        await using var all = _api.Store.OpenWorkerSession(joe);
        (await ValuesAsync(all)).ShouldBe(["\"jane's\"", "\"platform's\"", "\"workspace's\""]);
        foreach (
            var (owner, level) in new[]
            {
                (Guid.Empty, "platform"),
                (Id("workspace", _jane), "workspace"),
                (Id("person", _jane), "person"),
                (Id("person", _joe), "workspace"),
            }
        )
        {
            await using var writing = _api.Store.OpenSession(joe);
            writing.Execute(
                "insert into accounts.preferences (owner_id, key, level, value, updated_by) values ($1, 'k', $2, '1', $1)",
                owner,
                level
            );
            (await Should.ThrowAsync<PostgresException>(() => writing.SaveChangesAsync(Cancel))).SqlState.ShouldBe(
                "42501",
                level
            );
        }
    }

    [Fact]
    public async Task Changes_at_once_happen_one_after_the_other()
    {
        // Each leaves one of three pairs behind; a mixture of two changes would be none of them.
        string[] changes =
        [
            """{"ui.color": null, "ui.size": 1}""",
            """{"ui.color": "two", "ui.size": 2}""",
            """{"ui.color": "three", "ui.size": 3}""",
        ];
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 30).Select(i => PatchAsync(Workspace, changes[i % 3], Token(_jane)))
        );

        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
        foreach (var answer in answers.Append(await _api.GetAsync(Workspace, Token(_jane))))
        {
            var own = (await answer.JsonAsync())["items"]!
                .AsArray()
                .Where(setting => Text(setting!, "key").StartsWith("ui.", StringComparison.Ordinal))
                .Select(setting => $"{setting!["values"]!["workspace"]}");
            string.Join(' ', own).ShouldBeOneOf(" 1", "two 2", "three 3");
        }

        (await ScalarAsync<long>("select count(*) from accounts.audit_log where action = 'settings.changed'")).ShouldBe(
            30
        );
    }

    [Fact]
    public async Task A_change_is_in_the_audit_log_with_its_keys_and_without_its_values()
    {
        await ChangeAsync(Workspace, """{"ui.color": "crimson", "ui.size": null}""");
        await ChangeAsync("/admin/settings", """{"ui.color": "crimson"}""");

        const string entries =
            "from accounts.audit_log where action = 'settings.changed' and (workspace_id = $1) = $2 and actor = $3";
        var actor = $"person:{Id("person", _jane)}";
        (await ScalarAsync<string>($"select target || detail {entries}", Id("workspace", _jane), true, actor)).ShouldBe(
            Text(_jane, "workspace") + """{"keys": ["ui.color", "ui.size"], "level": "workspace"}"""
        );
        (await ScalarAsync<string>($"select detail::text {entries}", Id("workspace", _jane), false, actor)).ShouldBe(
            """{"keys": ["ui.color"], "level": "platform"}"""
        );
    }

    [Fact]
    public async Task A_stored_value_whose_definition_has_changed_counts_as_not_set()
    {
        await ChangeAsync(Workspace, """{"ui.size": 2}""");
        await ChangeAsync("/me/settings", """{"ui.size": 1}""");
        await ExecuteAsync("update accounts.preferences set value = '\"large\"' where level = 'person'");

        var size = (await ItemsAsync("/me/settings?key=ui.size", Token(_jane)))[0]!;
        size["value"]!.GetValue<int>().ShouldBe(2);
        Text(size, "source").ShouldBe("workspace");
        (await ReadAsync()).Of(Size).ShouldBe(2);
    }

    private Task<PreferenceValues> ReadAsync() =>
        _api
            .Services.GetRequiredService<PreferenceReader>()
            .ReadAsync(
                new Caller(Id("person", _jane), Id("workspace", _jane), Role.Admin),
                [Color, Size, Doors.Height, Doors.Light],
                Cancel
            );

    private async Task<JsonNode> SettingAsync(string path, string? token = null) =>
        (await ItemsAsync(path + "?key=ui.color", token ?? Token(_jane))).ShouldHaveSingleItem()!;

    private async Task<JsonArray> ItemsAsync(string path, string token)
    {
        var answer = await _api.GetAsync(path, token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return (await answer.JsonAsync())["items"]!.AsArray();
    }

    private async Task ChangeAsync(string path, string change)
    {
        var answer = await PatchAsync(path, change, Token(_jane));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancel));
    }

    private async Task<HttpResponseMessage> PatchAsync(string path, string change, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/api/v1" + path);
        request.Content = new StringContent(change, Encoding.UTF8, "application/json");
        request.Headers.Authorization = new("Bearer", token);
        return await _api.Client.SendAsync(request, Cancel);
    }

    private async Task<JsonNode> SignUpAsync()
    {
        var tokens = await SignedUp.TokensAsync(_api);
        var me = await (await _api.GetAsync("/me", Text(tokens, "accessToken"))).JsonAsync();
        return new JsonObject
        {
            ["person"] = Text(me, "id"),
            ["workspace"] = Text(me, "workspace"),
            ["token"] = Text(tokens, "accessToken"),
            ["refreshToken"] = Text(tokens, "refreshToken"),
        };
    }

    /// <summary>A token of somebody for somebody's workspace.</summary>
    private async Task<string> EnterAsync(JsonNode who, JsonNode where)
    {
        var answer = await _api.PostAsync(
            "/auth/refresh",
            new { refreshToken = Text(who, "refreshToken"), workspace = Text(where, "workspace") }
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var tokens = await answer.JsonAsync();
        who["refreshToken"] = Text(tokens, "refreshToken");
        return Text(tokens, "accessToken");
    }

    private static Task<List<string>> ValuesAsync(Session session) =>
        session.QueryAsync("select value::text from accounts.preferences order by 1", row => row.GetString(0), Cancel);

    private async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var session = System();
        session.Execute(sql, values);
        await session.SaveChangesAsync(Cancel);
    }

    private async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var session = System();
        return (await session.QueryAsync(sql, row => row.GetFieldValue<T>(0), Cancel, values)).ShouldHaveSingleItem();
    }

    private Session System() =>
        _api.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.CreateVersion7()));

    private static string Token(JsonNode who) => Text(who, "token");

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    private static Guid Id(string kind, JsonNode who)
    {
        PublicId.TryParse(kind, Text(who, kind), out var id).ShouldBeTrue();
        return id;
    }

    internal sealed record Lamp(int Watts, bool Warm);

    private sealed class Doors : IPreferenceDefinitions
    {
        public static readonly Preference<double> Height = new("desk.height") { Description = "In meters." };
        public static readonly Preference<Lamp> Light = new("desk.lamp") { Description = "Watts and warmth." };

        public IReadOnlyList<Preference> All { get; } =
        [
            Size,
            Color,
            Height,
            Light,
            new Preference<string>("platform.motto") { Description = "A motto.", Levels = [PreferenceLevel.Platform] },
            new Preference<string>("workspace.sign")
            {
                Description = "The sign at the door.",
                Levels = [PreferenceLevel.Workspace],
            },
        ];
    }
}
