using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Eventing;
using Lectern.Library;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Privacy;
using Lectern.Tests.Accounts;
using Lectern.Tests.Http;
using Lectern.Tests.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Library.Projects;

/// <summary>Accounts and Library over HTTP; each test signs up for a workspace of its own.</summary>
public sealed class ProjectsHost : IAsyncLifetime
{
    public ApiHost Api { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Api = await ApiHost.StartAsync([new AccountsModule(), new LibraryModule()], SignedUp.QuickPasswords);

    public ValueTask DisposeAsync() => Api.DisposeAsync();
}

public sealed class ProjectsTests(ProjectsHost host) : IClassFixture<ProjectsHost>, IAsyncLifetime
{
    private readonly ApiHost _api = host.Api;
    private string _token = "";
    private Guid _workspace;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => (_token, _workspace) = await SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_project_is_made_read_changed_and_deleted()
    {
        using var answer = await MakeAsync(new { name = " Jane Austen ", description = "All six." });
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        answer.Headers.ETag!.Tag.ShouldBe("\"1\"");
        var made = await answer.JsonAsync();
        var path = $"/projects/{made["id"]}";
        answer.Headers.Location!.ToString().ShouldBe("/api/v1" + path);
        ((string)made["name"]!).ShouldBe("Jane Austen");
        ((string)made["createdBy"]!).ShouldBe((string)(await JsonAsync("/me"))["id"]!);

        using var read = await SendAsync(HttpMethod.Get, path);
        read.Headers.ETag!.Tag.ShouldBe("\"1\"");
        (await read.JsonAsync()).ToJsonString().ShouldBe(made.ToJsonString());
        using var known = await SendAsync(HttpMethod.Get, path, headers: ("If-None-Match", "\"1\""));
        known.StatusCode.ShouldBe(HttpStatusCode.NotModified);

        var changed = await ChangedAsync(path, new { name = "The novels" });
        ((int)changed["version"]!).ShouldBe(2);
        ((string)changed["description"]!).ShouldBe("All six.");
        ((int)(await ChangedAsync(path, new { name = "The novels" }))["version"]!).ShouldBe(2); // as it was
        ((int)(await ChangedAsync(path, new { description = "" }))["version"]!).ShouldBe(3);
        ((int)(await ChangedAsync(path, new { name = "A", description = "B" }))["version"]!).ShouldBe(4);

        using var deleted = await SendAsync(HttpMethod.Delete, path);
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Delete, HttpMethod.Patch])
            (
                await (await SendAsync(method, path, method == HttpMethod.Patch ? new { } : null)).RefusalAsync()
            ).ShouldBe("404 not-found");
        (await EventsAsync((string)made["id"]!)).ShouldBe([
            "library.project_created.v1 {}",
            """library.project_changed.v1 {"named": true, "described": false}""",
            """library.project_changed.v1 {"named": false, "described": true}""",
            """library.project_changed.v1 {"named": true, "described": true}""",
            "library.project_deleted.v1 {}",
        ]);
    }

    [Fact]
    public async Task A_repeat_is_the_same_project_and_two_may_have_one_name()
    {
        var body = new { name = "Twins" };
        using var first = await MakeAsync(body, "one");
        using var again = await MakeAsync(body, "one");
        using var other = await MakeAsync(body, "two");

        again.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = (string)(await first.JsonAsync())["id"]!;
        ((string)(await again.JsonAsync())["id"]!).ShouldBe(id);
        ((string)(await other.JsonAsync())["id"]!).ShouldNotBe(id);
        (await IdsAsync("/projects")).Count.ShouldBe(2);
        (await (await MakeAsync(new { name = "Another" }, "one")).RefusalAsync()).ShouldBe(
            "422 idempotency-key-reused"
        );
        using var withoutKey = await SendAsync(HttpMethod.Post, "/projects", body);
        (await withoutKey.RefusalAsync()).ShouldBe("400 idempotency-key-missing");
    }

    public static TheoryData<string, string> Misfits =>
        new()
        {
            { """{"name":""}""", "/name" },
            { """{"name":"  "}""", "/name" },
            { """{"name":"two\nlines"}""", "/name" },
            { $$"""{"name":"{{new string('n', 101)}}"}""", "/name" },
            { $$"""{"name":"n","description":"{{new string('d', 2_001)}}"}""", "/description" },
        };

    [Theory]
    [MemberData(nameof(Misfits))]
    public async Task What_does_not_fit_is_refused_by_place(string body, string pointer)
    {
        using var made = await MakeAsync(new { name = new string('n', 100), description = new string('d', 2_000) });
        var path = $"/projects/{(await made.JsonAsync())["id"]}";

        foreach (
            var refused in (HttpResponseMessage[])
                [await MakeAsync(JsonNode.Parse(body)!), await SendAsync(HttpMethod.Patch, path, JsonNode.Parse(body))]
        )
        {
            (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
            ((string)(await refused.JsonAsync())["errors"]![0]!["pointer"]!).ShouldBe(pointer);
        }
    }

    [Fact]
    public async Task Projects_are_listed_newest_first_in_pages_and_found_by_a_part_of_what_they_say()
    {
        var a = await MadeAsync("Whales", "of 100 % size");
        var b = await MadeAsync("Ships", "and WHALES");
        var c = await MadeAsync("Harbors", "a_b");

        (await IdsAsync("/projects")).ShouldBe([c, b, a]);
        var first = await JsonAsync("/projects?limit=2");
        Ids(first).ShouldBe([c, b]);
        Ids(await JsonAsync($"/projects?limit=2&cursor={first["next"]}")).ShouldBe([a]);
        (await IdsAsync("/projects?q=whale")).ShouldBe([b, a]);
        (await IdsAsync("/projects?q=100+%25+s")).ShouldBe([a]);
        (await IdsAsync("/projects?q=a_b")).ShouldBe([c]);
        (await IdsAsync("/projects?q=a%25b")).ShouldBeEmpty();
        (await IdsAsync("/projects?q=")).Count.ShouldBe(3);
        (await IdsAsync("/projects?mine=true")).Count.ShouldBe(3);

        foreach (
            var query in (string[])
                [
                    $"q=x&cursor={first["next"]}",
                    "limit=0",
                    "limit=201",
                    "cursor=x",
                    "q=%00",
                    $"q={new string('q', 101)}",
                ]
        )
            (await (await SendAsync(HttpMethod.Get, $"/projects?{query}")).RefusalAsync()).ShouldBe(
                "422 invalid-values",
                query
            );
    }

    [Fact]
    public async Task Mine_are_those_that_the_caller_made()
    {
        var mine = await MadeAsync("Mine", "");
        var theirs = await MadeAsync("Theirs", "");
        await RunAsync(
            "update library.projects set created_by = gen_random_uuid() where name = 'Theirs' and workspace_id = $1",
            _workspace
        );

        (await IdsAsync("/projects?mine=true")).ShouldBe([mine]);
        (await IdsAsync("/projects")).ShouldBe([theirs, mine]);
    }

    [Fact]
    public async Task A_stale_version_changes_nothing_and_of_many_who_change_one_at_once_one_does()
    {
        var path = $"/projects/{await MadeAsync("Race", "")}";
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(i => SendAsync(HttpMethod.Patch, path, new { name = $"name {i}" }, ("If-Match", "\"1\"")))
        );
        answers.Count(answer => answer.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed).ShouldBe(7);

        foreach (var other in (string[])["\"1\"", "2", "W/\"2\"", "nonsense"])
        foreach (var method in (HttpMethod[])[HttpMethod.Patch, HttpMethod.Delete])
        {
            var body = method == HttpMethod.Patch ? new { name = "B" } : null;
            (await (await SendAsync(method, path, body, ("If-Match", other))).RefusalAsync()).ShouldBe(
                "412 precondition-failed",
                other
            );
        }

        using var right = await SendAsync(HttpMethod.Patch, path, new { name = "C" }, ("If-Match", "\"1\", \"2\""));
        right.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Ten_thousand_are_the_most_and_the_repeat_of_the_last_is_still_answered()
    {
        await RunAsync(
            """
            insert into library.projects (id, workspace_id, created_by, name, description, version, created_at, changed_at)
            select gen_random_uuid(), $1, $1, 'Project ' || i, repeat('What it is for, at some length. ', 6), 1,
                   now() - make_interval(mins => i), now()
            from generate_series(1, 9999) i
            """,
            _workspace
        );
        var body = new { name = "The last" };
        using var last = await MakeAsync(body, "last");
        last.StatusCode.ShouldBe(HttpStatusCode.Created);

        (await (await MakeAsync(new { name = "One more" })).RefusalAsync()).ShouldBe("409 too-many-projects");
        using var again = await MakeAsync(body, "last");
        again.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await IdsAsync("/projects?q=project+9999")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_project_that_a_unit_of_work_needs_is_deleted_behind_it_and_needed_by_nobody_then()
    {
        var id = await MadeAsync("Needed", "");
        PublicId.TryParse(ProjectDirectory.Prefix, id, out var project).ShouldBeTrue();
        await using var owner = Npgsql.NpgsqlDataSource.Create(_api.ConnectionString);
        await using var unit = await owner.OpenConnectionAsync(Cancel);
        await using var transaction = await unit.BeginTransactionAsync(Cancel);
        await ScalarAsync<object>(unit, "select library.require_project($1, $2)::text", project, _workspace);

        var deletion = SendAsync(HttpMethod.Delete, $"/projects/{id}");
        await Eventually.IsAsync(
            () =>
                ScalarAsync<long>(
                    unit,
                    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
                ),
            waiting => waiting == 1,
            "the deletion waits"
        );
        // The number that an event of the unit of work would have in the log.
        var needed = await ScalarAsync<long>(unit, "select nextval(pg_get_serial_sequence('eventing.events', 'seq'))");
        await transaction.CommitAsync(Cancel);

        (await deletion).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (
            await ScalarAsync<long>(
                unit,
                "select seq from eventing.events where stream_id = $1 and type = 'library.project_deleted.v1'",
                project
            )
        ).ShouldBeGreaterThan(needed);
        await using var late = _api.Store.OpenSession(new SessionContext(_workspace, "system", _workspace));
        (await ProjectDirectory.ThereAsync(late, [project], Cancel)).ShouldBeEmpty();
        ProjectDirectory.Require(late, project);
        ProjectDirectory
            .Refuses(await Should.ThrowAsync<ConstraintViolatedException>(() => late.SaveChangesAsync(Cancel)))
            .ShouldBeTrue();
    }

    [Fact]
    public async Task Another_workspaces_project_is_not_there()
    {
        var id = await MadeAsync("Ours", "");
        PublicId.TryParse(ProjectDirectory.Prefix, id, out var project).ShouldBeTrue();
        var (stranger, theirs) = await SignUpAsync();

        (await (await _api.GetAsync($"/projects/{id}", stranger)).RefusalAsync()).ShouldBe("404 not-found");
        Ids(await (await _api.GetAsync("/projects", stranger)).JsonAsync()).ShouldBeEmpty();
        // Not even for a worker, who sees every row.
        foreach (
            var session in (Session[])
                [
                    _api.Store.OpenSession(new SessionContext(theirs, "system", theirs)),
                    _api.Store.OpenWorkerSession(new SessionContext(theirs, "system", theirs)),
                ]
        )
            await using (session)
                (await ProjectDirectory.ThereAsync(session, [project], Cancel)).ShouldBeEmpty();
        await using var taking = _api.Store.OpenSession(new SessionContext(theirs, "system", theirs));
        ProjectDirectory.Require(taking, project);
        await Should.ThrowAsync<ConstraintViolatedException>(() => taking.SaveChangesAsync(Cancel));
    }

    [Fact]
    public async Task Words_stand_in_no_event_are_exported_and_go_with_the_workspace()
    {
        var id = await MadeAsync("Moby-Dick", "Call me Ishmael.");
        await ChangedAsync($"/projects/{id}", new { description = "Queequeg was there." });
        await using (var session = _api.Store.OpenWorkerSession(new SessionContext(_workspace, "system", _workspace)))
            (
                await session.QueryAsync("select data::text from eventing.events", row => row.GetString(0), Cancel)
            ).ShouldAllBe(data => !data.Contains("Moby") && !data.Contains("Ishmael") && !data.Contains("Queequeg"));

        using var exported = new MemoryStream();
        await using (var archive = new ZipArchive(exported, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var part in _api.Services.GetServices<IExportPart>().Where(part => part.Name == "projects"))
                await part.WriteAsync(
                    new DataSubject(_workspace, _workspace),
                    new ExportFolder(archive, "projects/"),
                    Cancel
                );
        exported.Position = 0;
        using var reading = new ZipArchive(exported);
        await using var file = await reading.GetEntry("projects/projects.json")!.OpenAsync(Cancel);
        var projects = (await JsonNode.ParseAsync(file, cancellationToken: Cancel))!.AsArray();
        projects.Single()!["description"]!.GetValue<string>().ShouldBe("Queequeg was there.");

        foreach (var part in _api.Services.GetServices<IErasePart>())
            (await part.EraseWorkspaceAsync(_workspace, Cancel)).ShouldBeTrue();
        await using var after = _api.Store.OpenWorkerSession(new SessionContext(_workspace, "system", _workspace));
        (
            await after.QueryAsync("select 1 from library.projects where workspace_id = $1", _ => 1, Cancel, _workspace)
        ).ShouldBeEmpty();
    }

    private async Task<(string Token, Guid Workspace)> SignUpAsync()
    {
        var account = new { email = $"{Guid.NewGuid():n}@example.com", password = SignedUp.Password };
        var body = await (await _api.PostAsync("/auth/signup", account)).JsonAsync();
        PublicId.TryParse("workspace", (string)body["workspace"]!["id"]!, out var workspace).ShouldBeTrue();
        return ((string)body["tokens"]!["accessToken"]!, workspace);
    }

    private Task<HttpResponseMessage> MakeAsync(object body, string? key = null) =>
        SendAsync(HttpMethod.Post, "/projects", body, ("Idempotency-Key", key ?? Guid.NewGuid().ToString()));

    private async Task<string> MadeAsync(string name, string description)
    {
        using var made = await MakeAsync(new { name, description });
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        return (string)(await made.JsonAsync())["id"]!;
    }

    private async Task<JsonNode> ChangedAsync(string path, object body)
    {
        using var changed = await SendAsync(HttpMethod.Patch, path, body);
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
        var project = await changed.JsonAsync();
        changed.Headers.ETag!.Tag.ShouldBe($"\"{project["version"]}\"");
        return project;
    }

    private async Task<JsonNode> JsonAsync(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return await answer.JsonAsync();
    }

    private async Task<List<string>> IdsAsync(string path) => Ids(await JsonAsync(path));

    private static List<string> Ids(JsonNode page) =>
        [.. page["items"]!.AsArray().Select(project => (string)project!["id"]!)];

    private async Task<List<string>> EventsAsync(string id)
    {
        PublicId.TryParse(ProjectDirectory.Prefix, id, out var project).ShouldBeTrue();
        await using var session = _api.Store.OpenSession(new SessionContext(_workspace, "system", _workspace));
        return await session.QueryAsync(
            "select type || ' ' || data::text from eventing.events where stream_id = $1 order by version",
            row => row.GetString(0),
            Cancel,
            project
        );
    }

    private static async Task<T> ScalarAsync<T>(Npgsql.NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync(Cancel))!;
    }

    private async Task RunAsync(string sql, params object[] values)
    {
        await using var owner = Npgsql.NpgsqlDataSource.Create(_api.ConnectionString);
        await owner.ExecuteAsync(sql, values);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        object? body = null,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        if (body is not null)
            request.Content = JsonContent.Create(body, body.GetType());
        return await _api.Client.SendAsync(request, Cancel);
    }
}
