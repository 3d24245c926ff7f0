using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.Activity.Webhooks;
using Lectern.SharedKernel;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;
using Lectern.Tests.SharedKernel.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Activity.Webhooks;

/// <summary>What a receiver does, and what comes of it.</summary>
[Collection(WebhooksHostCollection.Name)]
public sealed class DeliveryTests(WebhooksHost host)
{
    // With either secret, with none that was ours, for another body, under another id.
    private static readonly bool[] Verdicts = [true, true, false, false, false];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Receiver Receiver => host.Receiver;

    [Fact]
    public async Task What_happens_is_told_once_signed_and_to_those_who_asked_for_it()
    {
        var (person, _) = await host.SignUpAsync();
        var (id, secret) = await host.NewWebhookAsync(person, "/told");
        await host.NewWebhookAsync(person, "/told-jobs", null, "job.*");

        var happened = (await host.HappenAsync(person)).Single();
        var ended = await WebhooksHost.EndedAsync(person, id);

        ((string?)ended["delivery"]!["status"]).ShouldBe("delivered");
        ((string?)ended["delivery"]!["event"]).ShouldBe(happened);
        var received = Receiver.At("/told").ShouldHaveSingleItem();
        received.Id.ShouldBe(happened);
        received.IsSignedWith(secret).ShouldBeTrue();
        received.Headers["content-type"].ShouldBe("application/json");
        received.Headers["user-agent"].ShouldStartWith("Lectern-Webhooks/");
        received.Headers.Keys.ShouldNotContain("traceparent");
        ((string?)received.Json["type"]).ShouldBe("lexicon.described");
        ((string?)received.Json["id"]).ShouldBe(happened);
        Receiver.At("/told-jobs").ShouldBeEmpty();
    }

    [Fact]
    public async Task What_happened_before_is_not_told()
    {
        var (person, _) = await host.SignUpAsync();
        await host.HappenAsync(person, 3);
        var (id, _) = await host.NewWebhookAsync(person, "/past");

        var happened = (await host.HappenAsync(person)).Single();
        await WebhooksHost.EndedAsync(person, id);

        Receiver.At("/past").Select(each => each.Id).ShouldBe([happened]);
    }

    [Fact]
    public async Task Three_failures_and_a_success_are_four_tries_under_one_id()
    {
        var ended = await DeliverAsync("/flaky", (path, receiver) => receiver.On(path, 500, 503, 404, 200));

        Outcome(ended).ShouldBe("delivered after status 500, status 503, status 404, delivered 200");
        Receiver.At("/flaky").Select(each => each.Id).Distinct().Count().ShouldBe(1);
        Receiver.At("/flaky").Count.ShouldBe(4);
    }

    [Fact]
    public async Task When_every_try_failed_it_is_exhausted_and_can_be_replayed()
    {
        var (person, _) = await host.SignUpAsync();
        var (id, _) = await host.NewWebhookAsync(person, "/broken");
        Receiver.On("/broken", 500);
        await host.HappenAsync(person);
        var ended = await WebhooksHost.EndedAsync(person, id);
        Outcome(ended).ShouldBe("exhausted after status 500, status 500, status 500, status 500");
        (await person.JsonAsync($"/webhooks/{id}"))["failingSince"].ShouldNotBeNull();

        Receiver.On("/broken", 200);
        var delivery = (string)ended["delivery"]!["id"]!;
        using var replayed = await person.SendAsync(HttpMethod.Post, $"/webhooks/{id}/deliveries/{delivery}/replay");
        replayed.StatusCode.ShouldBe(HttpStatusCode.Accepted);

        ended = await WebhooksHost.EndedAsync(person, id);
        ((string?)ended["delivery"]!["status"]).ShouldBe("delivered");
        ended["tries"]!.AsArray().Count.ShouldBe(WebhooksHost.Tries + 1);
        Receiver.At("/broken").Select(each => each.Id).Distinct().Count().ShouldBe(1);
        (await person.JsonAsync($"/webhooks/{id}"))["failingSince"].ShouldBeNull();
    }

    [Fact]
    public async Task Who_is_busy_is_left_alone_as_long_as_it_says()
    {
        var clock = new Stopwatch();
        var ended = await DeliverAsync(
            "/busy",
            (path, receiver) =>
                receiver.On(
                    path,
                    (http, call) =>
                    {
                        if (call == 1)
                        {
                            clock.Start();
                            http.Response.StatusCode = 429;
                            http.Response.Headers.RetryAfter = "2";
                        }
                        else
                        {
                            clock.Stop();
                        }

                        return Task.CompletedTask;
                    }
                )
        );

        Outcome(ended).ShouldBe("delivered after status 429, delivered 204");
        clock.Elapsed.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_redirect_is_a_failure_and_leads_nowhere()
    {
        using var inner = new CountingListener();
        var ended = await DeliverAsync(
            "/moved",
            (path, receiver) =>
                receiver.On(
                    path,
                    (http, _) =>
                    {
                        http.Response.StatusCode = 302;
                        http.Response.Headers.Location = $"http://127.0.0.1:{inner.Port}/";
                        return Task.CompletedTask;
                    }
                )
        );

        Outcome(ended).ShouldBe("exhausted after redirect 302, redirect 302, redirect 302, redirect 302");
        inner.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Who_hangs_is_hung_up_on() =>
        Outcome(
                await DeliverAsync(
                    "/hangs",
                    (path, receiver) =>
                        receiver.On(
                            path,
                            (http, call) =>
                                call == 1 ? Task.Delay(Timeout.Infinite, http.RequestAborted) : Task.CompletedTask
                        )
                )
            )
            .ShouldBe("delivered after timeout, delivered 204");

    [Fact]
    public async Task Who_drips_is_hung_up_on() =>
        Outcome(
                await DeliverAsync(
                    "/drips",
                    (path, receiver) =>
                        receiver.On(
                            path,
                            (http, call) =>
                                call == 1
                                    ? Receiver.PourAsync(http, 1, TimeSpan.FromMilliseconds(50))
                                    : Task.CompletedTask
                        )
                )
            )
            .ShouldBe("delivered after timeout, delivered 204");

    [Fact]
    public async Task A_gigabyte_is_not_read()
    {
        var sent = 0L;
        var ended = await DeliverAsync(
            "/floods",
            (path, receiver) =>
                receiver.On(
                    path,
                    async (http, call) =>
                    {
                        if (call == 1)
                            sent = await Receiver.PourAsync(http, 64 * 1024, TimeSpan.FromMilliseconds(1));
                    }
                )
        );

        Outcome(ended).ShouldBe("delivered after answer_too_large 200, delivered 204");
        sent.ShouldBeLessThan(64 * 1024 * 1024); // what lies between, and what is sent until it's noticed
    }

    [Fact]
    public async Task Who_hangs_up_is_tried_again() =>
        Outcome(
                await DeliverAsync(
                    "/resets",
                    (path, receiver) =>
                        receiver.On(
                            path,
                            (http, call) =>
                            {
                                if (call == 1)
                                    http.Abort();
                                return Task.CompletedTask;
                            }
                        )
                )
            )
            .ShouldBe("delivered after connection_failed, delivered 204");

    [Fact]
    public async Task A_certificate_that_nobody_trusts_is_a_failure()
    {
        var (person, _) = await host.SignUpAsync();
        var (id, _) = await host.NewWebhookAsync(person, "/", Receiver.TlsUrl + "/tls");
        await host.HappenAsync(person);

        Outcome(await WebhooksHost.EndedAsync(person, id))
            .ShouldBe("exhausted after tls_failed, tls_failed, tls_failed, tls_failed");
        Receiver.At("/tls").ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_is_gone_is_disabled_told_of_and_can_be_enabled_and_gets_what_it_missed()
    {
        var (person, email) = await host.SignUpAsync();
        var (id, _) = await host.NewWebhookAsync(person, "/gone");
        Receiver.On("/gone", 410);
        var happened = await host.HappenAsync(person);
        await Eventually.IsAsync(
            () => person.JsonAsync($"/webhooks/{id}"),
            webhook => (string?)webhook["status"] == "disabled",
            "it is disabled"
        );
        ((string?)(await person.JsonAsync($"/webhooks/{id}"))["disabledReason"]).ShouldBe("gone");
        Outcome(await WebhooksHost.EndedAsync(person, id)).ShouldBe("disabled after gone 410");
        var mail = await host.Mail.NextAsync(email);
        mail.Subject.ShouldBe("A webhook was disabled");
        mail.Text.ShouldContain(id);
        mail.Text.ShouldNotContain("/gone");
        using (var refused = await person.SendAsync(HttpMethod.Post, $"/webhooks/{id}/test"))
            (await refused.RefusalAsync()).ShouldBe("409 webhook-disabled");

        Receiver.On("/gone", 200);
        using (await person.SendAsync(HttpMethod.Post, $"/webhooks/{id}/enable")) { }
        using var replay = await person.SendAsync(HttpMethod.Post, $"/webhooks/{id}/replay?since=2020-01-01T00:00:00Z");
        ((int)(await replay.JsonAsync())["deliveries"]!).ShouldBe(1);

        Outcome(await WebhooksHost.EndedAsync(person, id)).ShouldBe("delivered after gone 410, delivered 200");
        Receiver.At("/gone").Select(each => each.Id).Distinct().ShouldBe(happened);
    }

    [Fact]
    public async Task Who_fails_for_days_is_disabled_once()
    {
        var (person, email) = await host.SignUpAsync();
        var (id, _) = await host.NewWebhookAsync(person, "/dead");
        Receiver.On("/dead", 500);
        await host.ExecuteAsync(
            "update activity.webhooks set failing_since = now() - interval '5 days' where workspace_id = $1",
            person.Workspace
        );

        await host.HappenAsync(person, 10, $"person:{Guid.NewGuid()}");

        await Eventually.IsAsync(
            () => person.JsonAsync($"/webhooks/{id}"),
            webhook => (string?)webhook["disabledReason"] == "failing",
            "it is disabled"
        );
        // Not who did what could not be told.
        (
            await host.ScalarAsync<string>(
                "select actor from accounts.audit_log where workspace_id = $1 and action = 'webhooks.disabled'",
                person.Workspace
            )
        ).ShouldBe("system");
        await host.Mail.NextAsync(email);
        await Eventually.IsAsync(
            () =>
                host.ScalarAsync<long>(
                    "select count(*) from activity.webhook_deliveries where workspace_id = $1 and status = 'pending'",
                    person.Workspace
                ),
            pending => pending == 0,
            "nothing is pending"
        );
        (
            await host.ScalarAsync<long>(
                "select count(*) from eventing.events where workspace_id = $1 and type = 'activity.webhook_disabled.v1'",
                person.Workspace
            )
        ).ShouldBe(1);
        host.Mail.To(email).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Who_works_again_before_it_is_disabled_is_not()
    {
        var (person, _) = await host.SignUpAsync();
        var (id, _) = await host.NewWebhookAsync(person, "/recovered");
        PublicId.TryParse("webhook", id, out var webhook).ShouldBeTrue();
        await using var session = host.Store.OpenSystemSession(person.Workspace);
        session.Enqueue(new DisableWebhook(webhook, DisabledReasons.Failing));
        await session.SaveChangesAsync(Cancel);

        await Eventually.IsAsync(
            () => MessagesAsync(person, "webhook-upkeep"),
            messages => messages == 0,
            "it was looked at"
        );

        ((string?)(await person.JsonAsync($"/webhooks/{id}"))["status"]).ShouldBe("enabled");
    }

    [Theory]
    [InlineData("disabled")]
    [InlineData("deleted")]
    public async Task However_much_waits_ends_bit_by_bit(string how)
    {
        var (person, _) = await host.SignUpAsync();
        var (id, _) = await host.NewWebhookAsync(person, "/heaps");
        PublicId.TryParse("webhook", id, out var webhook).ShouldBeTrue();
        await host.ExecuteAsync(
            """
            insert into activity.webhook_deliveries (id, workspace_id, webhook_id, event_id, type)
            select gen_random_uuid(), $1, $2, gen_random_uuid(), 'webhook.test' from generate_series(1, $3)
            """,
            person.Workspace,
            webhook,
            EndDeliveriesHandler.AtOnce + 1
        );

        using var answer =
            how == "deleted"
                ? await person.SendAsync(HttpMethod.Delete, $"/webhooks/{id}")
                : await person.SendAsync(HttpMethod.Post, $"/webhooks/{id}/disable");
        answer.IsSuccessStatusCode.ShouldBeTrue();

        await Eventually.IsAsync(
            () =>
                host.ScalarAsync<long>(
                    "select count(*) from activity.webhook_deliveries where webhook_id = $1 and status = $2",
                    webhook,
                    how
                ),
            ended => ended == EndDeliveriesHandler.AtOnce + 1,
            "all have ended"
        );
    }

    [Fact]
    public async Task A_test_takes_the_way_of_every_delivery()
    {
        var (person, _) = await host.SignUpAsync();
        var (id, secret) = await host.NewWebhookAsync(person, "/test", null, "job.*");

        using var asked = await person.SendAsync(HttpMethod.Post, $"/webhooks/{id}/test");

        asked.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        ((string?)(await WebhooksHost.EndedAsync(person, id))["delivery"]!["status"]).ShouldBe("delivered");
        var received = Receiver.At("/test").ShouldHaveSingleItem();
        ((string?)received.Json["type"]).ShouldBe("webhook.test");
        received.Id.ShouldBe((string?)(await asked.JsonAsync())["event"]);
        received.IsSignedWith(secret).ShouldBeTrue();
    }

    [Fact]
    public async Task After_a_rotation_both_secrets_sign_until_the_old_one_ends()
    {
        var (person, _) = await host.SignUpAsync();
        var (id, old) = await host.NewWebhookAsync(person, "/rotated");
        var @new = await RotateAsync(person, id, 1);
        await host.HappenAsync(person);
        await WebhooksHost.EndedAsync(person, id);
        var both = Receiver.At("/rotated").ShouldHaveSingleItem();
        both.IsSignedWith(old).ShouldBeTrue();
        both.IsSignedWith(@new).ShouldBeTrue();

        var newest = await RotateAsync(person, id, 0);
        await host.Services.GetRequiredService<WebhookSweep>().SweepAsync(Cancel);
        (
            await host.ScalarAsync<long>(
                "select count(*) from accounts.secrets where workspace_id = $1",
                person.Workspace
            )
        ).ShouldBe(1);
        await host.HappenAsync(person);
        await Eventually.IsAsync(
            () => Task.FromResult(Receiver.At("/rotated").Count),
            count => count == 2,
            "the second arrives"
        );
        var one = Receiver.At("/rotated")[1];
        one.IsSignedWith(newest).ShouldBeTrue();
        one.Signature.Split(' ').Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_slow_endpoint_does_not_hold_up_the_others()
    {
        var (person, _) = await host.SignUpAsync();
        await host.NewWebhookAsync(person, "/slow");
        await host.NewWebhookAsync(person, "/fast");
        var answered = new ConcurrentQueue<(long From, long To)>();
        Receiver.On(
            "/slow",
            async (http, _) =>
            {
                var from = Stopwatch.GetTimestamp();
                await Task.Delay(TimeSpan.FromMilliseconds(600), http.RequestAborted);
                // One that is hung up on is no measure: its place is free before we learn of it.
                answered.Enqueue((from, Stopwatch.GetTimestamp()));
                http.Response.StatusCode = 500;
            }
        );

        var happened = await host.HappenAsync(person, 200);

        await Eventually.IsAsync(
            () => Task.FromResult(Receiver.At("/fast").Select(each => each.Id).Distinct().Count()),
            count => count == happened.Count,
            "all of the fast one's are there"
        );
        // Had they gone through the host's places one after the other, all would have been tried by now.
        (
            await host.ScalarAsync<long>(
                """
                select count(*) from activity.webhook_deliveries d join activity.webhooks w on w.id = d.webhook_id
                where d.workspace_id = $1 and w.url like '%/slow' and d.status = 'pending' and d.attempts = 0
                """,
                person.Workspace
            )
        ).ShouldBeGreaterThan(happened.Count / 2);
        var atOnce = new WebhookSettings().PerEndpoint;
        await Eventually.IsAsync(
            () => Task.FromResult(answered.Count),
            count => count > 2 * atOnce,
            "the slow one has answered some"
        );
        answered
            .Max(one => answered.Count(other => other.From <= one.From && one.From < other.To))
            .ShouldBeLessThanOrEqualTo(atOnce);
        var slow = (await person.JsonAsync("/webhooks"))["items"]![1]!;
        ((string?)slow["url"]).ShouldNotBeNull().ShouldEndWith("/slow");
        using (await person.SendAsync(HttpMethod.Delete, $"/webhooks/{slow["id"]}")) { } // not to be waited for
    }

    [Fact]
    public async Task What_waits_for_a_deleted_webhook_ends_and_is_swept_with_it()
    {
        var (person, _) = await host.SignUpAsync();
        var (id, _) = await host.NewWebhookAsync(person, "/deleted");
        Receiver.On(
            "/deleted",
            (http, _) =>
            {
                http.Response.StatusCode = 503;
                http.Response.Headers.RetryAfter = "3600";
                return Task.CompletedTask;
            }
        );
        await host.HappenAsync(person);
        await Eventually.IsAsync(
            () =>
                host.ScalarAsync<int>(
                    "select coalesce(max(attempts), 0) from activity.webhook_deliveries where workspace_id = $1",
                    person.Workspace
                ),
            attempts => attempts == 1,
            "it was tried, and the next try waits"
        );

        using (await person.SendAsync(HttpMethod.Delete, $"/webhooks/{id}")) { }
        await Eventually.IsAsync(
            () => MessagesAsync(person, "webhooks"),
            messages => messages == 0,
            "no message waits"
        );
        (
            await host.ScalarAsync<string>(
                "select min(status) from activity.webhook_deliveries where workspace_id = $1",
                person.Workspace
            )
        ).ShouldBe("deleted");
        await host.ExecuteAsync(
            "update activity.webhooks set deleted_at = now() - interval '2 days' where workspace_id = $1",
            person.Workspace
        );
        await host.Services.GetRequiredService<WebhookSweep>().SweepAsync(Cancel);
        (
            await host.ScalarAsync<long>(
                "select count(*) from activity.webhooks where workspace_id = $1",
                person.Workspace
            )
        ).ShouldBe(0);
    }

    // The library that the specification's authors publish for Node, as tests/clients/package-lock.json pins it.
    [Fact]
    public async Task The_specifications_own_library_accepts_our_signatures_and_no_others()
    {
        var (person, _) = await host.SignUpAsync();
        var (id, old) = await host.NewWebhookAsync(person, "/library");
        var @new = await RotateAsync(person, id, 1);
        await host.HappenAsync(person, 20);
        using (await person.SendAsync(HttpMethod.Post, $"/webhooks/{id}/test")) { }
        await Eventually.IsAsync(
            () => Task.FromResult(Receiver.At("/library").Count),
            count => count >= 21,
            "they arrived"
        );
        var deliveries = Receiver.At("/library");
        var cases = deliveries
            .SelectMany(each =>
                new[]
                {
                    Case(each, old, each.Body),
                    Case(each, @new, each.Body),
                    Case(each, WebhookSecret.Write(WebhookSecret.New()), each.Body),
                    Case(each, @new, [.. each.Body, (byte)' ']),
                    Case(each with { Id = each.Id + "x" }, @new, each.Body),
                }
            )
            .ToList();

        var verdicts = await NodeAsync(cases);

        verdicts.ShouldBe([.. deliveries.SelectMany(_ => Verdicts)]);
    }

    private static object Case(Received received, string secret, byte[] body) =>
        new
        {
            secret,
            body = System.Text.Encoding.UTF8.GetString(body),
            headers = new Dictionary<string, string>
            {
                ["webhook-id"] = received.Id,
                ["webhook-timestamp"] = received.Timestamp,
                ["webhook-signature"] = received.Signature,
            },
        };

    private static async Task<bool[]> NodeAsync(List<object> cases)
    {
        var start = new ProcessStartInfo("node", ["verify-webhooks.cjs"])
        {
            WorkingDirectory = Path.Combine(Checkout.Root, "tests", "clients"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var node = Process.Start(start)!;
        await node.StandardInput.WriteAsync(JsonSerializer.Serialize(cases));
        node.StandardInput.Close();
        var output = await node.StandardOutput.ReadToEndAsync(Cancel);
        var error = await node.StandardError.ReadToEndAsync(Cancel);
        await node.WaitForExitAsync(Cancel);
        node.ExitCode.ShouldBe(0, error);
        return JsonSerializer.Deserialize<bool[]>(output)!;
    }

    private Task<long> MessagesAsync(Person person, string lane) =>
        host.ScalarAsync<long>(
            "select count(*) from eventing.messages where workspace_id = $1 and lane = $2",
            person.Workspace,
            lane
        );

    private static async Task<string> RotateAsync(Person person, string id, double hours)
    {
        using var rotated = await person.SendAsync(
            HttpMethod.Post,
            $"/webhooks/{id}/rotate",
            JsonContent.Create(new { overlapHours = hours })
        );
        rotated.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (string)(await rotated.JsonAsync())["secret"]!;
    }

    /// <summary>Has one thing told to an endpoint that does what a script says, and waits until that has ended.</summary>
    private async Task<JsonNode> DeliverAsync(string path, Action<string, Receiver> script)
    {
        script(path, Receiver);
        var (person, _) = await host.SignUpAsync();
        var (id, _) = await host.NewWebhookAsync(person, path);
        await host.HappenAsync(person);
        return await WebhooksHost.EndedAsync(person, id);
    }

    /// <summary>The end of a delivery and every try before it, as a sentence.</summary>
    private static string Outcome(JsonNode ended) =>
        $"{ended["delivery"]!["status"]} after "
        + string.Join(
            ", ",
            ended["tries"]!.AsArray().Reverse().Select(each => $"{each!["outcome"]} {each["status"]}".TrimEnd())
        );
}
