using System.Net;
using System.Text.Json.Nodes;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.Tests.Http;
using Lectern.Voices.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Voices.Characters;

/// <summary>Clones, with providers that the test plays. ElevenLabs' name is taken for its place in the vault.</summary>
public sealed class CloningTests : IAsyncLifetime
{
    private static readonly (string Name, string Value)[] Consent =
    [
        ("consentStatement", "I am Jane, and this is my own voice."),
        ("consentBy", "self"),
    ];

    private readonly FakeCloner _keeper = new("elevenlabs", keepsVoices: true);
    private readonly FakeCloner _imitator = new("f5tts", keepsVoices: false);
    private CharactersHost _host = null!;
    private Dweller _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await CharactersHost.StartAsync(cloners: [_imitator, _keeper]);
        _jane = await _host.SignUpAsync();
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Without_a_consent_nothing_is_cloned_whoever_could()
    {
        (_keeper.NeedsKey, _imitator.NeedsKey) = (false, false);
        await _host.RefreshAsync();

        var id = await _jane.MakeAsync();

        await QueueIsEmptyAsync();
        ((string)(await _jane.CharacterAsync(id))["voice"]!["way"]!).ShouldBe("shifted");
        _keeper.Asked.ShouldBe(0);
    }

    [Fact]
    public async Task With_a_consent_and_a_key_of_the_vault_the_voice_is_cloned_and_spoken_with()
    {
        await AddKeyAsync();

        var id = await _jane.MakeAsync("slt", null, Consent);

        var voice = (await BecomesAsync(id, "cloned"))["voice"]!;
        ((string)voice["provider"]!).ShouldBe("elevenlabs");
        voice["label"].ShouldBeNull();
        _keeper.Keys.ShouldBe(["the-secret-key-of-jane"]);
        var (name, request) = _keeper.Voices.ShouldHaveSingleItem();
        request.Name.ShouldBe(id); // nobody's name
        request.Sample.Duration.TotalSeconds.ShouldBe(4, 0.01); // as much as the provider takes
        (await FindAsync(id)).Way.ShouldBe(new ClonedVoice("elevenlabs", name));
        (
            await TextsAsync(
                "select provider || ' ' || ability || ' ' || outcome from billing.provider_calls c join billing.provider_call_ends e on e.call_id = c.id where ability = 'voice_clone'"
            )
        ).ShouldBe(["elevenlabs voice_clone succeeded"]);
    }

    [Fact]
    public async Task Where_it_came_from_is_stored_with_the_consent_and_the_words_in_no_event()
    {
        var id = await _jane.MakeAsync("slt", null, Consent);

        var stored = await TextsAsync(
            """
            select concat_ws('|', c.statement, c.statement_sha256 = encode(sha256(convert_to(c.statement, 'utf8')), 'hex'),
                             c.sample_sha256 = s.sha256, c.given_by, c.person_id, c.given_at > now() - interval '1 minute')
            from voices.consents c join voices.samples s using (character_id)
            """
        );
        stored.ShouldBe([$"I am Jane, and this is my own voice.|t|t|self|{_jane.Id}|t"]);
        ((string)(await _jane.CharacterAsync(id))["consent"]!["by"]!).ShouldBe("self");
        var events = string.Join('\n', await TextsAsync("select data::text from eventing.events"));
        events.ShouldNotContain("Jane");
        events.ShouldNotContain("Anne");
        (await TextsAsync("select data->>'by' from eventing.events where type = 'voices.consent_given.v1'")).ShouldBe([
            "self",
        ]);
    }

    [Fact]
    public async Task Where_nothing_is_kept_at_the_provider_the_sample_goes_along_with_each_request()
    {
        _imitator.NeedsKey = false;
        await _host.RefreshAsync();

        var id = await _jane.MakeAsync("slt", null, Consent);

        ((string)(await BecomesAsync(id, "reference"))["voice"]!["provider"]!).ShouldBe("f5tts");
        _imitator.Asked.ShouldBe(0);
        var way = (await FindAsync(id)).Way.ShouldBeOfType<ReferenceVoice>();
        File.Exists(Path.Combine(_host.Api.BlobFolder, way.SampleBlob)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_consent_that_comes_later_makes_the_clone_and_one_that_is_taken_back_deletes_it()
    {
        _keeper.NeedsKey = false;
        await _host.RefreshAsync();
        var id = await _jane.MakeAsync();

        await GiveConsentAsync(id);
        await BecomesAsync(id, "cloned");
        for (var i = 0; i < 2; i++)
            (await _jane.DeleteAsync($"/characters/{id}/consent")).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        var after = await _jane.CharacterAsync(id);
        ((string)after["voice"]!["way"]!).ShouldBe("shifted");
        after["consent"].ShouldBeNull();
        await QueueIsEmptyAsync();
        _keeper.Voices.ShouldBeEmpty();
        (await EventsAsync()).ShouldBe([
            "character_created",
            "consent_given",
            "voice_cloned",
            "consent_withdrawn",
            "clone_deleted",
        ]);
        await GiveConsentAsync(id);
        await BecomesAsync(id, "cloned");
    }

    [Fact]
    public async Task Deleting_a_character_deletes_its_clone_at_the_provider()
    {
        _keeper.NeedsKey = false;
        await _host.RefreshAsync();
        var id = await _jane.MakeAsync("slt", null, Consent);
        await BecomesAsync(id, "cloned");

        using var gone = await _jane.DeleteAsync($"/characters/{id}");

        ((string)(await gone.JsonAsync())["clonedBy"]!).ShouldBe("elevenlabs");
        await QueueIsEmptyAsync();
        _keeper.Voices.ShouldBeEmpty();
        (await EventsAsync()).TakeLast(2).ShouldBe(["character_deleted", "clone_deleted"]);
    }

    [Fact]
    public async Task A_clone_that_is_ready_when_nobody_wants_it_any_more_is_deleted()
    {
        _keeper.NeedsKey = false;
        await _host.RefreshAsync();
        var (asked, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        _keeper.Meanwhile = async () =>
        {
            asked.SetResult();
            await gate.Task;
        };
        var id = await _jane.MakeAsync("slt", null, Consent);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);

        (await _jane.DeleteAsync($"/characters/{id}/consent")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        gate.SetResult();

        await QueueIsEmptyAsync();
        _keeper.Asked.ShouldBe(1);
        _keeper.Voices.ShouldBeEmpty();
        ((string)(await _jane.CharacterAsync(id))["voice"]!["way"]!).ShouldBe("shifted");
    }

    [Theory]
    [InlineData(ProviderFailure.QuotaExhausted, "quota-exhausted")]
    [InlineData(ProviderFailure.UnknownOutcome, "unknown-outcome")] // a second try might make a second voice
    public async Task A_provider_that_refuses_is_not_asked_again_until_the_consent_is_given_again(
        ProviderFailure failure,
        string code
    )
    {
        _keeper.NeedsKey = false;
        await _host.RefreshAsync();
        _keeper.Failures.Enqueue(new ProviderException("elevenlabs", failure, "No."));
        var id = await _jane.MakeAsync("slt", null, Consent);

        await QueueIsEmptyAsync();

        var voice = (await _jane.CharacterAsync(id))["voice"]!;
        ((string)voice["way"]!).ShouldBe("shifted");
        ((string)voice["cloneFailure"]!).ShouldBe(code);
        _keeper.Asked.ShouldBe(1);
        await TextsAsync("update voices.provider_accounts set blocked_until = now() returning id"); // a minute later
        await GiveConsentAsync(id);
        (await BecomesAsync(id, "cloned"))["voice"]!["cloneFailure"].ShouldBeNull();
    }

    [Fact]
    public async Task A_provider_that_is_busy_is_asked_again()
    {
        _keeper.NeedsKey = false;
        await _host.RefreshAsync();
        _keeper.Failures.Enqueue(
            new ProviderException("elevenlabs", ProviderFailure.Busy, "Later.", TimeSpan.FromMilliseconds(50))
        );

        var id = await _jane.MakeAsync("slt", null, Consent);

        await BecomesAsync(id, "cloned");
        _keeper.Asked.ShouldBe(2);
        _keeper.Voices.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_public_clone_is_its_own_workspaces_and_others_hear_the_shifted_voice()
    {
        _keeper.NeedsKey = false;
        await _host.RefreshAsync();
        var id = await _jane.MakeAsync("slt", null, [("visibility", "public"), .. Consent]);
        await BecomesAsync(id, "cloned");
        var john = await _host.SignUpAsync();

        ((string)(await john.CharacterAsync(id))["voice"]!["way"]!).ShouldBe("shifted");
        var heard = await Voices.FindAsync(john.Workspace, id.Replace('_', '-'), Cancel);
        heard.ShouldNotBeNull().Way.ShouldBeOfType<ShiftedVoice>();
        heard.Owner.ShouldBe(_jane.Workspace);
    }

    [Fact]
    public async Task What_is_wrong_with_a_consent_is_said()
    {
        var id = await _jane.MakeAsync();

        foreach (
            var body in (object[])[new { statement = " ", by = "self" }, new { statement = "Yes.", by = "nobody" }]
        )
            (
                await (await _jane.SendJsonAsync(HttpMethod.Put, $"/characters/{id}/consent", body)).RefusalAsync()
            ).ShouldBe("422 invalid-values");
        (await _jane.CharacterAsync(id))["consent"].ShouldBeNull();
    }

    private CharacterVoices Voices => _host.Api.Services.GetRequiredService<CharacterVoices>();

    private async Task<CharacterVoice> FindAsync(string id) =>
        (await Voices.FindAsync(_jane.Workspace, id.Replace('_', '-'), Cancel)).ShouldNotBeNull();

    private async Task GiveConsentAsync(string id)
    {
        using var given = await _jane.SendJsonAsync(
            HttpMethod.Put,
            $"/characters/{id}/consent",
            new { statement = "My brother's voice; he agrees.", by = "permitted" }
        );
        given.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    private Task<JsonNode> BecomesAsync(string id, string way) =>
        Eventually.IsAsync(
            () => _jane.CharacterAsync(id),
            character => (string?)character["voice"]!["way"] == way,
            $"the voice is {way}"
        );

    private Task<List<string>> QueueIsEmptyAsync() =>
        Eventually.IsAsync(
            () => TextsAsync("select type from eventing.messages where type like 'voices.%'"),
            types => types.Count == 0,
            "nothing waits"
        );

    private async Task AddKeyAsync()
    {
        using var added = await _jane.SendJsonAsync(
            HttpMethod.Post,
            $"/workspaces/{PublicId.Format("workspace", _jane.Workspace)}/provider-keys",
            new
            {
                provider = "elevenlabs",
                name = "Mine",
                secret = "the-secret-key-of-jane",
            }
        );
        added.StatusCode.ShouldBe(HttpStatusCode.Created, await added.Content.ReadAsStringAsync(Cancel));
    }

    private async Task<List<string>> EventsAsync() =>
        [
            .. (await TextsAsync("select type from eventing.events where type like 'voices.%' order by seq")).Select(
                type => type["voices.".Length..^3]
            ),
        ];

    private async Task<List<string>> TextsAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_host.Api.ConnectionString);
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var rows = new List<string>();
        while (await reader.ReadAsync(Cancel))
            rows.Add(reader.GetString(0));
        return rows;
    }
}
