using System.Net;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Ending;

[Collection(JobsHostCollection.Name)]
public sealed class DeleteJobTests(JobsHost host) : IAsyncLifetime
{
    private static readonly string[] Tables =
    [
        "manuscripts",
        "chapters",
        "segments",
        "chunks",
        "failures",
        "artifacts",
        "places",
    ];

    private Person _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_finished_job_goes_with_its_rows_files_and_links()
    {
        var id = (string)(await _jane.MakeAsync("Soon nobody knows this."))["id"]!;
        var link = (string)(await _jane.JsonAsync($"/jobs/{id}/result"))["url"]!;
        Files().ShouldNotBeEmpty();

        using var deleted = await _jane.DeleteAsync(id);

        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var twice = await _jane.DeleteAsync(id);
        (await twice.RefusalAsync()).ShouldBe("404 not-found");
        await GoneAsync(id);
        using var file = await host.Client.GetAsync(link, Cancel);
        (await file.RefusalAsync()).ShouldBe("404 not-found");
        (await _jane.JsonAsync("/jobs"))["items"]!.AsArray().ShouldBeEmpty();
        // What happened stays, without a word of the text.
        (
            await host.ScalarAsync<long>("select count(*) from eventing.events where stream_id = $1", Person.IdOf(id))
        ).ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task A_running_job_is_stopped_and_then_goes()
    {
        using var gate = host.Engine.StopAt("cathedral");
        var id = await _jane.SubmitAsync("# One\n\nThe cathedral is closed.\n\n# Two\n\nGo away.\n");
        await gate.Reached;

        using var deleted = await _jane.DeleteAsync(id);
        using var twice = await _jane.DeleteAsync(id);
        deleted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        twice.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        gate.Open();

        await GoneAsync(id);
        (await _jane.AvailableAsync()).ShouldBe(20);
    }

    [Fact]
    public async Task Audio_that_another_job_shares_is_kept()
    {
        const string shared = "We both say this.";
        var first = (string)(await _jane.MakeAsync(shared))["id"]!;
        var second = await _jane.MakeAsync(shared);
        ((int)second["chunksReused"]!).ShouldBe((int)second["chunks"]!["total"]!);
        using var deleted = await _jane.DeleteAsync(first);
        await Eventually.IsAsync(
            () => host.ScalarAsync<long>("select count(*) from jobs.artifacts where job_id = $1", Person.IdOf(first)),
            left => left == 0,
            "the first job's files are collected"
        );

        var id = (string)second["id"]!;
        using var stream = await _jane.GetAsync($"/jobs/{id}/stream");
        (await stream.Content.ReadAsByteArrayAsync(Cancel)).Length.ShouldBeGreaterThan(10_000);
        var link = (string)(await _jane.JsonAsync($"/jobs/{id}/result"))["url"]!;
        (await host.Client.GetByteArrayAsync(link, Cancel)).Length.ShouldBeGreaterThan(10_000);
        var third = await _jane.MakeAsync(shared);
        ((int)third["chunksReused"]!).ShouldBe((int)third["chunks"]!["total"]!);
        ((string)third["charged"]!).ShouldBe("0");
    }

    private async Task GoneAsync(string id)
    {
        await Eventually.IsAsync(
            async () =>
            {
                var rows = 0L;
                foreach (var table in Tables)
                    rows += await host.ScalarAsync<long>(
                        $"select count(*) from jobs.{table} where job_id = $1",
                        Person.IdOf(id)
                    );
                return $"{rows} rows, {Files().Count} files";
            },
            left => left == "0 rows, 0 files",
            "rows and files are gone"
        );
        foreach (var path in new[] { "", "/events", "/chunks", "/stream", "/result", "/at/1", "/events/live" })
        {
            using var absent = await _jane.GetAsync($"/jobs/{id}{path}");
            (await absent.RefusalAsync()).ShouldBe("404 not-found", path);
        }
    }

    private List<string> Files() =>
        Directory
            .EnumerateFiles(host.BlobFolder, "*", SearchOption.AllDirectories)
            .Where(file => file.Contains($"{_jane.Workspace:n}", StringComparison.Ordinal))
            .ToList();
}
