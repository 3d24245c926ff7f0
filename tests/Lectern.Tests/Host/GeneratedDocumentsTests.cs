using Lectern.Host;
using Lectern.Host.Docs;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;

namespace Lectern.Tests.Host;

public sealed class GeneratedDocumentsTests
{
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
        var all = CommonProblems.All.Concat(Modules.All.SelectMany(module => module.Problems)).ToList();
        all.Select(problem => problem.Urn).ShouldBeUnique();

        var text = GeneratedDocuments.Of(Modules.All).Single(document => document.Name == "errors.md").Text;
        foreach (ProblemType problem in all)
            text.ShouldContain($"| `{problem.Urn}` | {problem.Status} |");
    }
}
