using System.Net;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.Tests.Accounts;
using Lectern.Tests.Http;
using Lectern.Voices.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Voices.Engines;

/// <summary>Whose key a provider is asked with, and what the catalogue says to whom.</summary>
public sealed class OwnKeysTests : IAsyncLifetime
{
    private const string OwnKey = "sk-own-0123456789abcdef";
    private const string PlatformKey = "sk-platform-0123456789abcdef";
    private const string Text = "This is how my voice sounds when I read.";

    private static readonly EngineVoice Nova = FakeEngine.Voice("openai-nova", "mul", VoiceGender.Female);

    private readonly FakeEngine _openAi = Remote();
    private ApiHost _api = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _api = await VoicesHost.StartAsync(_openAi);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_key_in_the_vault_makes_the_provider_work_at_once_for_its_workspace_and_nobody_else()
    {
        var (jane, stranger) = (await SignUpAsync(), await SignUpAsync());
        (await SeenAsync(jane.Token)).ShouldBe(("standard", false, "There is no key of OpenAI."));

        var key = await AddKeyAsync(jane);

        (await SeenAsync(jane.Token)).ShouldBe(("own_account", true, null));
        (await SeenAsync(stranger.Token)).ShouldBe(("standard", false, "There is no key of OpenAI."));
        (await SeenAsync(null)).ShouldBe(("standard", false, "There is no key of OpenAI."));

        (
            await _api.DeleteAsync($"/workspaces/{jane.Workspace}/provider-keys/{key}", jane.Token)
        ).EnsureSuccessStatusCode();
        (await SeenAsync(jane.Token)).ShouldBe(("standard", false, "There is no key of OpenAI."));
    }

    [Fact]
    public async Task What_an_own_key_shows_is_kept_by_no_cache()
    {
        var jane = await SignUpAsync();
        foreach (var path in (string[])["/voices", "/voices/openai-nova", "/models"])
        {
            var own = await _api.GetAsync(path, jane.Token);
            $"{own.Headers.CacheControl} {own.Headers.Vary}".ShouldBe("no-cache, private Authorization");
            (await _api.GetAsync(path)).Headers.CacheControl!.ToString().ShouldBe("public, max-age=60");
        }
    }

    [Fact]
    public async Task Models_say_who_can_do_what_for_whom()
    {
        var jane = await SignUpAsync();
        await AddKeyAsync(jane);

        var own = (await (await _api.GetAsync("/models?provider=openai&ability=speech", jane.Token)).JsonAsync())[
            "models"
        ]![0]!;
        ((string)own["id"]!).ShouldBe("openai/tts-9");
        ((bool)own["available"]!).ShouldBeTrue();
        ((int)own["limits"]!["maxCharacters"]!).ShouldBe(1000);
        var anyone = (await (await _api.GetAsync("/models?search=tts+nine")).JsonAsync())["models"]!.AsArray();
        ((string)anyone.ShouldHaveSingleItem()!["reason"]!).ShouldBe("There is no key of OpenAI.");
        (await (await _api.GetAsync("/models?ability=image")).JsonAsync())["models"]!.AsArray().ShouldBeEmpty();
        (await (await _api.GetAsync("/models?available=true")).JsonAsync())["models"]!.AsArray().ShouldBeEmpty();
        (await (await _api.GetAsync("/models?ability=flying")).RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Fact]
    public async Task A_call_is_made_with_the_workspaces_own_key_and_else_with_the_platforms()
    {
        await using var api = await VoicesHost.StartAsync(
            new Dictionary<string, string?> { ["Lectern:Providers:OpenAiKey"] = PlatformKey },
            null,
            _openAi
        );
        var (jane, stranger) = (await SignUpAsync(api), await SignUpAsync(api));
        await AddKeyAsync(jane, api);

        var own = await SpeakAsync(api, jane);
        var platforms = await SpeakAsync(api, stranger);
        var nobodys = await SpeakAsync(api, null);

        _openAi.Keys.ShouldBe([OwnKey, PlatformKey, PlatformKey]);
        (own.OnOwnAccount, platforms.OnOwnAccount, nobodys.OnOwnAccount).ShouldBe((true, false, false));
        await using var session = Worker(api);
        var recorded = await session.QueryAsync(
            "select id, on_own_account from billing.provider_calls order by started_at",
            row => (row.GetGuid(0), row.GetBoolean(1)),
            Token
        );
        recorded.ShouldBe([(own.Id, true), (platforms.Id, false), (nobodys.Id, false)]);
    }

    [Fact]
    public async Task Too_many_requests_keep_the_next_call_of_the_same_key_from_asking()
    {
        var (jane, stranger) = (await SignUpAsync(), await SignUpAsync());
        await AddKeyAsync(jane);
        await AddKeyAsync(stranger, secret: "sk-another-0123456789abcdef");
        _openAi.Speak = _ =>
            throw new ProviderException("openai", ProviderFailure.RateLimited, "Slow down.", TimeSpan.FromSeconds(60));

        (await FailAsync(jane)).RetryAfter.ShouldBe(TimeSpan.FromSeconds(60));
        (await FailAsync(jane)).RetryAfter!.Value.TotalSeconds.ShouldBeInRange(50, 60);
        _openAi.Spoken.ShouldBe(1);

        _openAi.Speak = _ => Task.FromResult(FakeEngine.Tone());
        await SpeakAsync(_api, stranger);
        _openAi.Spoken.ShouldBe(2);
    }

    [Fact]
    public async Task Audio_that_can_not_be_the_text_is_not_believed_and_counts_as_asked()
    {
        var jane = await SignUpAsync();
        await AddKeyAsync(jane);
        _openAi.Speak = _ => Task.FromResult(new Lectern.SharedKernel.Media.Pcm(new short[160], 16_000));

        (await FailAsync(jane)).Failure.ShouldBe(ProviderFailure.BadAnswer);
        await using var session = Worker(_api);
        (
            await session.QueryAsync(
                "select outcome || ' ' || code || ' ' || units from billing.provider_call_ends",
                row => row.GetString(0),
                Token
            )
        ).ShouldBe([$"failed bad_answer {Text.Length}"]);
    }

    [Fact]
    public async Task One_deadline_ends_a_call_and_its_outcome_is_unknown()
    {
        await using var api = await VoicesHost.StartAsync(
            new Dictionary<string, string?>
            {
                ["Lectern:Providers:OpenAiKey"] = PlatformKey,
                ["Lectern:Voices:RequestLimit"] = "00:00:01",
            },
            null,
            _openAi
        );
        _openAi.Speak = _ =>
            new TaskCompletionSource<Lectern.SharedKernel.Media.Pcm>().Task.WaitAsync(_openAi.Patience);

        var failed = await Should.ThrowAsync<ProviderException>(() => SpeakAsync(api, null));

        failed.Failure.ShouldBe(ProviderFailure.UnknownOutcome);
        await using var session = Worker(api);
        (
            await session.QueryAsync(
                "select outcome || ' ' || units from billing.provider_call_ends",
                row => row.GetString(0),
                Token
            )
        ).ShouldBe([$"unknown {Text.Length}"]);
        (
            await session.QueryAsync("select count(*) from voices.provider_places", row => row.GetInt64(0), Token)
        ).ShouldBe([0L]);
    }

    [Fact]
    public async Task A_provider_that_is_away_keeps_its_voices_with_the_reason_also_after_a_restart()
    {
        var settings = new Dictionary<string, string?> { ["Lectern:Providers:OpenAiKey"] = PlatformKey };
        await using var api = await VoicesHost.StartAsync(settings, null, _openAi);
        (await SeenAsync(null, api)).ShouldBe(("standard", true, null));
        var away = Remote();
        away.Inspect = _ => throw new ProviderException("openai", ProviderFailure.Outage, "It can't be reached.");

        await using var restarted = await VoicesHost.StartAsync(settings, api, away);

        var (_, available, reason) = await SeenAsync(null, restarted);
        available.ShouldBeFalse();
        reason.ShouldBe("openai: It can't be reached. It is asked again by itself.");
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_keeps_no_host_from_starting()
    {
        var silent = Remote();
        silent.Inspect = null;
        silent.Inspected = new TaskCompletionSource<EngineInspection>().Task;

        await using var api = await VoicesHost.StartAsync(silent);

        var list = await (await _api.GetAsync("/voices")).JsonAsync();
        list["providers"]!.AsArray().Count.ShouldBe(1);
        var mute = (await (await api.GetAsync("/voices")).JsonAsync())["providers"]![0]!;
        ((string)mute["reason"]!).ShouldStartWith("openai has not answered within 1 s.");
    }

    private static FakeEngine Remote() =>
        new("openai", Nova)
        {
            Limits = new EngineLimits(2) { MaxCharacters = 1_000, IsRemote = true },
            Inspect = key => new EngineInspection(
                key is null ? null : "1",
                key is null ? "There is no key of OpenAI." : null,
                [Nova]
            )
            {
                Models = [new EngineModel("tts-9", "TTS Nine")],
            },
        };

    private async Task<(string Class, bool Available, string? Reason)> SeenAsync(string? token, ApiHost? api = null)
    {
        var list = await (await (api ?? _api).GetAsync("/voices?provider=openai", token)).JsonAsync();
        var voice = list["voices"]!.AsArray().ShouldHaveSingleItem()!;
        ((bool)list["providers"]![0]!["available"]!).ShouldBe((bool)voice["available"]!);
        return ((string)voice["class"]!, (bool)voice["available"]!, (string?)voice["reason"]);
    }

    private static async Task<ProviderCall> SpeakAsync(ApiHost api, Someone? whose)
    {
        var catalogue = api.Services.GetRequiredService<VoiceCatalogue>();
        var voice = (await catalogue.FindAsync(whose?.Id, "openai-nova", Token)).ShouldNotBeNull();
        var purpose = new CallPurpose(Guid.CreateVersion7(), whose?.Id);
        return (await api.Services.GetRequiredService<EngineCalls>().SpeakAsync(voice, Text, purpose, Token)).Call;
    }

    private Task<ProviderException> FailAsync(Someone whose) =>
        Should.ThrowAsync<ProviderException>(() => SpeakAsync(_api, whose));

    private async Task<string> AddKeyAsync(Someone whose, ApiHost? api = null, string secret = OwnKey)
    {
        using var answer = await (api ?? _api).PostAsync(
            $"/workspaces/{whose.Workspace}/provider-keys",
            new
            {
                provider = "openai",
                name = "ours",
                secret,
            },
            whose.Token
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        return (string)(await answer.JsonAsync())["id"]!;
    }

    private async Task<Someone> SignUpAsync(ApiHost? api = null)
    {
        var token = (string)(await SignedUp.TokensAsync(api ?? _api))["accessToken"]!;
        var workspace = (string)(await (await (api ?? _api).GetAsync("/me", token)).JsonAsync())["workspace"]!;
        PublicId.TryParse(workspace.Split('_')[0], workspace, out var id).ShouldBeTrue();
        return new Someone(token, workspace, id);
    }

    private static Session Worker(ApiHost api) =>
        api.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.CreateVersion7()));

    private sealed record Someone(string Token, string Workspace, Guid Id);
}
