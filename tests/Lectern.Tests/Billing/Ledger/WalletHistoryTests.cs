using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Billing;
using Lectern.Billing.Contracts;
using Lectern.SharedKernel.History;
using Lectern.SharedKernel.Http;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;

namespace Lectern.Tests.Billing.Ledger;

/// <summary>The history of a wallet over HTTP.</summary>
[Collection(JobsHostCollection.Name)]
public sealed class WalletHistoryTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_wallets_events_states_and_differences_can_be_read()
    {
        await _jane.MakeAsync("It costs something.");

        var events = (await _jane.JsonAsync("/credits/events"))["items"]!.AsArray();
        events
            .Select(e => (string)e!["type"]!)
            .ShouldBe([
                "billing.wallet_opened.v1",
                "billing.credits_granted.v1",
                "billing.credits_held.v1",
                "billing.credits_deducted.v1",
            ]);
        var held = await _jane.JsonAsync("/credits/at/3");
        ((long)held["state"]!["held"]!).ShouldBeGreaterThan(0);
        var now = await _jane.JsonAsync($"/credits/at?time={Uri.EscapeDataString((string)events[3]!["at"]!)}");
        ((int)now["version"]!).ShouldBe(4);
        var changes = (await _jane.JsonAsync("/credits/diff?from=3&to=4"))["changes"]!.AsArray();
        changes.Select(c => (string)c!["path"]!).ShouldContain("/held");
    }

    [Fact]
    public async Task Books_that_do_not_add_up_are_refused_at_the_entry_by_the_rule_that_it_breaks()
    {
        var document = (await _jane.JsonAsync("/credits/events/export")).AsObject();
        var events = document["events"]!.Deserialize<List<DocumentEvent>>(StrictJson.Options)!;
        events.Add(
            events[^1] with
            {
                Id = Guid.CreateVersion7(),
                Version = events.Count + 1,
                Type = "billing.credits_held.v1",
                Data = JsonSerializer.SerializeToElement(
                    new CreditsHeld(Guid.CreateVersion7(), Guid.CreateVersion7(), 1, 1_000_000_000_000, "p1"),
                    BillingJson.Default.CreditsHeld
                ),
            }
        );
        document["events"] = JsonSerializer.SerializeToNode(events, StrictJson.Options);
        document["version"] = events.Count;
        document["count"] = events.Count;
        document["sha256"] = DocumentCheck.HashOf(events);

        var refusal = await ReplayAsync(document, HttpStatusCode.UnprocessableEntity);

        ((string)refusal["errors"]![0]!["pointer"]!).ShouldBe($"/events/{events.Count - 1}");
        ((string)refusal["errors"]![0]!["detail"]!).ShouldContain("wallet_not_overdrawn");
        (await _jane.AvailableAsync()).ShouldBe(20);
    }

    private async Task<JsonNode> ReplayAsync(JsonNode document, HttpStatusCode expected)
    {
        using var content = new StringContent(document.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await _jane.SendAsync(HttpMethod.Post, "/credits/replay", content);
        var body = await answer.JsonAsync();
        answer.StatusCode.ShouldBe(expected, $"{body}");
        return body;
    }
}
