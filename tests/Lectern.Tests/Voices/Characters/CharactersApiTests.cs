using System.Net;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.Tests.Accounts.Profile;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Voices.Characters;

/// <summary>What becomes of characters: lists, changes, images, stars, deletion; and what others see of them.</summary>
public sealed class CharactersApiTests : IAsyncLifetime
{
    private CharactersHost _host = null!;
    private Dweller _jane = null!;
    private Dweller _john = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await CharactersHost.StartAsync();
        (_jane, _john) = (await _host.SignUpAsync(), await _host.SignUpAsync());
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Somebody_elses_character_is_there_only_if_it_is_public_and_its_sample_never()
    {
        var image = new Dictionary<string, byte[]> { ["image"] = Pictures.Png(32, 32) };
        var own = await _jane.MakeAsync("slt", image);
        var open = await _jane.MakeAsync(
            "slt",
            image,
            ("visibility", "public"),
            ("consentStatement", "I am Jane."),
            ("consentBy", "self")
        );

        foreach (var path in (string[])["", "/images/neutral", "/images/neutral/thumbnail", "/sample", "/preview"])
        {
            (await (await _john.GetAsync($"/characters/{own}{path}")).RefusalAsync()).ShouldBe("404 not-found");
            var expected = path == "/sample" ? HttpStatusCode.NotFound : HttpStatusCode.OK;
            (await _john.GetAsync($"/characters/{open}{path}")).StatusCode.ShouldBe(expected, path);
        }

        var seen = await _john.CharacterAsync(open);
        ((bool)seen["mine"]!).ShouldBeFalse();
        seen["consent"].ShouldBeNull();
        (await _jane.CharacterAsync(open))["consent"].ShouldNotBeNull();
        foreach (var id in (string[])[own, open])
        {
            (await (await _john.DeleteAsync($"/characters/{id}")).RefusalAsync()).ShouldBe("404 not-found");
            (await (await _john.DeleteAsync($"/characters/{id}/images/neutral")).RefusalAsync()).ShouldBe(
                "404 not-found"
            );
            (await (await _john.DeleteAsync($"/characters/{id}/consent")).RefusalAsync()).ShouldBe("404 not-found");
            (await (await _john.AddImagesAsync(id, ("image", Pictures.Png(8, 8)))).RefusalAsync()).ShouldBe(
                "404 not-found"
            );
            (await (await ChangeAsync(_john, id, new { name = "Mine" })).RefusalAsync()).ShouldBe("404 not-found");
        }

        (await _john.ListAsync("scope=mine")).ShouldBeEmpty();
        (await _john.ListAsync("scope=public")).ShouldBe([open]);
        (await _jane.ListAsync("scope=mine")).ShouldBe([open, own]);
        (await _host.Api.GetAsync($"/characters/{open}")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Lists_have_pages_and_find_by_name_description_and_star()
    {
        var anne = await _jane.MakeAsync("slt", null, ("name", "Anne 100%"), ("description", "Quiet."));
        var beth = await _jane.MakeAsync("rms", null, ("name", "Beth"), ("description", "Like Anne, but loud."));
        var carl = await _jane.MakeAsync("awb", null, ("name", "Carl"));
        await StarAsync(_jane, carl);

        (await _jane.ListAsync("search=anne")).ShouldBe([beth, anne]);
        (await _jane.ListAsync("search=100%25")).ShouldBe([anne]);
        (await _jane.ListAsync("search=_eth")).ShouldBeEmpty(); // a sign, and not a pattern
        (await _jane.ListAsync("starred=true")).ShouldBe([carl]);
        (await _jane.ListAsync("starred=false")).ShouldBe([beth, anne]);
        var first = await _jane.JsonAsync("/characters?limit=2");
        first["items"]!.AsArray().Select(item => (string)item!["id"]!).ShouldBe([carl, beth]);
        (await _jane.ListAsync($"limit=2&cursor={first["next"]}")).ShouldBe([anne]);
        (await (await _john.GetAsync($"/characters?limit=2&cursor={first["next"]}")).RefusalAsync()).ShouldBe(
            "422 invalid-values"
        );
        (await (await _jane.GetAsync("/characters?scope=all")).RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Fact]
    public async Task A_change_moves_the_version_and_a_stale_one_is_refused()
    {
        var id = await _jane.MakeAsync();
        var tag = (await _jane.GetAsync($"/characters/{id}")).Headers.ETag!.ToString();

        using var changed = await ChangeAsync(
            _jane,
            id,
            new
            {
                description = "New.",
                parameters = new { speed = 0.8 },
                visibility = "public",
            },
            tag
        );

        changed.StatusCode.ShouldBe(HttpStatusCode.OK, await changed.Content.ReadAsStringAsync(Cancel));
        var after = await changed.JsonAsync();
        ((string)after["name"]!).ShouldBe("Anne");
        ((string)after["description"]!).ShouldBe("New.");
        ((double)after["parameters"]!["speed"]!).ShouldBe(0.8);
        ((int)after["parameters"]!["steps"]!).ShouldBe(32);
        ((string)after["visibility"]!).ShouldBe("public");
        ((int)after["version"]!).ShouldBe(3);
        changed.Headers.ETag!.ToString().ShouldBe("\"3\"");
        (await (await ChangeAsync(_jane, id, new { name = "Late" }, tag)).RefusalAsync()).ShouldBe(
            "412 precondition-failed"
        );
        (await ChangeAsync(_jane, id, new { name = "Any" }, "*")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await ChangeAsync(_jane, id, new { parameters = new { speed = 3 } })).RefusalAsync()).ShouldBe(
            "422 invalid-values"
        );
        (await (await ChangeAsync(_jane, id, new { name = " " })).RefusalAsync()).ShouldBe("422 invalid-values");
        (await ChangeAsync(_jane, id, new { visibility = "private" })).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await _john.GetAsync($"/characters/{id}")).RefusalAsync()).ShouldBe("404 not-found");
        (await EventsAsync(id)).ShouldBe([
            "character_created",
            "character_changed",
            "character_published",
            "character_changed",
            "character_unpublished",
        ]);
    }

    [Fact]
    public async Task Of_changes_at_the_same_version_one_wins()
    {
        var id = await _jane.MakeAsync();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => ChangeAsync(_jane, id, new { name = $"Name {i}" }, "\"1\""))
        );

        answers.Count(answer => answer.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed).ShouldBe(7);
    }

    [Fact]
    public async Task Images_are_added_replaced_and_deleted_one_by_one_with_their_files()
    {
        var id = await _jane.MakeAsync("slt", new Dictionary<string, byte[]> { ["image"] = Pictures.Png(32, 32) });
        var before = (await _jane.GetAsync($"/characters/{id}/images/neutral")).Headers.ETag;

        using var added = await _jane.AddImagesAsync(
            id,
            ("image-happy", Pictures.Png(16, 16)),
            ("image", Pictures.Png(48, 48))
        );

        added.StatusCode.ShouldBe(HttpStatusCode.OK, await added.Content.ReadAsStringAsync(Cancel));
        (await added.JsonAsync())["images"]!
            .AsArray()
            .Select(i => (string)i!["expression"]!)
            .ShouldBe(["happy", "neutral"]);
        (await _jane.GetAsync($"/characters/{id}/images/neutral")).Headers.ETag.ShouldNotBe(before);
        await FilesBecomeAsync(5); // the sample, and two images with their thumbnails: the old neutral one is gone
        (await _jane.DeleteAsync($"/characters/{id}/images/happy")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await FilesBecomeAsync(3);
        (await (await _jane.GetAsync($"/characters/{id}/images/happy")).RefusalAsync()).ShouldBe("404 not-found");
        (await (await _jane.DeleteAsync($"/characters/{id}/images/happy")).RefusalAsync()).ShouldBe("404 not-found");
        (await (await _jane.DeleteAsync($"/characters/{id}/images/..%2Fx")).RefusalAsync()).ShouldBe("404 not-found");
        (await (await _jane.AddImagesAsync(id)).RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Fact]
    public async Task A_character_has_at_most_twelve_images()
    {
        var id = await _jane.MakeAsync();
        var picture = Pictures.Png(8, 8);
        var twelve = Enumerable.Range(0, 12).Select(i => ($"image-{(char)('a' + i)}", picture)).ToArray();
        (await _jane.AddImagesAsync(id, twelve)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var files = _host.Files();

        (await (await _jane.AddImagesAsync(id, ("image-z", picture))).RefusalAsync()).ShouldBe("409 too-many-images");
        (await _jane.AddImagesAsync(id, ("image-a", picture))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await FilesBecomeAsync(files);
    }

    [Fact]
    public async Task Stars_are_counted_exactly_however_many_come_and_go_at_once()
    {
        var id = await _jane.MakeAsync("slt", null, ("visibility", "public"));
        var people = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => _host.SignUpAsync()));

        await Task.WhenAll(people.SelectMany(person => new[] { StarAsync(person, id), StarAsync(person, id) }));

        ((int)(await _jane.CharacterAsync(id))["stars"]!).ShouldBe(64);
        await Task.WhenAll(
            people
                .Take(20)
                .Select(person => _host.Api.DeleteAsync($"/characters/{id}/star", person.Token))
                .Concat(people.Skip(20).Select(person => StarAsync(person, id)))
        );
        ((int)(await _jane.CharacterAsync(id))["stars"]!).ShouldBe(44);
        ((bool)(await people[0].CharacterAsync(id))["starred"]!).ShouldBeFalse();
        ((bool)(await people[63].CharacterAsync(id))["starred"]!).ShouldBeTrue();
    }

    [Fact]
    public async Task A_star_answers_the_count_and_needs_a_character_that_can_be_seen()
    {
        var (own, open) = (await _jane.MakeAsync(), await _jane.MakeAsync("slt", null, ("visibility", "public")));

        using var starred = await StarAsync(_john, open);
        (await starred.JsonAsync()).ToJsonString().ShouldBe("""{"stars":1,"starred":true}""");
        using var unstarred = await _john.DeleteAsync($"/characters/{open}/star");
        (await unstarred.JsonAsync()).ToJsonString().ShouldBe("""{"stars":0,"starred":false}""");
        (await (await StarAsync(_john, own)).RefusalAsync()).ShouldBe("404 not-found");
        (await (await _john.DeleteAsync($"/characters/{own}/star")).RefusalAsync()).ShouldBe("404 not-found");
        ((int)(await _jane.CharacterAsync(own))["stars"]!).ShouldBe(0);
    }

    [Fact]
    public async Task Deleting_says_which_files_go_and_they_do()
    {
        var id = await _jane.MakeAsync(
            "slt",
            new Dictionary<string, byte[]> { ["image"] = Pictures.Png(32, 32), ["image-sad"] = Pictures.Png(32, 32) },
            ("visibility", "public")
        );
        await StarAsync(_john, id);
        (await _jane.GetAsync($"/characters/{id}/preview")).StatusCode.ShouldBe(HttpStatusCode.OK);
        _host.Files().ShouldBe(6);

        using var gone = await _jane.DeleteAsync($"/characters/{id}");

        gone.StatusCode.ShouldBe(HttpStatusCode.OK);
        var answer = await gone.JsonAsync();
        ((string)answer["id"]!).ShouldBe(id);
        answer["clonedBy"].ShouldBeNull();
        answer["files"]!
            .AsArray()
            .Select(file => (string)file!)
            .ShouldBe([
                "images/neutral.png",
                "images/neutral.thumbnail.png",
                "images/sad.png",
                "images/sad.thumbnail.png",
                "sample.wav",
            ]);
        await FilesBecomeAsync(0);
        (await (await _jane.GetAsync($"/characters/{id}")).RefusalAsync()).ShouldBe("404 not-found");
        (await (await _jane.DeleteAsync($"/characters/{id}")).RefusalAsync()).ShouldBe("404 not-found");
        (await (await StarAsync(_john, id)).RefusalAsync()).ShouldBe("404 not-found");
        (await RowsAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task The_view_that_is_rebuilt_is_the_live_one()
    {
        var id = await _jane.MakeAsync("slt", null, ("visibility", "public"), ("speed", "1.5"));
        await ChangeAsync(_jane, id, new { name = "New", parameters = new { steps = 8 } });
        await _jane.AddImagesAsync(id, ("image", Pictures.Png(8, 8)));
        await _jane.DeleteAsync($"/characters/{await _jane.MakeAsync()}");
        var live = await ViewAsync();

        await _host.Api.Services.GetRequiredService<ProjectionRebuild>().RebuildAsync("voices.character_view", Cancel);

        (await ViewAsync()).ShouldBe(live);
        ((int)(await _jane.CharacterAsync(id))["stars"]!).ShouldBe(0);
    }

    private Task<HttpResponseMessage> StarAsync(Dweller person, string id) =>
        _host.Api.SendAsync(HttpMethod.Put, $"/characters/{id}/star", null, person.Token);

    private static Task<HttpResponseMessage> ChangeAsync(
        Dweller person,
        string id,
        object body,
        string? ifMatch = null
    ) =>
        person.SendAsync(
            HttpMethod.Patch,
            $"/characters/{id}",
            System.Net.Http.Json.JsonContent.Create(body, body.GetType()),
            ifMatch is null ? [] : [("If-Match", ifMatch)]
        );

    private Task<int> FilesBecomeAsync(int count) =>
        Eventually.IsAsync(() => Task.FromResult(_host.Files()), files => files == count, $"there are {count} files");

    private async Task<List<string>> EventsAsync(string id)
    {
        PublicId.TryParse("character", id, out var character).ShouldBeTrue();
        var types = await RowsOfAsync(
            $"select type from eventing.events where stream_id = '{character}' order by version"
        );
        return [.. types.Select(type => type.Replace("voices.", "", StringComparison.Ordinal)[..^3])];
    }

    private async Task<long> RowsAsync() =>
        (
            await RowsOfAsync(
                """
                select count(*)::text from (
                    select 1 from voices.characters union all select 1 from voices.samples
                    union all select 1 from voices.character_images union all select 1 from voices.character_stars
                    union all select 1 from voices.consents union all select 1 from voices.character_view) rows
                """
            )
        ).Sum(long.Parse);

    private async Task<string> ViewAsync() =>
        string.Join('\n', await RowsOfAsync("select v::text from voices.character_view v order by id"));

    private async Task<List<string>> RowsOfAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_host.Api.ConnectionString);
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var rows = new List<string>();
        while (await reader.ReadAsync(Cancel))
            rows.Add(reader.GetString(0));
        return rows;
    }
}
