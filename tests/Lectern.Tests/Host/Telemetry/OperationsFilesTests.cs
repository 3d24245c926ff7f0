using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lectern.SharedKernel.Telemetry;
using Lectern.Tests.Jobs;

namespace Lectern.Tests.Host.Telemetry;

/// <summary>
/// The dashboards, the alerts and docs/operations.md against the page of metrics of a host that has made a book: what is
/// watched is there.
/// </summary>
[Collection(JobsHostCollection.Name)]
public sealed partial class OperationsFilesTests(JobsHost host)
{
    private static readonly string Alerts = File.ReadAllText(
        Path.Combine(Checkout.Root, "deploy", "prometheus", "alerts.yml")
    );
    private static readonly string Page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "operations.md"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_metric_that_a_dashboard_or_an_alert_names_is_on_the_page()
    {
        var known = await KnownAsync();
        var expressions = AlertRules.Read(Alerts).Select(rule => rule.Fields["expr"]).Concat(DashboardExpressions());

        foreach (var expression in expressions)
        {
            var named = PromQl.MetricsOf(expression).ToList();
            named.ShouldNotBeEmpty(expression);
            named.Except(known).ShouldBeEmpty(expression);
        }
    }

    [Fact]
    public async Task A_metric_that_is_not_there_would_be_noticed()
    {
        const string expression =
            """sum by (le, lane) (rate(lectern_queue_depth_bucket{lane="a}b",x!~"up"}[5m] offset 1h)) / 2 > bool lectern_queue_ready""";

        PromQl.MetricsOf(expression).ShouldBe(["lectern_queue_depth_bucket", "lectern_queue_ready"]);
        PromQl.MetricsOf(expression).Except(await KnownAsync()).ShouldBe(["lectern_queue_depth_bucket"]);
    }

    [Fact]
    public void Every_alert_has_a_duration_a_severity_a_summary_and_a_section_that_says_what_to_do()
    {
        var rules = AlertRules.Read(Alerts);
        rules.Select(rule => rule.Name).ShouldBeUnique();
        foreach (var (name, fields) in rules)
        {
            fields["for"].ShouldMatch("^[0-9]+[smh]$", name);
            fields["severity"].ShouldBeOneOf("critical", "warning");
            fields["summary"].ShouldNotBeNullOrWhiteSpace(name);
            fields["description"].ShouldNotBeNullOrWhiteSpace(name);
            fields["runbook_url"].ShouldBe($"docs/operations.md#{name.ToLowerInvariant()}");
        }

        var sections = Section()
            .Matches(Page)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        sections.Keys.ShouldBe(rules.Select(rule => rule.Name), ignoreOrder: true);
        sections.Values.ShouldAllBe(text => text.Trim().Length > 60);
    }

    [Fact]
    public void Every_dashboard_says_what_each_panel_shows_and_names_no_data_source_of_ours()
    {
        foreach (var (file, dashboard) in Dashboards())
        {
            dashboard.GetProperty("uid").GetString()!.ShouldStartWith("lectern-", customMessage: file);
            var panels = dashboard.GetProperty("panels").EnumerateArray().ToList();
            panels.Select(panel => panel.GetProperty("id").GetInt32()).ShouldBeUnique();
            foreach (var panel in panels)
            {
                panel.GetProperty("title").GetString().ShouldNotBeNullOrWhiteSpace(file);
                panel.GetProperty("description").GetString().ShouldNotBeNullOrWhiteSpace(file);
                panel.GetProperty("datasource").GetProperty("uid").GetString().ShouldBe("${datasource}");
            }
        }
    }

    [Fact]
    public async Task Every_metric_of_ours_is_described()
    {
        var ours = (await FamiliesAsync())
            .Where(name => name.StartsWith("lectern_", StringComparison.Ordinal))
            .ToList();

        ours.Count.ShouldBeGreaterThan(25);
        ours.Where(name => !Page.Contains($"`{name}`", StringComparison.Ordinal)).ShouldBeEmpty();
        DescribedMetric()
            .Matches(Page)
            .Select(match => match.Groups[1].Value)
            .Except(ours)
            .ShouldBeEmpty("it is described and isn't there");
    }

    [Fact]
    public void Every_security_event_is_described_by_its_own_sentence()
    {
        foreach (var known in SecurityEvent.All)
            Page.ShouldContain($"| {known.Number} | `{known.Code}` | {known.Meaning} |");
        SecurityEvent.All.Select(known => known.Number).ShouldBeUnique();
        SecurityEvent.All.Select(known => known.Code).ShouldBeUnique();
    }

    [Fact]
    public async Task Each_endpoint_step_and_provider_is_measured_by_name_and_nobody_is()
    {
        var jane = await host.SignUpAsync();
        var id = (string)(await jane.MakeAsync("We measure."))["id"]!;
        var page = await host.Client.GetStringAsync("/metrics", Cancel);

        page.ShouldMatch(
            """http_server_request_duration_seconds_count\{[^}]*http_route="/api/v1/jobs/\{id\}"[^\n]*\} [1-9]"""
        );
        foreach (var step in new[] { "prepare_manuscript", "synthesize_chunk", "encode_segment", "package_audiobook" })
            page.ShouldMatch(
                $$"""lectern_messages_handling_seconds_count\{type="jobs.{{step}}.v1",outcome="handled"\} [1-9]"""
            );
        page.ShouldMatch(
            """lectern_provider_call_duration_seconds_count\{provider="flite",ability="speech",outcome="succeeded",account="platform"\} [1-9]"""
        );
        page.ShouldMatch("""lectern_jobs_ended_total\{kind="audiobook",status="completed"\} [1-9]""");
        page.ShouldMatch("""lectern_queue_ready\{lane="render"\} [0-9]""");
        page.ShouldMatch("""lectern_projection_lag_events\{projection="billing.spend_by_day"\} [0-9]""");
        page.ShouldMatch("""lectern_provider_places_limit\{provider="cloud"\} 3\n""");
        page.ShouldMatch("""lectern_provider_accounts\{provider="cloud",state="open",account="platform"\} 0\n""");
        page.ShouldMatch("""lectern_gauges_readable\{part="jobs"\} 1\n""");
        page.ShouldNotContain(id);
        page.ShouldNotContain(jane.Workspace.ToString());
        page.ShouldNotContain("workspace_");
        page.ShouldNotContain("example.com");
    }

    private async Task<HashSet<string>> KnownAsync() =>
        [
            "up", // Prometheus' own
            .. (await FamiliesAsync()).SelectMany(name =>
                new[] { name, $"{name}_bucket", $"{name}_count", $"{name}_sum" }
            ),
        ];

    private async Task<List<string>> FamiliesAsync()
    {
        using var answer = await host.Client.GetAsync("/metrics", Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return
        [
            .. Family().Matches(await answer.Content.ReadAsStringAsync(Cancel)).Select(match => match.Groups[1].Value),
        ];
    }

    private static IEnumerable<string> DashboardExpressions() =>
        Dashboards()
            .SelectMany(file => file.Dashboard.GetProperty("panels").EnumerateArray())
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!);

    private static List<(string File, JsonElement Dashboard)> Dashboards()
    {
        var files = Directory.GetFiles(Path.Combine(Checkout.Root, "deploy", "grafana"), "*.json");
        files.Length.ShouldBe(5);
        return [.. files.Select(file => (file, JsonDocument.Parse(File.ReadAllText(file)).RootElement))];
    }

    [GeneratedRegex("^# TYPE ([^ ]+) ", RegexOptions.Multiline)]
    private static partial Regex Family();

    [GeneratedRegex("`(lectern_[a-z_]+)`")]
    private static partial Regex DescribedMetric();

    [GeneratedRegex("^### (Lectern[A-Za-z]+)\n((?:(?!#).*\n)+)", RegexOptions.Multiline)]
    private static partial Regex Section();
}
