using System.Net;
using System.Text.Json.Nodes;
using Lectern.Providers;
using Lectern.Tests.Http;
using Lectern.Voices.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Voices.Catalogue;

public sealed class ListVoicesTests : IAsyncLifetime
{
    private readonly FakeEngine _near = new(
        "near",
        FakeEngine.Voice("near-ann", "en-US", VoiceGender.Female),
        FakeEngine.Voice("near-hans", "de", VoiceGender.Male)
    );
    private readonly FakeEngine _far = new("far", FakeEngine.Voice("far-eve", "fr", VoiceGender.Neutral))
    {
        Unavailable = "It is not installed. On Debian: apt-get install far.",
    };
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync() => _api = await VoicesHost.StartAsync(_near, _far);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Anyone_may_see_voices_and_providers_and_why_one_is_missing()
    {
        var list = await (await _api.GetAsync("/voices")).JsonAsync();

        list["voices"]!.AsArray().Select(Id).ShouldBe(["near-ann", "near-hans"]);
        var ann = list["voices"]![0]!.AsObject();
        ann["provider"]!.GetValue<string>().ShouldBe("near");
        ann["language"]!.GetValue<string>().ShouldBe("en-US");
        ann["gender"]!.GetValue<string>().ShouldBe("female");
        ann["class"]!.GetValue<string>().ShouldBe("standard");
        ann["available"]!.GetValue<bool>().ShouldBeTrue();
        ann["preview"]!.GetValue<string>().ShouldBe("/api/v1/voices/near-ann/preview");
        list["providers"]!
            .AsArray()
            .Select(provider => provider!.ToJsonString())
            .ShouldBe([
                """{"name":"near","available":true,"reason":null,"version":"near-1"}""",
                """{"name":"far","available":false,"reason":"It is not installed. On Debian: apt-get install far.","version":null}""",
            ]);
    }

    [Theory]
    [InlineData("?language=de", "near-hans")]
    [InlineData("?language=en&gender=female", "near-ann")]
    [InlineData("?provider=near&gender=male", "near-hans")]
    public async Task Filters_narrow_the_list(string query, string only)
    {
        var list = await (await _api.GetAsync("/voices" + query)).JsonAsync();
        list["voices"]!.AsArray().Select(Id).ShouldBe([only]);
    }

    [Fact]
    public async Task A_filter_that_nothing_fits_gives_an_empty_list()
    {
        var list = await (await _api.GetAsync("/voices?provider=nobody")).JsonAsync();
        list["voices"]!.AsArray().ShouldBeEmpty();
        list["providers"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_gender_that_no_voice_can_have_is_refused()
    {
        var answer = await _api.GetAsync("/voices?gender=loud");
        (await answer.RefusalAsync()).ShouldBe("422 invalid-values");
        (await answer.JsonAsync())["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe("gender");
    }

    [Fact]
    public async Task One_voice_can_be_read_and_an_unknown_one_is_404()
    {
        Id(await (await _api.GetAsync("/voices/near-hans")).JsonAsync()).ShouldBe("near-hans");
        (await (await _api.GetAsync("/voices/near-nobody")).RefusalAsync()).ShouldBe("404 not-found");
        (await (await _api.GetAsync("/voices/near-nobody/preview")).RefusalAsync()).ShouldBe("404 not-found");
    }

    [Fact]
    public async Task Voices_of_an_engine_that_went_away_stay_listed_with_the_reason_and_come_back()
    {
        var catalogue = _api.Services.GetRequiredService<VoiceCatalogue>();
        _near.Unavailable = "It was removed.";
        await catalogue.RefreshAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        var gone = await (await _api.GetAsync("/voices/near-ann")).JsonAsync();
        gone["available"]!.GetValue<bool>().ShouldBeFalse();
        gone["reason"]!.GetValue<string>().ShouldBe("It was removed.");
        var preview = await _api.GetAsync("/voices/near-ann/preview");
        (await preview.RefusalAsync()).ShouldBe("503 voice-unavailable");
        preview.Headers.RetryAfter.ShouldNotBeNull();

        _near.Unavailable = null;
        await catalogue.RefreshAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        (await _api.GetAsync("/voices/near-ann/preview")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static string Id(JsonNode? voice) => voice!["id"]!.GetValue<string>();
}
