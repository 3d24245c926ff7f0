using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Lectern.Tests.Host;
using Lectern.Tests.Postgres;
using Lectern.Tests.Recovery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.Activity.Live;

/// <summary>Clients that we did not write, against the real host as a process: a browser's EventSource, and Node's ws.</summary>
public sealed class OtherPeoplesClientsTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly string Clients = Path.Combine(Checkout.Root, "tests", "clients");

    private readonly Channel<JsonNode> _reports = Channel.CreateUnbounded<JsonNode>();
    private WebApplication _pages = null!;
    private Installation _installation = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // The page is of another origin than the API.
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _pages = builder.Build();
        _pages.MapGet("/", () => TypedResults.PhysicalFile(Path.Combine(Clients, "live.html"), "text/html"));
        _pages.MapPost(
            "/report",
            async (HttpRequest request) => _reports.Writer.TryWrite((await JsonNode.ParseAsync(request.Body))!)
        );
        await _pages.StartAsync(Cancel);
        _installation = await Installation.CreateAsync(
            await PostgresCluster.SharedAsync(),
            new Dictionary<string, string> { ["Lectern__Http__CorsOrigins__0"] = _pages.Urls.First() }
        );
        _installation.Engine.Pause = TimeSpan.FromSeconds(0.3);
    }

    public async ValueTask DisposeAsync()
    {
        await _installation.DisposeAsync();
        await _pages.DisposeAsync();
    }

    [Fact]
    public async Task A_browser_follows_a_job_with_a_ticket_from_a_page_of_another_origin()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "chromium is installed on Debian only");
        _installation.Engine.IsHeld = true; // until the page follows: it must see progress
        var job = await SubmitAsync();
        using var profile = new TemporaryFolder();
        var page = $"{_pages.Urls.First()}/?api={Api}&token={Token}&job={job}";
        using var browser = Start(
            "chromium",
            "--headless",
            "--no-sandbox", // it needs rights that a container doesn't give
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--no-proxy-server",
            $"--user-data-dir={profile.Path}",
            "--remote-debugging-port=0", // keeps the page open
            page
        );
        _ = browser.StandardOutput.ReadToEndAsync(CancellationToken.None);
        _ = browser.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            ((bool)(await ReportAsync())["opened"]!).ShouldBeTrue();
            _installation.Engine.IsHeld = false;
            var report = await ReportAsync();

            var got = report["got"]!.AsArray();
            var events = got.Where(received => (string)received!["type"]! != "progress").ToList();
            events[0]!["type"]!.ToString().ShouldBe("job.submitted");
            events[^1]!["type"]!.ToString().ShouldBe("job.completed");
            events.ShouldAllBe(received => (string)received!["type"]! != "error");
            events.Select(received => int.Parse((string)received!["id"]!)).ShouldBeInOrder();
            events.ShouldAllBe(received => (string)received!["data"]!["subject"]!["id"]! == job);
            got.Count.ShouldBeGreaterThan(events.Count, "there was progress");
            ((string)report["closed"]!["reason"]!).ShouldBe("job_ended");
            ((int)report["state"]!).ShouldBe(2, "EventSource.CLOSED: it stays away");
        }
        finally
        {
            browser.Kill(entireProcessTree: true);
            await browser.WaitForExitAsync(CancellationToken.None); // else it holds its profile's folder
        }
    }

    [Fact]
    public async Task Nodes_ws_follows_a_job_to_its_end_and_is_told_when_the_host_stops()
    {
        _installation.Engine.IsHeld = true;
        var job = await SubmitAsync();
        using var follower = Start("node", Path.Combine(Clients, "follow-jobs.mjs"), $"{Sockets}/{job}", Token);
        var first = await follower.StandardOutput.ReadLineAsync(Cancel).AsTask().WaitAsync(Patience, Cancel);
        _installation.Engine.IsHeld = false;
        List<JsonNode> lines = [JsonNode.Parse(first!)!, .. await LinesAsync(follower)];
        var events = lines.Where(line => (string)line["type"]! is not ("progress" or "end")).ToList();
        events[0]["type"]!.ToString().ShouldBe("job.submitted");
        events[^1]["type"]!.ToString().ShouldBe("job.completed");
        lines.Count(line => (string)line["type"]! == "progress").ShouldBeGreaterThan(0);
        lines[^1].ToJsonString().ShouldBe("""{"type":"end","code":1000,"reason":"job_ended"}""");

        using var refused = Start("node", Path.Combine(Clients, "follow-jobs.mjs"), $"{Sockets}/{job}", "x");
        (await LinesAsync(refused))[0].ToJsonString().ShouldBe("""{"type":"refused","status":401}""");

        using var all = Start("node", Path.Combine(Clients, "follow-jobs.mjs"), Sockets, Token);
        var told = all.StandardOutput.ReadLineAsync(Cancel).AsTask();
        for (var started = Stopwatch.StartNew(); !told.IsCompleted && started.Elapsed < Patience; )
        {
            await SubmitAsync(); // what happens before it is connected is not for it
            await Task.WhenAny(told, Task.Delay(TimeSpan.FromSeconds(1), Cancel));
        }

        (await told.WaitAsync(TimeSpan.Zero, Cancel)).ShouldNotBeNull();

        _installation.Engine.Pause = TimeSpan.Zero;
        var (exitCode, _) = await _installation.TerminateAsync();
        exitCode.ShouldBe(0);
        (await LinesAsync(all))[^1].ToJsonString().ShouldBe("""{"type":"end","code":1001,"reason":"host_stopping"}""");
    }

    [Fact]
    public async Task A_host_that_is_asked_to_stop_does_not_wait_for_clients_that_follow()
    {
        using var events = await SseClient.OpenAsync(_installation.Client, "/events/live?type=credits", Token);
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {Token}");
        await socket.ConnectAsync(new Uri(Sockets), Cancel); // and never reads, so it doesn't answer the good-bye

        var (exitCode, took) = await _installation.TerminateAsync();

        exitCode.ShouldBe(0, _installation.Host.Output);
        took.ShouldBeLessThan(TimeSpan.FromSeconds(10));
        ((string)(await events.RestAsync())[^1].Data["reason"]!).ShouldBe("host_stopping");
    }

    private string Api => _installation.Client.BaseAddress!.ToString().TrimEnd('/');

    private string Sockets => $"ws{Api[4..]}/ws/jobs";

    private string Token => _installation.Client.DefaultRequestHeaders.Authorization!.Parameter!;

    private async Task<string> SubmitAsync() =>
        (await _installation.SubmitAsync(Book.Write(new Random(3), chapters: 1, sentences: 6, "wav"))).Id;

    private async Task<JsonNode> ReportAsync() =>
        await _reports.Reader.ReadAsync(Cancel).AsTask().WaitAsync(Patience, Cancel);

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;

    private static async Task<List<JsonNode>> LinesAsync(Process process)
    {
        var errors = process.StandardError.ReadToEndAsync(Cancel);
        var text = await process.StandardOutput.ReadToEndAsync(Cancel).WaitAsync(Patience, Cancel);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.ShouldNotBeEmpty(await errors);
        return [.. lines.Select(line => JsonNode.Parse(line)!)];
    }
}
