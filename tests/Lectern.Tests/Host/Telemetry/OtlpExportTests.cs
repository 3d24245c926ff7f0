using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Host.Telemetry;

/// <summary>Against a collector that takes whatever it is sent.</summary>
public sealed class OtlpExportTests
{
    [Fact]
    public async Task Traces_and_metrics_reach_the_collector_and_tokens_do_not()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = Collector(received);
        await collector.StartAsync(cancellation);

        var settings = new Dictionary<string, string?> { ["Lectern:Telemetry:OtlpEndpoint"] = collector.Urls.First() };
        await using (var host = await RunningHost.StartAsync(settings: settings))
        {
            // an exporting host records the trace that its caller sampled
            using var request = new HttpRequestMessage(HttpMethod.Get, "/version?token=open-sesame");
            request.Headers.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
            using var answer = await host.Client.SendAsync(request, cancellation);
        }

        received.Keys.Order().ShouldBe(["/v1/metrics", "/v1/traces"]);
        received["/v1/metrics"].ShouldContain("http.server.request.duration");
        received["/v1/traces"].ShouldContain("lectern");
        received["/v1/traces"].ShouldNotContain("open-sesame");
    }

    private static WebApplication Collector(ConcurrentDictionary<string, string> received)
    {
        var builder = WebApplication.CreateBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var collector = builder.Build();
        collector.MapPost(
            "/{**path}",
            async (HttpRequest request) =>
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body);
                received.AddOrUpdate(
                    request.Path,
                    _ => Encoding.Latin1.GetString(body.ToArray()),
                    (_, earlier) => earlier + Encoding.Latin1.GetString(body.ToArray())
                );
            }
        );
        return collector;
    }
}
