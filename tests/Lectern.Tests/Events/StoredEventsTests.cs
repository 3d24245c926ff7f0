using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.SharedKernel;
using Lectern.Voices;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Events;

/// <summary>
/// What was stored once must load for ever. Beside this file lies one JSON file per stored name, old versions included,
/// with every property set.
/// </summary>
public sealed class StoredEventsTests
{
    private static readonly IModule[] Modules =
    [
        new AccountsModule(),
        new BillingModule(),
        new VoicesModule(),
        new JobsModule(),
    ];

    private static readonly EventTypes Types = Register();

    internal static string Folder { get; } = FindFolder();

    public static TheoryData<string> Readable => [.. Types.Readable];

    public static TheoryData<string> Current => [.. Types.Current.Select(current => current.Name)];

    [Theory]
    [MemberData(nameof(Readable))]
    public void A_stored_event_loads(string name) => Types.Read(name, FileOf(name)).ShouldNotBeNull();

    // Fields were added to it since.
    [Theory]
    [InlineData("jobs.chunk_synthesized.v1")]
    [InlineData("jobs.chunk_reused.v1")]
    public void What_was_stored_before_a_field_was_added_loads_without_a_loss(string name)
    {
        var stored = File.ReadAllBytes(Path.Combine(Folder, "Earlier", name + ".json"));

        var written = JsonNode.Parse(Types.Write(Types.Read(name, stored)).Json)!;

        foreach (var (property, value) in JsonNode.Parse(stored)!.AsObject())
            JsonNode.DeepEquals(written[property], value).ShouldBeTrue(property);
    }

    // A property that was renamed, dropped or is serialized in another way would differ here.
    [Theory]
    [MemberData(nameof(Current))]
    public void What_is_written_now_equals_the_file(string name)
    {
        var stored = JsonNode.Parse(FileOf(name));

        var (written, json) = Types.Write(Types.Read(name, FileOf(name)));

        written.ShouldBe(name);
        JsonNode.DeepEquals(JsonNode.Parse(json), stored).ShouldBeTrue(System.Text.Encoding.UTF8.GetString(json));
    }

    // A zero, an empty text or a null looks the same when it is lost on the way.
    [Theory]
    [MemberData(nameof(Readable))]
    public void A_file_sets_every_property(string name)
    {
        foreach (var (property, value) in JsonNode.Parse(FileOf(name))!.AsObject())
            (value?.ToJsonString() ?? "null").ShouldNotBeOneOf("null", "0", "\"\"", "false", "[]", "{}");
    }

    [Fact]
    public void Every_file_is_an_event_that_can_be_read() =>
        Directory.GetFiles(Folder, "*.json").Select(Path.GetFileNameWithoutExtension).ShouldBeSubsetOf(Types.Readable);

    [Fact]
    public void Stored_names_say_module_event_and_version() =>
        Types.Readable.ShouldAllBe(name =>
            System.Text.RegularExpressions.Regex.IsMatch(name, @"\A[a-z]+\.[a-z]+(_[a-z]+)*\.v[1-9][0-9]*\z")
        );

    private static byte[] FileOf(string name) => File.ReadAllBytes(Path.Combine(Folder, name + ".json"));

    private static EventTypes Register()
    {
        var model = new EventingBuilder(new ServiceCollection());
        foreach (var module in Modules)
            module.AddEventing(model);
        return model.EventTypes;
    }

    private static string FindFolder([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.GetDirectoryName(here)!;
}
