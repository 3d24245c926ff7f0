using System.Net;
using System.Net.Http.Json;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;
using Lectern.Tests.SharedKernel.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Activity.Webhooks;

[Collection(WebhooksHostCollection.Name)]
public sealed class WebhooksTests(WebhooksHost host)
{
    private static readonly string[] Everything = ["*"];
    private static readonly string[] Scopes = ["jobs:write"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_webhook_is_made_shown_changed_and_deleted_and_its_secret_shown_once()
    {
        var (person, _) = await host.SignUpAsync();
        var (id, secret) = await host.NewWebhookAsync(person, "/life");
        secret.ShouldStartWith("whsec_");
        Convert.FromBase64String(secret["whsec_".Length..]).Length.ShouldBe(32);

        using var shown = await person.GetAsync($"/webhooks/{id}");
        var text = await shown.Content.ReadAsStringAsync(Cancel);
        text.ShouldContain("\"status\":\"enabled\"");
        text.ShouldNotContain("whsec");
        var etag = shown.Headers.ETag!.ToString();

        using var changed = await SendAsync(
            person,
            HttpMethod.Patch,
            $"/webhooks/{id}",
            new { events = Everything },
            etag
        );
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
        changed.Headers.ETag!.ToString().ShouldBe("\"2\"");
        using var stale = await SendAsync(person, HttpMethod.Patch, $"/webhooks/{id}", new { description = "x" }, etag);
        (await stale.RefusalAsync()).ShouldBe("412 precondition-failed");

        (await person.JsonAsync("/webhooks"))["items"]!.AsArray().Count.ShouldBe(1);
        using var deleted = await person.SendAsync(HttpMethod.Delete, $"/webhooks/{id}");
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var gone = await person.GetAsync($"/webhooks/{id}");
        (await gone.RefusalAsync()).ShouldBe("404 not-found");
        (await person.JsonAsync("/webhooks"))["items"]!.AsArray().ShouldBeEmpty();
        (
            await host.ScalarAsync<long>(
                "select count(*) from accounts.secrets where workspace_id = $1",
                person.Workspace
            )
        ).ShouldBe(0);
        (
            await host.ScalarAsync<string>(
                "select string_agg(action, ' ' order by number) from accounts.audit_log where workspace_id = $1 and action like 'webhooks.%'",
                person.Workspace
            )
        ).ShouldBe("webhooks.created webhooks.changed webhooks.deleted");
    }

    [Theory]
    [InlineData("http://127.0.0.2/", "lexicon.*", null, "/url")]
    [InlineData("https://169.254.169.254/", "lexicon.*", null, "/url")]
    [InlineData("ftp://127.0.0.1/", "lexicon.*", null, "/url")]
    [InlineData("http://127.0.0.1:22/", "lexicon.*", null, "/url")]
    [InlineData("http://127.0.0.1/", "job.exploded", null, "/events/0")]
    [InlineData("http://127.0.0.1/", null, null, "/events/0")]
    [InlineData("http://127.0.0.1/", "*", "whsec_c2hvcnQ=", "/secret")]
    public async Task What_does_not_fit_is_refused(string url, string? wanted, string? secret, string pointer)
    {
        var (person, _) = await host.SignUpAsync();

        using var refused = await person.SendAsync(
            HttpMethod.Post,
            "/webhooks",
            JsonContent.Create(
                new
                {
                    url,
                    events = new[] { wanted },
                    secret,
                }
            )
        );

        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
        ((string?)(await refused.JsonAsync())["errors"]![0]!["pointer"]).ShouldBe(pointer);
    }

    [Fact]
    public async Task A_change_is_held_to_the_same_rules()
    {
        var (person, _) = await host.SignUpAsync();
        var (id, _) = await host.NewWebhookAsync(person, "/rules");

        using var refused = await SendAsync(
            person,
            HttpMethod.Patch,
            $"/webhooks/{id}",
            new { url = "http://127.0.0.2/" }
        );

        (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Fact]
    public async Task A_workspace_has_twenty_places_and_a_deleted_webhook_leaves_its_own()
    {
        var (person, _) = await host.SignUpAsync();
        var body = new { url = host.Receiver.Url + "/many", events = new[] { "*" } };
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 22).Select(_ => SendAsync(person, HttpMethod.Post, "/webhooks", body))
        );
        var made = answers.Count(answer => answer.StatusCode == HttpStatusCode.Created);
        // Those that raced for one place five times in a row are told to try again.
        for (var i = 0; made < 20 && i < 40; i++)
        {
            using var again = await SendAsync(person, HttpMethod.Post, "/webhooks", body);
            made += again.StatusCode == HttpStatusCode.Created ? 1 : 0;
        }

        made.ShouldBe(20);
        using var full = await SendAsync(person, HttpMethod.Post, "/webhooks", body);
        (await full.RefusalAsync()).ShouldBe("422 too-many-webhooks");
        var first = (string)(await person.JsonAsync("/webhooks"))["items"]![0]!["id"]!;
        using (await person.SendAsync(HttpMethod.Delete, $"/webhooks/{first}")) { }
        using var room = await SendAsync(person, HttpMethod.Post, "/webhooks", body);
        room.StatusCode.ShouldBe(HttpStatusCode.Created);
        foreach (var answer in answers)
            answer.Dispose();
    }

    [Fact]
    public async Task A_secret_opens_for_its_own_row_only()
    {
        var (person, _) = await host.SignUpAsync();
        var (_, secret) = await host.NewWebhookAsync(person, "/one");
        await host.NewWebhookAsync(person, "/other");
        var ids = await host.ScalarAsync<Guid[]>(
            "select array_agg(secret_id order by created_at) from activity.webhooks where workspace_id = $1",
            person.Workspace
        );
        var secrets = host.Services.GetRequiredService<WorkspaceSecrets>();
        await using var session = host.Store.OpenWorkerSession(
            new SessionContext(person.Workspace, "system", person.Workspace)
        );
        var opened = await secrets.OpenAsync(session, "activity/webhook", ids, Cancel);
        Convert.ToBase64String(opened[ids[0]]).ShouldBe(secret["whsec_".Length..]);

        await host.ExecuteAsync(
            """
            update accounts.secrets s set sealed = o.sealed from accounts.secrets o
            where s.id = any($1) and o.id = any($1) and s.id <> o.id
            """,
            ids
        );

        using var told = new CountedTags("lectern.security.events", "event");
        await Should.ThrowAsync<System.Security.Cryptography.CryptographicException>(() =>
            secrets.OpenAsync(session, "activity/webhook", ids, Cancel)
        );
        told.Seen.ShouldContain("seal_broken");
        await Should.ThrowAsync<System.Security.Cryptography.CryptographicException>(() =>
            secrets.OpenAsync(session, "another/purpose", ids, Cancel)
        );
    }

    [Fact]
    public async Task The_last_provider_key_leaves_the_data_key_to_the_webhooks()
    {
        var (person, _) = await host.SignUpAsync();
        var workspace = PublicId.Format("workspace", person.Workspace);
        var (_, secret) = await host.NewWebhookAsync(person, "/vault");
        using var added = await SendAsync(
            person,
            HttpMethod.Post,
            $"/workspaces/{workspace}/provider-keys",
            new
            {
                provider = "openai",
                name = "x",
                secret = "sk-0123456789abcdef",
            }
        );
        var key = (string)(await added.JsonAsync())["id"]!;
        using var deleted = await person.SendAsync(HttpMethod.Delete, $"/workspaces/{workspace}/provider-keys/{key}");
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        await host.HappenAsync(person);

        await Eventually.IsAsync(
            () => Task.FromResult(host.Receiver.At("/vault").Any(each => each.IsSignedWith(secret))),
            signed => signed,
            "it is delivered and signed"
        );
    }

    [Fact]
    public async Task Only_admins_who_logged_in_see_webhooks()
    {
        var (person, _) = await host.SignUpAsync();
        var workspace = PublicId.Format("workspace", person.Workspace);
        using var made = await SendAsync(
            person,
            HttpMethod.Post,
            $"/workspaces/{workspace}/api-keys",
            new { name = "x", scopes = Scopes }
        );
        var key = new Person(host.Client, (string)(await made.JsonAsync())["key"]!, person.Workspace);

        using var refused = await key.GetAsync("/webhooks");

        (await refused.RefusalAsync()).ShouldBe("403 forbidden");
    }

    private static Task<HttpResponseMessage> SendAsync(
        Person person,
        HttpMethod method,
        string path,
        object body,
        string? ifMatch = null
    ) =>
        person.SendAsync(
            method,
            path,
            JsonContent.Create(body, body.GetType()),
            ifMatch is null ? [] : [("If-Match", ifMatch)]
        );
}
