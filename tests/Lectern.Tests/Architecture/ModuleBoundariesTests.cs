using System.Reflection;
using System.Text.RegularExpressions;
using Lectern.Accounts;
using Lectern.Activity;
using Lectern.Billing;
using Lectern.Jobs;
using Lectern.Library;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.Voices;
using Lectern.Voices.Contracts;

namespace Lectern.Tests.Architecture;

/// <summary>
/// What the compiler can't hold: project references keep modules from looking to their right, these rules keep them from
/// showing more than their contracts and from reading each other's tables. Each rule is shown to fail.
/// </summary>
public sealed partial class ModuleBoundariesTests
{
    /// <summary>In the order in which they may know of each other.</summary>
    private static readonly (string Name, Assembly Assembly)[] Modules =
    [
        ("accounts", typeof(AccountsModule).Assembly),
        ("billing", typeof(BillingModule).Assembly),
        ("library", typeof(LibraryModule).Assembly),
        ("voices", typeof(VoicesModule).Assembly),
        ("jobs", typeof(JobsModule).Assembly),
        ("activity", typeof(ActivityModule).Assembly),
    ];

    [Fact]
    public void A_module_shows_its_contracts_its_settings_and_its_module_type_only() =>
        Modules.SelectMany(m => ShownTooMuch(m.Assembly.GetExportedTypes())).ShouldBeEmpty();

    [Fact]
    public void Showing_more_would_be_noticed() =>
        ShownTooMuch([typeof(ModuleBoundariesTests), typeof(JobsModule)]).ShouldBe([typeof(ModuleBoundariesTests)]);

    [Fact]
    public void References_point_to_the_left_only()
    {
        for (var i = 0; i < Modules.Length; i++)
        {
            var right = Modules[(i + 1)..].Select(m => m.Assembly.GetName().Name);
            Modules[i].Assembly.GetReferencedAssemblies().Select(r => r.Name).Intersect(right).ShouldBeEmpty();
        }
    }

    [Fact]
    public void The_ground_names_no_module()
    {
        foreach (var ground in (Assembly[])[typeof(IModule).Assembly, typeof(Lectern.Eventing.EventStore).Assembly])
            ground
                .GetReferencedAssemblies()
                .Select(r => r.Name)
                .Intersect(Modules.Select(m => m.Assembly.GetName().Name))
                .ShouldBeEmpty();
    }

    [Fact]
    public void No_statement_crosses_a_schema()
    {
        var root = Checkout.Root;
        foreach (var (module, _) in Modules)
        {
            var folder = Path.Combine(root, "src", "Modules", char.ToUpperInvariant(module[0]) + module[1..]);
            foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
                if (!file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}"))
                    ForeignTables(File.ReadAllText(file), module).ShouldBeEmpty(file);
            foreach (var file in Directory.EnumerateFiles(folder, "*.sql", SearchOption.AllDirectories))
                ForeignTables(File.ReadAllText(file), module).ShouldBeEmpty(file);
        }
    }

    [Fact]
    public void Engines_are_called_where_calls_are_recorded()
    {
        var files = Directory
            .EnumerateFiles(Path.Combine(Checkout.Root, "src", "Modules"), "*.cs", SearchOption.AllDirectories)
            .Where(file => CallsPastTheRecord(File.ReadAllText(file)))
            .Select(Path.GetFileName);

        files.ShouldBeEmpty();
    }

    [Fact]
    public void A_call_past_the_record_would_be_noticed() =>
        CallsPastTheRecord("var pcm = await engine.SynthesizeAsync(new SpeechRequest(text, voice), stop);")
            .ShouldBeTrue();

    [Fact]
    public void A_statement_on_a_foreign_table_would_be_noticed() =>
        ForeignTables("select posted from billing.wallets join jobs.job_view on true", "jobs").ShouldBe(["billing"]);

    private static IEnumerable<Type> ShownTooMuch(IEnumerable<Type> exported) =>
        exported.Where(type =>
            type.Namespace?.EndsWith(".Contracts", StringComparison.Ordinal) != true
            && !typeof(IModule).IsAssignableFrom(type)
            && !type.Name.EndsWith("Settings", StringComparison.Ordinal)
            && !type.Name.EndsWith("Options", StringComparison.Ordinal)
        );

    // EngineCalls finds the key, keeps within what the provider takes, and has the call recorded.
    private static bool CallsPastTheRecord(string source) =>
        EngineRequests.Any(request => source.Contains($"new {request}(", StringComparison.Ordinal))
        && !source.Contains(nameof(EngineCalls), StringComparison.Ordinal);

    private static readonly string[] EngineRequests =
    [
        nameof(SpeechRequest),
        nameof(TranscriptionRequest),
        nameof(TranslationRequest),
        nameof(ScriptRequest),
        nameof(CloneRequest),
        nameof(ImageRequest),
        nameof(DubRequest),
    ];

    private static IEnumerable<string> ForeignTables(string source, string module) =>
        QualifiedTable()
            .Matches(source)
            .Select(match => match.Groups[1].Value)
            .Where(schema => schema != module)
            .Distinct();

    [GeneratedRegex(
        @"\b(?:from|join|into|update|table)\s+(accounts|billing|voices|library|jobs|activity|eventing)\.[a-z_]+",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex QualifiedTable();
}
