using System.IO.Compression;
using System.Net;
using System.Text;
using Lectern.SharedKernel.Privacy;
using Lectern.Tests.Accounts.Profile;
using Lectern.Tests.Http;
using Lectern.Voices.Characters;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Voices.Characters;

/// <summary>What is left of characters when who made them goes, what they get of them, and what is swept up.</summary>
public sealed class CharactersPrivacyTests : IAsyncLifetime
{
    private readonly FakeCloner _cloner = new("elevenlabs", keepsVoices: true) { NeedsKey = false };
    private CharactersHost _host = null!;
    private Dweller _jane = null!;
    private Dweller _john = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await CharactersHost.StartAsync([_cloner]);
        (_jane, _john) = (await _host.SignUpAsync(), await _host.SignUpAsync());
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task An_erasure_takes_rows_files_and_clones_and_the_stars_of_the_person_and_nobody_elses()
    {
        var (hers, his) = (await LiveAsync(_jane, "Jane"), await LiveAsync(_john, "John"));
        await StarAsync(_jane, his);
        await StarAsync(_john, his);
        await StarAsync(_john, hers);

        foreach (var part in _host.Api.Services.GetServices<IErasePart>().Where(part => part is CharactersErasure))
        {
            await Eventually.IsAsync(
                () => part.EraseWorkspaceAsync(_jane.Workspace, Cancel),
                done => done,
                "it is erased"
            );
            (await part.ErasePersonAsync(_jane.Id, Cancel)).ShouldBeTrue();
        }

        (await _john.GetAsync($"/characters/{hers}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        ((int)(await _john.CharacterAsync(his))["stars"]!).ShouldBe(1);
        _host.Files().ShouldBe(3); // John's
        _cloner.Voices.Values.ShouldHaveSingleItem().Name.ShouldBe(his);
        foreach (var table in (string[])["characters", "samples", "character_images", "consents", "character_view"])
            (
                await CountAsync($"select count(*) from voices.{table} where workspace_id = '{_jane.Workspace}'")
            ).ShouldBe(0, table);
        (await CountAsync($"select count(*) from voices.character_stars where person_id = '{_jane.Id}'")).ShouldBe(0);
        (await CountAsync("select count(*) from eventing.events where data::text ~ 'Jane|agrees'")).ShouldBe(0);
    }

    [Fact]
    public async Task An_export_has_the_persons_characters_with_their_files_and_stars()
    {
        var (hers, his) = (await LiveAsync(_jane, "Jane"), await LiveAsync(_john, "John"));
        await StarAsync(_jane, his);
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
            await _host
                .Api.Services.GetServices<IExportPart>()
                .Single(part => part.Name == "characters")
                .WriteAsync(
                    new DataSubject(_jane.Id, _jane.Workspace),
                    new ExportFolder(archive, "characters/"),
                    Cancel
                );

        using var read = new ZipArchive(bytes);
        read.Entries.Select(entry => entry.FullName)
            .ShouldBe(
                [
                    $"characters/{hers}/character.json",
                    $"characters/{hers}/sample.wav",
                    $"characters/{hers}/image-neutral.png",
                    "characters/stars.json",
                ],
                ignoreOrder: true
            );
        (await TextAsync(read, $"characters/{hers}/character.json")).ShouldContain("Jane agrees.");
        var stars = await TextAsync(read, "characters/stars.json");
        stars.ShouldContain(his);
        stars.ShouldNotContain("John");
    }

    [Fact]
    public async Task Files_that_no_row_names_are_swept_up_after_a_day()
    {
        var id = await LiveAsync(_jane, "Jane");
        var folder = Directory
            .GetDirectories(Path.Combine(_host.Api.BlobFolder, "characters", $"{_jane.Workspace:n}"))
            .Single();
        await File.WriteAllTextAsync(Path.Combine(folder, "preview-1.wav"), "x", Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "orphan.png"), "x", Cancel);
        var gone = Directory.CreateDirectory(Path.Combine(folder, "..", $"{Guid.NewGuid():n}"));
        await File.WriteAllTextAsync(Path.Combine(gone.FullName, "preview-1.wav"), "x", Cancel);
        var sweep = _host.Api.Services.GetRequiredService<CharacterFileSweep>();
        var before = _host.Files();

        (await sweep.SweepAsync(Cancel)).ShouldBe(0); // all of it is young
        foreach (
            var file in Directory.GetFiles(
                Path.Combine(_host.Api.BlobFolder, "characters"),
                "*",
                SearchOption.AllDirectories
            )
        )
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow - CharacterFileSweep.Grace - TimeSpan.FromHours(1));

        (await sweep.SweepAsync(Cancel)).ShouldBe(2);
        _host.Files().ShouldBe(before - 2);
        File.Exists(Path.Combine(folder, "preview-1.wav")).ShouldBeTrue();
        (await _jane.GetAsync($"/characters/{id}/sample")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>A public character with an image and a clone.</summary>
    private async Task<string> LiveAsync(Dweller person, string name)
    {
        var id = await person.MakeAsync(
            "slt",
            new Dictionary<string, byte[]> { ["image"] = Pictures.Png(16, 16) },
            ("name", name),
            ("visibility", "public"),
            ("consentStatement", $"{name} agrees."),
            ("consentBy", "self")
        );
        await Eventually.IsAsync(
            () => person.CharacterAsync(id),
            character => (string?)character["voice"]!["way"] == "cloned",
            "the voice is cloned"
        );
        return id;
    }

    private async Task StarAsync(Dweller person, string id) =>
        (await _host.Api.SendAsync(HttpMethod.Put, $"/characters/{id}/star", null, person.Token)).StatusCode.ShouldBe(
            HttpStatusCode.OK
        );

    private static async Task<string> TextAsync(ZipArchive archive, string name)
    {
        using var reader = new StreamReader(archive.GetEntry(name).ShouldNotBeNull().Open(), Encoding.UTF8);
        return await reader.ReadToEndAsync(Cancel);
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_host.Api.ConnectionString);
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancel))!;
    }
}
