using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Activity;
using Lectern.Billing;
using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Library;
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
        new LibraryModule(),
        new VoicesModule(),
        new JobsModule(),
        new ActivityModule(),
    ];

    internal static EventTypes Types { get; } = Register();

    internal static string Folder { get; } = Path.Combine(Checkout.Root, "tests", "Lectern.Tests", "Events");

    public static TheoryData<string> Readable => [.. Types.Readable];

    public static TheoryData<string> Current => [.. Types.Current.Select(current => current.Name)];

    [Theory]
    [MemberData(nameof(Readable))]
    public void A_stored_event_loads(string name) => Types.Read(name, FileOf(name)).ShouldNotBeNull();

    // What somebody hands in is read more strictly than what we stored; but all that we stored must pass.
    [Theory]
    [MemberData(nameof(Readable))]
    public void A_stored_event_loads_strictly(string name) => Types.ReadStrictly(name, FileOf(name)).ShouldNotBeNull();

    [Theory]
    [InlineData("jobs.job_started.v1", "{}")]
    [InlineData("jobs.job_started.v1", "null")]
    [InlineData("jobs.job_started.v1", """{"run":null}""")]
    [InlineData("jobs.job_started.v1", """{"run":"1"}""")]
    [InlineData("jobs.job_started.v1", """{"run":1,"more":1}""")]
    [InlineData("jobs.job_started.v1", """{"run":1,"run":1}""")]
    [InlineData("jobs.voice_fell_back.v1", """{"chunk":1,"from":null,"to":"b","code":"c"}""")]
    [InlineData("billing.credits_deducted.v1", """{"hold":"019b7dc2-1f2e-7c54-8d7e-0a53c2f1b601"}""")]
    public void What_was_not_written_like_this_is_refused_when_somebody_hands_it_in(string name, string data) =>
        Should.Throw<System.Text.Json.JsonException>(() =>
            Types.ReadStrictly(name, System.Text.Encoding.UTF8.GetBytes(data))
        );

    [Theory]
    [InlineData("billing.spending_caps_set.v1", "{}")]
    [InlineData(
        "jobs.job_reopened.v1",
        """{"run":2,"hold":"019b7dc2-1f2e-7c54-8d7e-0a53c2f1b603","held":364080,"priceVersion":"5f1c0a9be2d4"}"""
    )]
    public void What_may_be_null_or_came_later_may_be_missing(string name, string data) =>
        Types.ReadStrictly(name, System.Text.Encoding.UTF8.GetBytes(data)).ShouldNotBeNull();

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

    internal static byte[] FileOf(string name) => File.ReadAllBytes(Path.Combine(Folder, name + ".json"));

    private static EventTypes Register()
    {
        var model = new EventingBuilder(new ServiceCollection());
        foreach (var module in Modules)
            module.AddEventing(model);
        return model.EventTypes;
    }
}
