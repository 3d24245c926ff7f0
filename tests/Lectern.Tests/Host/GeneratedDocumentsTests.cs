using System.Text.Json.Nodes;
using Lectern.Host;
using Lectern.Host.Docs;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Tests.Events;

namespace Lectern.Tests.Host;

public sealed class GeneratedDocumentsTests
{
    public static TheoryData<string> Names => [.. GeneratedDocuments.Of(Modules.All).Select(document => document.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_committed_document_is_what_would_be_written_now(string name) =>
        File.ReadAllText(Path.Combine(Checkout.Root, "docs", name))
            .ShouldBe(GeneratedDocuments.Of(Modules.All).Single(document => document.Name == name).Text);

    [Fact]
    public void The_configuration_names_every_setting_as_the_environment_does()
    {
        var text = GeneratedDocuments.Of([]).Single(document => document.Name == "configuration.md").Text;

        text.ShouldContain("| `Lectern__Http__ShutdownDrainSeconds` | `30` | a whole number from 0 to 600 |");
        text.ShouldContain("| `Lectern__Http__CorsOrigins__0` |");
        text.ShouldContain("Secret: no message shows it.");
    }

    [Fact]
    public void The_errors_are_unique_and_those_of_every_module_are_listed()
    {
        var all = CommonProblems
            .All.Concat(Idempotency.Problems)
            .Concat(Modules.All.SelectMany(module => module.Problems))
            .ToList();
        all.Select(problem => problem.Urn).ShouldBeUnique();

        var text = GeneratedDocuments.Of(Modules.All).Single(document => document.Name == "errors.md").Text;
        foreach (ProblemType problem in all)
            text.ShouldContain($"| `{problem.Urn}` | {problem.Status} |");
    }

    [Fact]
    public void Every_stored_event_is_listed_with_its_fields_as_they_are_stored()
    {
        var text = GeneratedDocuments.Of(Modules.All).Single(document => document.Name == "events.md").Text;

        // These files are what is stored; see StoredEventsTests.
        var files = Directory.GetFiles(StoredEventsTests.Folder, "*.json");
        files.ShouldNotBeEmpty();
        foreach (var file in files)
        {
            text.ShouldContain($"### `{Path.GetFileNameWithoutExtension(file)}`\n");
            foreach (var (field, _) in JsonNode.Parse(File.ReadAllText(file))!.AsObject())
                text.ShouldContain($"| `{field}` |");
        }
    }

    [Fact]
    public void The_meaning_of_an_event_is_its_documentation_comment()
    {
        var text = GeneratedDocuments.Of(Modules.All).Single(document => document.Name == "events.md").Text;

        text.ShouldContain(
            "| `captured` | integer | Micro-credits that were spent, at most `held`. |\n| `delivered` | object | What they were spent on. |\n| `delivered.characters` | integer |"
        );
        text.ShouldContain("| `delivered.artifact` | uuid, optional |");
    }
}
