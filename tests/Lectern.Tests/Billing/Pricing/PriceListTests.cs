using System.Net;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Host;
using Lectern.Tests.Http;
using Lectern.Tests.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Lectern.Tests.Billing.Pricing;

/// <summary>Price lists as they are configured, published and kept.</summary>
public sealed class PriceListTests(BillingApi billing) : IClassFixture<BillingApi>
{
    private readonly ApiHost _api = billing.Host;

    [Fact]
    public async Task A_list_that_was_in_force_is_kept_as_it_was()
    {
        var before = await JsonAsync(_api, "/prices");
        await using var dearer = await StartAsync(Line("audiobook", "audiobook", "character", "0.03"), _api);

        var now = await JsonAsync(dearer, "/prices");

        ((string)now["version"]!).ShouldNotBe((string)before["version"]!);
        ((string)now["prices"]![0]!["credits"]!).ShouldBe("0.03");
        foreach (var list in new[] { before, now })
        {
            var kept = await JsonAsync(dearer, $"/prices/{list["version"]}");
            kept["signUpCredits"].ShouldBeNull();
            foreach (var part in new[] { "version", "since", "prices", "minimums" })
                kept[part]!.ToJsonString().ShouldBe(list[part]!.ToJsonString());
        }
    }

    [Fact]
    public async Task Hosts_that_start_at_once_store_a_list_once_and_a_later_one_changes_nothing()
    {
        var settings = Line("dubbing", "dubbing", "second", "0.5");
        await using var first = await StartAsync([]);
        var hosts = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => StartAsync(settings, first)));

        var lists = await Task.WhenAll(hosts.Select(host => JsonAsync(host, "/prices")));

        lists.Select(list => list.ToJsonString()).Distinct().Count().ShouldBe(1);
        await using var source = NpgsqlDataSource.Create(first.ConnectionString);
        (await source.ScalarAsync<long>("select count(*) from billing.price_lists")).ShouldBe(2);
        foreach (var host in hosts)
            await host.DisposeAsync();
        await using var again = await StartAsync(settings, first);
        (await JsonAsync(again, "/prices")).ToJsonString().ShouldBe(lists[0].ToJsonString());
    }

    [Theory]
    [InlineData("000000000000")]
    [InlineData("x")]
    [InlineData("' or 1=1 --")]
    [InlineData("d8ef4ceb975bd8ef4ceb975bd8ef4ceb975bd8ef4ceb975bd8ef4ceb975bd8ef4ceb975b")]
    public async Task A_version_that_never_was_is_not_there(string version) =>
        (await (await _api.GetAsync($"/prices/{Uri.EscapeDataString(version)}")).RefusalAsync()).ShouldBe(
            "404 not-found"
        );

    [Fact]
    public async Task Configured_lines_stand_beside_the_built_in_ones_or_in_their_place()
    {
        await using var api = await StartAsync(
            new()
            {
                ["Lectern:Billing:Prices:premium:Item"] = "audiobook",
                ["Lectern:Billing:Prices:premium:Unit"] = "character",
                ["Lectern:Billing:Prices:premium:Provider"] = "cloud",
                ["Lectern:Billing:Prices:premium:VoiceClass"] = "premium",
                ["Lectern:Billing:Prices:premium:Per"] = "1000000",
                ["Lectern:Billing:Prices:premium:Credits"] = "30",
                ["Lectern:Billing:Prices:premium:Included"] = "500",
                ["Lectern:Billing:Prices:VOICE_PREVIEW:Item"] = "voice_preview",
                ["Lectern:Billing:Prices:VOICE_PREVIEW:Unit"] = "preview",
                ["Lectern:Billing:Prices:VOICE_PREVIEW:Credits"] = "0.000001",
                ["Lectern:Billing:Minimums:audiobook:Credits"] = "0.5",
                ["Lectern:Billing:Minimums:dubbing:Credits"] = "2",
            },
            _api
        );

        var prices = await JsonAsync(api, "/prices");

        prices["prices"]!
            .AsArray()
            .Select(line => line!.ToJsonString())
            .ShouldBe([
                """{"item":"audiobook","unit":"character","per":1000,"credits":"0.02","provider":null,"voiceClass":null,"included":0}""",
                """{"item":"voice_preview","unit":"preview","per":1,"credits":"0.000001","provider":null,"voiceClass":null,"included":0}""",
                """{"item":"audiobook","unit":"character","per":1000000,"credits":"30","provider":"cloud","voiceClass":"premium","included":500}""",
            ]);
        prices["minimums"]!
            .ToJsonString()
            .ShouldBe("""[{"item":"audiobook","credits":"0.5"},{"item":"dubbing","credits":"2"}]""");
    }

    [Theory]
    [InlineData("Per", "0", "Lectern:Billing:Prices:mine:Per is '0', but must be a whole number from 1 to 1000000000")]
    [InlineData(
        "Credits",
        "0.0000001",
        "Lectern:Billing:Prices:mine:Credits is '0.0000001', but must be a number from"
    )]
    [InlineData("Credits", null, "Lectern:Billing:Prices:mine:Credits is not set, but must be a number from")]
    [InlineData("Item", null, "Lectern:Billing:Prices:mine:Item is not set, but must be lower-case letters")]
    [InlineData("Unit", "Second", "Lectern:Billing:Prices:mine:Unit is 'Second', but must be lower-case letters")]
    [InlineData("Included", "-1", "Lectern:Billing:Prices:mine:Included is '-1', but must be a whole number from 0")]
    [InlineData("Colour", "red", "Lectern:Billing:Prices:mine:Colour is not a setting of this program.")]
    public void A_line_that_does_not_fit_stops_the_start(string name, string? value, string message)
    {
        var settings = Line("mine", "dubbing", "second", "1");
        settings[$"Lectern:Billing:Prices:mine:{name}"] = value;
        if (value is null)
            settings.Remove($"Lectern:Billing:Prices:mine:{name}");
        settings["ConnectionStrings:Lectern"] = "Host=/nowhere";
        settings["Lectern:Data:Folder"] = Path.Combine(Path.GetTempPath(), "lectern-settings");
        settings["Lectern:Secrets:MasterKey"] = Convert.ToBase64String(new byte[32]);

        Should
            .Throw<StartRefusedException>(() =>
                LecternHost.Build(settings, [new AccountsModule(), new BillingModule()])
            )
            .Message.ShouldStartWith(message);
    }

    [Theory]
    [InlineData(
        "second",
        "audiobook",
        "character",
        null,
        "Lectern:Billing:Prices:audiobook and Lectern:Billing:Prices:second are prices for the same"
    )]
    [InlineData(
        "audiobook",
        "audiobook",
        "character",
        "cloud",
        "Lectern:Billing:Prices:audiobook must be a price of audiobook by the character, without Provider and VoiceClass"
    )]
    [InlineData("voice_preview", "opera", "preview", null, "Lectern:Billing:Prices:voice_preview must be a price of")]
    public async Task A_list_that_prices_a_thing_twice_or_leaves_one_without_a_price_stops_the_start(
        string name,
        string item,
        string unit,
        string? provider,
        string message
    )
    {
        var settings = Line(name, item, unit, "1");
        settings[$"Lectern:Billing:Prices:{name}:Provider"] = provider;

        var refused = await Should.ThrowAsync<OptionsValidationException>(() => StartAsync(settings, _api));

        refused.Failures.First().ShouldStartWith(message);
    }

    private static Dictionary<string, string?> Line(string name, string item, string unit, string credits) =>
        new()
        {
            [$"Lectern:Billing:Prices:{name}:Item"] = item,
            [$"Lectern:Billing:Prices:{name}:Unit"] = unit,
            [$"Lectern:Billing:Prices:{name}:Per"] = "1000",
            [$"Lectern:Billing:Prices:{name}:Credits"] = credits,
        };

    private static Task<ApiHost> StartAsync(Dictionary<string, string?> settings, ApiHost? twinOf = null) =>
        ApiHost.StartAsync([new AccountsModule(), new BillingModule()], settings: settings, twinOf: twinOf);

    private static async Task<JsonNode> JsonAsync(ApiHost api, string path)
    {
        using var answer = await api.GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return await answer.JsonAsync();
    }
}
