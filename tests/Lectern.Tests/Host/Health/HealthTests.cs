using System.Net;
using System.Text.Json.Nodes;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;

namespace Lectern.Tests.Host.Health;

/// <summary>What the whole host says of itself, and to whom.</summary>
[Collection(JobsHostCollection.Name)]
public sealed class HealthTests(JobsHost host)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_part_is_told_and_reasons_tell_no_figures_and_no_paths()
    {
        using var answer = await host.Client.GetAsync("/health/ready", Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var checks = (await answer.JsonAsync())["checks"]!.AsArray();

        checks
            .Select(check => (string)check!["name"]!)
            .ShouldBe(
                ["authentication", "engines", "database", "storage", "projections", "queue", "processor", "memory"],
                ignoreOrder: true
            );
        foreach (var check in checks)
        {
            check!["details"].ShouldBeNull();
            ((string?)check["reason"] ?? "").ShouldNotMatch("[0-9]{2}|[A-Za-z]:\\\\|/(tmp|work|home|usr|var)");
        }
    }

    [Fact]
    public async Task Authentication_can_be_asked_for_alone()
    {
        using var answer = await host.Client.GetAsync("/health/auth", Cancel);
        var report = await answer.JsonAsync();

        ((string)report["status"]!).ShouldBe("ready");
        ((string)report["checks"]!.AsArray().Single()!["name"]!).ShouldBe("authentication");
    }

    [Fact]
    public async Task Who_runs_the_platform_sees_the_figures()
    {
        var admin = await host.PlatformAdminAsync();

        var report = await admin.JsonAsync("/admin/health");

        DetailsOf(report, "storage")["freeMegabytes"]!.GetValue<long>().ShouldBeGreaterThan(0);
        DetailsOf(report, "memory")["limitMegabytes"]!.GetValue<long>().ShouldBeGreaterThan(0);
        DetailsOf(report, "queue")["render"]!["deadLetters"]!.GetValue<long>().ShouldBeGreaterThanOrEqualTo(0);
        DetailsOf(report, "projections")["billing.spend_by_day"]!["stopped"]!.GetValue<bool>().ShouldBeFalse();
        ((string)DetailsOf(report, "engines")["parrot"]!).ShouldBe("It has flown.");
    }

    private static JsonNode DetailsOf(JsonNode report, string part) =>
        report["checks"]!.AsArray().Single(check => (string)check!["name"]! == part)!["details"]!;
}
