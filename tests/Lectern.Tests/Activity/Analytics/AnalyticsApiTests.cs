using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;

namespace Lectern.Tests.Activity.Analytics;

/// <summary>Statistics of real jobs over HTTP: one that was spoken, one that was there already, a failed one, a program's.</summary>
[Collection(JobsHostCollection.Name)]
public sealed class AnalyticsApiTests(JobsHost host) : IAsyncLifetime
{
    private const string Text = "The pelican flew over the harbour. It came back at noon.";
    private static readonly string[] Scopes = ["jobs:write", "analytics:read"];

    private Person _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Jobs_are_counted_by_everything_that_they_can_be_told_apart_by()
    {
        var (program, key) = await KeyAsync();
        var spoken = await _jane.MakeAsync(Text);
        await _jane.MakeAsync(Text);
        await program.MakeAsync("A program wanted this to be spoken.");
        var project = await _jane.MakeProjectAsync();
        string failed;
        using (host.Engine.FailFor("basilisk", ProviderFailure.ContentRefused, Task.CompletedTask))
        {
            failed = await _jane.SubmitAsync("The basilisk hisses.", project: project);
            await _jane.UntilAsync(failed, "failed");
        }

        var usage = await UntilAsync(
            "/analytics/usage?every=total",
            total => (int)total["submitted"]! == 4 && (int)total["failed"]! == 1 && (int)total["completed"]! == 3
        );

        var total = usage["total"]!;
        ((double)total["failureRate"]!).ShouldBe(0.25);
        ((int)total["chunksReused"]!).ShouldBe((int)spoken["chunks"]!["total"]!);
        ((double)total["cacheHitRate"]!).ShouldBeInRange(0.01, 0.99);
        ((int)total["charactersReused"]!).ShouldBeInRange(Text.Length - 5, Text.Length);
        ((int)total["charactersSpoken"]!).ShouldBeInRange(Text.Length - 5, (int)total["charactersOrdered"]!);
        ((double)total["realTimeFactor"]!).ShouldBeInRange(0.00001, 5);
        ((long)total["reusedMs"]!).ShouldBeGreaterThan(1000);
        ((long)total["deliveredMs"]!).ShouldBeGreaterThan((long)total["reusedMs"]! * 2);
        usage["rows"]!.AsArray().ShouldHaveSingleItem()!["submitted"]!.ToJsonString().ShouldBe("4");

        (await SubmittedAsync("kind")).ShouldBe(["audiobook=4"]);
        (await SubmittedAsync("provider")).ShouldBe(["flite=4"]);
        (await SubmittedAsync("voice")).ShouldBe(["flite-slt=4"]);
        (await SubmittedAsync("project")).ShouldBe(["none=3", $"{project}=1"], ignoreOrder: true);
        (await SubmittedAsync("project", $"&value={project}")).ShouldBe([$"{project}=1"]);
        (await SubmittedAsync("person")).ShouldBe([$"{await MeAsync()}=4"]);
        (await SubmittedAsync("api_key")).ShouldBe(["none=3", $"{key}=1"]);
        var sessions = await SubmittedAsync("session");
        sessions.Count.ShouldBe(2);
        sessions.ShouldContain("none=1");
        sessions.ShouldContain(each =>
            each.StartsWith("session_", StringComparison.Ordinal) && each.EndsWith("=3", StringComparison.Ordinal)
        );
        (await SubmittedAsync("api_key", $"&value={key}")).ShouldBe([$"{key}=1"]);

        var failures = await _jane.JsonAsync("/analytics/failures?every=total");
        ((int)failures["ended"]!).ShouldBe(4);
        var row = failures["rows"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)row["step"]!, (string)row["code"]!, (int)row["failed"]!, (double)row["failureRate"]!).ShouldBe(
            ("synthesize", "provider-content-refused", 1, 0.25)
        );
        using var file = await _jane.GetAsync("/analytics/failures?every=total&format=csv");
        (await file.Content.ReadAsStringAsync(Cancel)).ShouldBe(
            $"from,to,step,code,failed,failureRate,fellBack\r\n{row["from"]},{row["to"]},synthesize,provider-content-refused,1,0.25,0\r\n"
        );

        await SpendAgreesAsync();
    }

    [Fact]
    public async Task Every_day_has_a_row_and_the_file_has_the_same_figures()
    {
        await _jane.MakeAsync("A heron waits beside the reeds.");
        var usage = await UntilAsync("/analytics/usage?by=voice", total => (int)total["completed"]! == 1);
        usage["rows"]!.AsArray().Count.ShouldBe(30);
        var filled = usage["rows"]!.AsArray().Where(row => (int)row!["completed"]! > 0).ShouldHaveSingleItem()!;
        ((string)filled["value"]!).ShouldBe("flite-slt");

        using var byFormat = await _jane.GetAsync("/analytics/usage?by=voice&format=csv");
        using var byHeader = await _jane.GetAsync(
            "/analytics/usage?by=voice",
            ("Accept", "text/csv, application/json;q=0.5")
        );

        byFormat.Content.Headers.ContentType!.MediaType.ShouldBe("text/csv");
        byFormat.Content.Headers.ContentDisposition!.FileName!.ShouldMatch(@"\Ausage-[0-9-]{10}-[0-9-]{10}\.csv\z");
        var file = await byFormat.Content.ReadAsStringAsync(Cancel);
        (await byHeader.Content.ReadAsStringAsync(Cancel)).ShouldBe(file);
        ReadStrictly(file)
            .ShouldBe(
                usage["rows"]!
                    .AsArray()
                    .Select(row => string.Join('|', row!.AsObject().Select(field => $"{field.Key}={field.Value}")))
            );
    }

    [Fact]
    public async Task Spending_is_told_to_who_spent_and_nobody_else()
    {
        await _jane.MakeAsync("An egret stands in the shallow water.");
        var spend = await UntilAsync("/analytics/spend?every=month&by=kind", total => (int)total["charges"]! == 1);
        ((string)spend["total"]!["charged"]!).ShouldNotBe("0");
        var stranger = await host.SignUpAsync();

        var theirs = await stranger.JsonAsync("/analytics/spend?every=total");

        ((string)theirs["total"]!["net"]!).ShouldBe("0");
        ((int)theirs["total"]!["charges"]!).ShouldBe(0);
        await SpendAgreesAsync();
    }

    [Theory]
    [InlineData("from=2026-02-30", "from")]
    [InlineData("from=2026-03-02&to=2026-03-01", "from")]
    [InlineData("from=2024-01-01&to=2026-03-01", "from")]
    [InlineData("every=hour", "every")]
    [InlineData("by=weather", "by")]
    [InlineData("by=workspace", "by")]
    [InlineData("value=flite", "value")]
    [InlineData("by=person&value=jane", "value")]
    [InlineData("top=0", "top")]
    [InlineData("top=101", "top")]
    [InlineData("from=2026-01-01&to=2026-12-31&by=voice&top=50", "top")]
    [InlineData("format=xml", "format")]
    public async Task What_does_not_fit_is_refused(string query, string parameter)
    {
        // Failures are always by step and code.
        var isOfAll =
            !query.Contains("by=", StringComparison.Ordinal) && !query.StartsWith("value=", StringComparison.Ordinal);
        foreach (var report in isOfAll ? new[] { "usage", "spend", "failures" } : ["usage", "spend"])
        {
            using var answer = await _jane.GetAsync($"/analytics/{report}?{query}");

            (await answer.RefusalAsync()).ShouldBe("422 invalid-values");
            var problem = await answer.JsonAsync();
            ((string)problem["errors"]![0]!["pointer"]!).ShouldBe(parameter);
        }
    }

    [Fact]
    public async Task Sessions_and_keys_are_told_to_admins_who_logged_in()
    {
        var (program, _) = await KeyAsync();

        foreach (var by in new[] { "session", "api_key" })
        foreach (var report in new[] { "usage", "spend" })
        {
            using var refused = await program.GetAsync($"/analytics/{report}?by={by}");
            (await refused.RefusalAsync()).ShouldBe("403 forbidden");
            using var allowed = await _jane.GetAsync($"/analytics/{report}?by={by}");
            allowed.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        using var others = await program.GetAsync("/analytics/usage?by=person");
        others.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>By day, by person and in all, and it is what is missing of the credits of the sign-up.</summary>
    private async Task SpendAgreesAsync()
    {
        var net = 20 - await _jane.AvailableAsync();
        net.ShouldBeGreaterThan(0);
        foreach (var query in new[] { "every=total", "every=day", "every=week&by=person", "every=month&by=session" })
        {
            var spend = await _jane.JsonAsync($"/analytics/spend?{query}");
            Credits(spend["total"]!, "net").ShouldBe(net);
            spend["rows"]!.AsArray().Sum(row => Credits(row!, "net")).ShouldBe(net);
        }
    }

    private static decimal Credits(JsonNode row, string field) =>
        decimal.Parse((string)row[field]!, CultureInfo.InvariantCulture);

    private Task<JsonNode> UntilAsync(string path, Func<JsonNode, bool> isSo) =>
        Eventually.IsAsync(() => _jane.JsonAsync(path), view => isSo(view["total"]!), "everything is counted");

    private async Task<List<string>> SubmittedAsync(string by, string more = "") =>
        [
            .. (await _jane.JsonAsync($"/analytics/usage?every=total&by={by}{more}"))["rows"]!
                .AsArray()
                .Select(row => $"{row!["value"]}={row["submitted"]}"),
        ];

    private async Task<string> MeAsync() => (string)(await _jane.JsonAsync("/me"))["id"]!;

    private async Task<(Person Program, string Id)> KeyAsync()
    {
        using var answer = await _jane.SendAsync(
            HttpMethod.Post,
            $"/workspaces/{PublicId.Format("workspace", _jane.Workspace)}/api-keys",
            JsonContent.Create(new { name = "Import", scopes = Scopes })
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Cancel));
        var made = await answer.JsonAsync();
        return (new Person(host.Client, (string)made["key"]!, _jane.Workspace), (string)made["apiKey"]!["id"]!);
    }

    /// <summary>
    /// RFC 4180 and nothing more: lines end with CR LF, each has as many fields as the header, and none of ours needs a
    /// quote. <see href="https://www.rfc-editor.org/rfc/rfc4180#section-2"/>
    /// </summary>
    private static List<string> ReadStrictly(string file)
    {
        file.ShouldEndWith("\r\n");
        file.ShouldNotContain('"');
        var lines = file[..^2].Split("\r\n").Select(line => line.Split(',')).ToList();
        lines.ShouldAllBe(fields => fields.Length == lines[0].Length && fields.All(field => !field.Contains('\n')));
        return
        [
            .. lines
                .Skip(1)
                .Select(fields => string.Join('|', lines[0].Zip(fields, (name, field) => $"{name}={field}"))),
        ];
    }
}
