using System.Net;
using System.Text;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Submission;

[Collection(SubmissionCollection.Name)]
public sealed class SubmitJobTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_text_becomes_an_audiobook_and_costs_what_was_quoted()
    {
        const string text = "# One\n\nThe sun rose over the quiet harbor.\n\n# Two\n\nNobody saw it.\n";
        var body = new
        {
            text,
            markup = "markdown",
            title = "Harbor",
            author = "Ann Onymous",
        };
        using var quoted = await _jane.SendAsync(
            HttpMethod.Post,
            "/quotes",
            System.Net.Http.Json.JsonContent.Create(body)
        );
        quoted.StatusCode.ShouldBe(HttpStatusCode.OK);
        var quote = await quoted.JsonAsync();
        ((int)quote["characters"]!).ShouldBe(text.Length);

        using var answer = await _jane.PostJobAsync(body);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var accepted = await answer.JsonAsync();
        var id = (string)accepted["id"]!;
        answer.Headers.Location!.ToString().ShouldBe($"/api/v1/jobs/{id}");
        ((string)accepted["held"]!).ShouldBe((string)quote["high"]!);
        ((string)accepted["priceVersion"]!).ShouldBe((string)quote["priceVersion"]!);

        var job = await _jane.UntilAsync(id, "completed");
        ((string)job["title"]!).ShouldBe("Harbor");
        ((string)job["voice"]!).ShouldBe("flite-slt");
        ((string)job["format"]!).ShouldBe("m4b");
        ((int)job["percent"]!).ShouldBe(100);
        ((string)job["stage"]!).ShouldBe("done");
        job["chapters"]!.ToJsonString().ShouldBe("""{"done":2,"total":2}""");
        ((int)job["chunks"]!["done"]!).ShouldBe((int)job["chunks"]!["total"]!);
        ((string)job["held"]!).ShouldBe("0");
        job["error"].ShouldBeNull();
        ((long)job["result"]!["durationMs"]!).ShouldBeInRange(3_000, 12_000);
        var charged = decimal.Parse((string)job["charged"]!, System.Globalization.CultureInfo.InvariantCulture);
        var held = decimal.Parse((string)quote["high"]!, System.Globalization.CultureInfo.InvariantCulture);
        charged.ShouldBeInRange(0.0001m, held);
        (await _jane.AvailableAsync()).ShouldBe(20 - charged);
    }

    [Theory]
    [InlineData("a_quiet-day.txt", 1)]
    [InlineData("a_quiet-day.md", 2)]
    public async Task A_file_is_taken_with_its_name_as_title_and_its_ending_as_markup(string fileName, int chapters)
    {
        using var form = Form(("format", "wav"));
        form.Add(
            new ByteArrayContent("# Dawn\n\nIt is day.\n\n# Dusk\n\nIt is night.\n"u8.ToArray()),
            "file",
            fileName
        );

        using var answer = await _jane.PostJobAsync(form);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var accepted = await answer.JsonAsync();
        ((string)accepted["title"]!).ShouldBe("a quiet day");
        var job = await _jane.UntilAsync((string)accepted["id"]!, "completed");
        ((int)job["chapters"]!["total"]!).ShouldBe(chapters);
    }

    [Fact]
    public async Task Utf16_with_a_byte_order_mark_is_read()
    {
        using var form = Form(("format", "wav"));
        byte[] bytes = [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("Snow fell on the roofs.")];
        form.Add(new ByteArrayContent(bytes), "file", "snow.txt");

        using var answer = await _jane.PostJobAsync(form);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var id = (string)(await answer.JsonAsync())["id"]!;
        await _jane.UntilAsync(id, "completed");
        var chunks = await _jane.JsonAsync($"/jobs/{id}/chunks");
        ((string)chunks["items"]!.AsArray()[^1]!["spoken"]!).ShouldBe("Snow fell on the roofs.");
    }

    [Fact]
    public async Task A_repeat_gets_the_same_bytes_and_makes_no_second_job()
    {
        var body = new { text = "Only once, please.", format = "wav" };
        using var first = await _jane.PostJobAsync(body, "key-1");
        using var second = await _jane.PostJobAsync(body, "key-1");

        second.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await second.Content.ReadAsByteArrayAsync(Cancel)).ShouldBe(await first.Content.ReadAsByteArrayAsync(Cancel));
        second.Headers.Location.ShouldBe(first.Headers.Location);
        (await _jane.JsonAsync("/jobs"))["items"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Eight_twins_at_once_make_one_job()
    {
        var body = new { text = "We are eight.", format = "wav" };
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _jane.PostJobAsync(body, "twins")));

        var ids = new HashSet<string>();
        foreach (var answer in answers)
        {
            if (answer.StatusCode == HttpStatusCode.Accepted)
                ids.Add((string)(await answer.JsonAsync())["id"]!);
            else
                (await answer.RefusalAsync()).ShouldBe("409 request-in-flight");
        }

        ids.Count.ShouldBe(1);
        (await _jane.JsonAsync("/jobs"))["items"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_is_good_for_one_body_only()
    {
        using var first = await _jane.PostJobAsync(new { text = "First.", format = "wav" }, "again");
        using var other = await _jane.PostJobAsync(new { text = "Second.", format = "wav" }, "again");

        (await other.RefusalAsync()).ShouldBe("422 idempotency-key-reused");
        (await _jane.JsonAsync("/jobs"))["items"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_file_under_another_name_is_another_request()
    {
        using var text = Form(("format", "wav"));
        text.Add(new ByteArrayContent("# Dawn\n\nIt is day.\n"u8.ToArray()), "file", "dawn.txt");
        using var markdown = Form(("format", "wav"));
        markdown.Add(new ByteArrayContent("# Dawn\n\nIt is day.\n"u8.ToArray()), "file", "dawn.md");

        using var first = await _jane.PostJobAsync(text, "file");
        using var second = await _jane.PostJobAsync(markdown, "file");

        first.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await second.RefusalAsync()).ShouldBe("422 idempotency-key-reused");
    }

    [Fact]
    public async Task Who_has_too_few_credits_is_told_how_many_are_missing()
    {
        using var refused = await _jane.PostJobAsync(new { text = Long(1_100_000) });

        refused.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        var problem = await refused.JsonAsync();
        ((string)problem["type"]!).ShouldBe("urn:lectern:billing:insufficient-credits");
        ((string)problem["needed"]!).ShouldBe("22");
        ((string)problem["available"]!).ShouldBe("20");
        ((string)problem["missing"]!).ShouldBe("2");
        (await _jane.JsonAsync("/jobs"))["items"]!.AsArray().ShouldBeEmpty();
        (await _jane.AvailableAsync()).ShouldBe(20);
    }

    [Fact]
    public async Task A_repeat_gets_its_answer_also_when_the_credits_would_not_suffice_for_another_job()
    {
        using var gate = host.Engine.StopAt("stairway");
        var body = new { text = Long(600_000), format = "wav" };

        using var first = await _jane.PostJobAsync(body, "most");
        using var repeat = await _jane.PostJobAsync(body, "most");
        using var another = await _jane.PostJobAsync(body, "another");

        first.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        repeat.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await repeat.Content.ReadAsByteArrayAsync(Cancel)).ShouldBe(await first.Content.ReadAsByteArrayAsync(Cancel));
        (await another.RefusalAsync()).ShouldBe("402 insufficient-credits");
        var id = (string)(await first.JsonAsync())["id"]!;
        using var cancelled = await _jane.CancelAsync(id);
        gate.Open();
        await _jane.UntilAsync(id, "cancelled");
    }

    private static string Long(int characters) =>
        string.Concat(Enumerable.Repeat("A stairway goes up.\n", characters / 20));

    private static MultipartFormDataContent Form(params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
            form.Add(new StringContent(value), name);
        return form;
    }
}
