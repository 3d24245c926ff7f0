using System.Net;
using System.Net.Http.Json;
using Lectern.Providers;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Audiobook;

[Collection(AudiobookCollection.Name)]
public sealed class LexiconInForceTests(JobsHost host)
{
    private const string Text =
        "Tashtego sat in the boat.\n\nNobody else was there.\n\nHe called, and Tashtego came.\n";

    [Fact]
    public async Task A_lexicon_changes_what_is_said_and_only_those_chunks_are_spoken_anew()
    {
        var jane = await host.SignUpAsync();
        await jane.MakeAsync(Text);
        using var made = await jane.SendAsync(
            HttpMethod.Post,
            "/lexicons",
            JsonContent.Create(
                new
                {
                    name = "Whalers",
                    language = "en",
                    entries = new[] { new { word = "Tashtego", ipa = "ˈtæʃtəɡoʊ" } },
                }
            )
        );
        made.StatusCode.ShouldBe(HttpStatusCode.Created);

        var second = await jane.MakeAsync(Text);

        ((int)second["chunks"]!["total"]!).ShouldBe(3);
        ((int)second["chunksReused"]!).ShouldBe(1);
        var said = host.Engine.SpokenWith("Tashtego");
        said.ShouldContain($"{Pronunciation.Mark("Tashtego", "ˈtæʃtəɡoʊ")} sat in the boat.");
        said.Count.ShouldBe(4);
        var chunks = (await jane.JsonAsync($"/jobs/{second["id"]}/chunks"))["items"]!.AsArray();
        chunks
            .Select(chunk => (string)chunk!["spoken"]!)
            .ShouldBe([
                "Tashtego /ˈtæʃtəɡoʊ/ sat in the boat.",
                "Nobody else was there.",
                "He called, and Tashtego /ˈtæʃtəɡoʊ/ came.",
            ]);
        chunks.ShouldAllBe(chunk => (bool)chunk!["done"]!);
    }

    [Fact]
    public async Task A_projects_lexicon_is_for_its_jobs_only()
    {
        const string text = "Daggoo came, too.";
        var jane = await host.SignUpAsync();
        var project = await ProjectWithDaggooAsync(jane);

        foreach (var (into, spoken) in new[] { (project, "Dah-goo came, too."), (null, text) })
        {
            using var accepted = await jane.PostJobAsync(new { text, project = into });
            var id = (string)(await accepted.JsonAsync())["id"]!;
            await jane.UntilAsync(id, "completed");
            (await SpokenAsync(jane, id)).ShouldBe(spoken);
        }
    }

    [Fact]
    public async Task A_job_whose_project_is_deleted_before_it_starts_is_spoken_without_that_projects_lexicon()
    {
        const string text = "Daggoo went again.";
        var jane = await host.SignUpAsync();
        var project = await ProjectWithDaggooAsync(jane);
        using var gate = host.Engine.StopAt("harpoon");
        for (var place = 0; place < JobsHost.Places; place++)
            await jane.UntilAsync(await jane.SubmitAsync($"Harpoon number {place}."), "running");
        using var accepted = await jane.PostJobAsync(new { text, project });
        var id = (string)(await accepted.JsonAsync())["id"]!;

        using var deleted = await jane.SendAsync(HttpMethod.Delete, $"/projects/{project}");
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        ((string)(await jane.JobAsync(id))["status"]!).ShouldBe("pending");
        gate.Open();

        (await jane.UntilAsync(id, "completed"))["project"].ShouldBeNull();
        (await SpokenAsync(jane, id)).ShouldBe(text);
    }

    private static async Task<string> ProjectWithDaggooAsync(Person person)
    {
        var project = await person.MakeProjectAsync();
        using var made = await person.SendAsync(
            HttpMethod.Post,
            "/lexicons",
            JsonContent.Create(
                new
                {
                    name = "Whalers",
                    language = "en",
                    project,
                    entries = new[] { new { word = "Daggoo", alias = "Dah-goo" } },
                }
            )
        );
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        return project;
    }

    private static async Task<string> SpokenAsync(Person person, string job) =>
        (string)(await person.JsonAsync($"/jobs/{job}/chunks"))["items"]!.AsArray().Single()!["spoken"]!;
}
