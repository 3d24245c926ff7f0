using System.Text;
using System.Text.Json.Nodes;
using Lectern.Activity.Catalogue;
using Lectern.Activity.Webhooks;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Lectern.Tests.Events;

namespace Lectern.Tests.Activity.Webhooks;

/// <summary>What needs no host: signatures, secrets, filters, the schedule, the payload.</summary>
public sealed class WebhookRulesTests
{
    // The vector that the specification's own libraries are tested with:
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript/src/webhook.test.ts
    [Fact]
    public void A_signature_is_that_of_the_specification()
    {
        var (secret, fault) = WebhookSecret.Read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        fault.ShouldBeNull();

        WebhookSecret
            .Sign(
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1614265330,
                Encoding.UTF8.GetBytes("""{"test": 2432232314}"""),
                [secret]
            )
            .ShouldBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    [Fact]
    public void Two_secrets_make_two_signatures_with_a_blank_between()
    {
        var signatures = WebhookSecret.Sign("event_x", 1, "{}"u8, [new byte[32], [.. Enumerable.Repeat((byte)1, 32)]]);

        signatures.Split(' ').Length.ShouldBe(2);
        signatures.Split(' ').ShouldAllBe(signature => signature.StartsWith("v1,", StringComparison.Ordinal));
        signatures.Split(' ')[0].ShouldNotBe(signatures.Split(' ')[1]);
    }

    [Theory]
    [InlineData(24, true)]
    [InlineData(64, true)]
    [InlineData(23, false)]
    [InlineData(65, false)]
    [InlineData(0, false)]
    [InlineData(300, false)]
    public void A_secret_of_ones_own_has_24_to_64_bytes(int bytes, bool isFine)
    {
        var (secret, fault) = WebhookSecret.Read(WebhookSecret.Write(new byte[bytes]));

        (fault is null).ShouldBe(isFine);
        if (isFine)
            secret.Length.ShouldBe(bytes);
    }

    [Theory]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")] // no prefix
    [InlineData("whsec_not base64 at all!")]
    [InlineData("")]
    public void What_is_no_secret_is_refused(string text) => WebhookSecret.Read(text).Fault.ShouldNotBeNull();

    [Fact]
    public void New_secrets_have_32_bytes_and_differ()
    {
        WebhookSecret.New().Length.ShouldBe(32);
        WebhookSecret.New().ShouldNotBe(WebhookSecret.New());
    }

    [Theory]
    [InlineData("*", "job.completed", true)]
    [InlineData("job.*", "job.completed", true)]
    [InlineData("job.completed", "job.completed", true)]
    [InlineData("job.completed", "job.failed", false)]
    [InlineData("job.*", "jobs.completed", false)]
    [InlineData("credits.*", "job.completed", false)]
    public void A_filter_is_a_name_a_prefix_or_all(string wanted, string name, bool matches) =>
        WebhookFilter.Matches([wanted], name).ShouldBe(matches);

    [Theory]
    [InlineData("job.exploded")]
    [InlineData("job.chunk_done")] // live only
    [InlineData("job")]
    [InlineData("jo*")]
    [InlineData("nothing.*")]
    [InlineData("")]
    public void What_no_event_is_called_is_refused(string wanted) => WebhookFilter.Faults([wanted]).ShouldNotBeEmpty();

    [Fact]
    public void The_usual_schedule_is_the_specifications() =>
        new WebhookSettings()
            .Delays.Aggregate(TimeSpan.Zero, (sum, delay) => sum + delay)
            .ShouldBe(new TimeSpan(75, 35, 5)); // the last row of its table

    [Fact]
    public void Each_failure_waits_longer_and_the_tenth_is_the_last()
    {
        var delays = new WebhookSettings().Delays;
        var failed = new Attempt(Outcomes.Status, 500);
        for (var i = 0; i < delays.Count; i++)
        {
            RetrySchedule.Next(failed, i, delays, chance: 0).ShouldBe(new AfterAttempt("pending", delays[i]));
            RetrySchedule.Next(failed, i, delays, chance: 0.99).Delay.ShouldNotBeNull().ShouldBeGreaterThan(delays[i]);
        }

        RetrySchedule.Next(failed, delays.Count, delays, 0).ShouldBe(new AfterAttempt("exhausted"));
    }

    [Theory]
    [InlineData(1, 5)] // sooner than the schedule: the schedule holds
    [InlineData(60, 60)]
    [InlineData(7 * 24 * 3600, 24 * 3600)] // nobody holds a delivery up for longer than a day
    public void An_endpoint_says_when_to_come_again_within_reason(int asked, int seconds) =>
        RetrySchedule
            .Next(
                new Attempt(Outcomes.Status, 429, RetryAfter: TimeSpan.FromSeconds(asked)),
                0,
                new WebhookSettings().Delays,
                0
            )
            .Delay.ShouldBe(TimeSpan.FromSeconds(seconds));

    [Fact]
    public void Gone_is_gone_and_delivered_is_delivered()
    {
        RetrySchedule.Next(new Attempt(Outcomes.Gone, 410), 0, [TimeSpan.Zero], 0).Status.ShouldBe("disabled");
        RetrySchedule.Next(new Attempt(Outcomes.Delivered, 204), 9, [], 0).Status.ShouldBe("delivered");
    }

    [Fact]
    public void A_payload_has_the_form_of_the_specification_and_is_thin()
    {
        var at = new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero);
        var stored = new StoredEvent(
            7,
            Guid.CreateVersion7(),
            Guid.CreateVersion7(),
            1,
            new JobDeleted(),
            "jobs.job_deleted.v1",
            Guid.CreateVersion7(),
            "system",
            Guid.CreateVersion7(),
            null,
            at
        );

        var payload = JsonNode.Parse(WebhookPayload.Of(WebhookPayload.Newest, stored))!;

        ((string?)payload["type"]).ShouldBe("job.deleted");
        payload["timestamp"]!.GetValue<DateTimeOffset>().ShouldBe(at);
        payload["data"]!.AsObject().ShouldBeEmpty();
        ((string?)payload["subject"]!["type"]).ShouldBe("job");
        ((string?)payload["id"]).ShouldNotBeNull().ShouldStartWith("event_");
        ((string?)payload["id"]).ShouldNotBeNull().ShouldNotContain('.'); // it is signed as id.timestamp.body
        ((string?)payload["workspace"]).ShouldNotBeNull().ShouldStartWith("workspace_");
        ((int)payload["version"]!).ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(ToldByWebhooks))]
    public void The_payload_of_whatever_is_told_is_smaller_than_the_specification_recommends(string name)
    {
        var payload = WebhookPayload.Of(WebhookPayload.Newest, Stored(name));

        payload.Length.ShouldBeInRange(100, WebhookPayload.MostBytes - 1);
        ((string?)JsonNode.Parse(payload)!["type"]).ShouldBe(PublicEvents.TypeOf(Stored(name))!.Name);
    }

    /// <summary>Stored names of which there is a type that webhooks tell.</summary>
    public static TheoryData<string> ToldByWebhooks =>
        [
            .. StoredEventsTests.Types.Readable.Where(name =>
                PublicEvents.TypeOf(Stored(name))?.Told.HasFlag(Told.ByWebhook) == true
            ),
        ];

    private static StoredEvent Stored(string name) =>
        new(
            7,
            Guid.CreateVersion7(),
            Guid.CreateVersion7(),
            1,
            StoredEventsTests.Types.Read(name, StoredEventsTests.FileOf(name)),
            name,
            Guid.CreateVersion7(),
            CallerSessions.ActorOf(Guid.CreateVersion7()),
            Guid.CreateVersion7(),
            null,
            new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero)
        );
}
