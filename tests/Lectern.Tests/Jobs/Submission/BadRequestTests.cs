using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Submission;

/// <summary>What is sent by mistake or malice gets a clear refusal, and makes neither a job nor a hold.</summary>
[Collection(SubmissionCollection.Name)]
public sealed class BadRequestTests(JobsHost host) : IAsyncLifetime
{
    private Person _jane = null!;

    public async ValueTask InitializeAsync() => _jane = await host.SignUpAsync();

    public async ValueTask DisposeAsync()
    {
        (await _jane.JsonAsync("/jobs"))["items"]!.AsArray().ShouldBeEmpty();
        (await _jane.AvailableAsync()).ShouldBe(20);
    }

    [Theory]
    // The text.
    [InlineData("""{"text":""}""", "422 unusable-text", "/text")]
    [InlineData("""{"text":" \n\t "}""", "422 unusable-text", "/text")]
    [InlineData("""{"text":"--- *** ---"}""", "422 unusable-text", "/text")]
    [InlineData("""{"text":"a\u0000b"}""", "422 invalid-values", "/text")]
    [InlineData("""{"text":"a\ud800b"}""", "422 invalid-values", "/text")]
    [InlineData("""{"text":null}""", "422 invalid-values", "/text")]
    [InlineData("""{}""", "422 invalid-values", "/text")]
    [InlineData("""{"text":7}""", "422 invalid-values", "/text")]
    [InlineData("""{"text":["a"]}""", "422 invalid-values", "/text")]
    // The other fields.
    [InlineData("""{"text":"Hi.","kind":"opera"}""", "422 invalid-values", "/kind")]
    [InlineData("""{"text":"Hi.","markup":"latex"}""", "422 invalid-values", "/markup")]
    [InlineData("""{"text":"Hi.","title":" "}""", "422 invalid-values", "/title")]
    [InlineData("""{"text":"Hi.","title":"a\u0000"}""", "422 invalid-values", "/title")]
    [InlineData("""{"text":"Hi.","voice":"nobody"}""", "422 unknown-voice", "/voice")]
    [InlineData("""{"text":"Hi.","voice":""}""", "422 unknown-voice", "/voice")]
    [InlineData("""{"text":"Hi.","voice":"parrot-polly"}""", "422 voice-unavailable", "/voice")]
    [InlineData("""{"text":"Hi.","format":"ogg"}""", "422 invalid-values", "/format")]
    [InlineData("""{"text":"Hi.","format":"M4B"}""", "422 invalid-values", "/format")]
    [InlineData("""{"text":"Hi.","bitrate":65}""", "422 invalid-values", "/bitrate")]
    [InlineData("""{"text":"Hi.","bitrate":0}""", "422 invalid-values", "/bitrate")]
    [InlineData("""{"text":"Hi.","bitrate":-64}""", "422 invalid-values", "/bitrate")]
    [InlineData("""{"text":"Hi.","bitrate":99999999999}""", "422 invalid-values", "/bitrate")]
    [InlineData("""{"text":"Hi.","bitrate":64.5}""", "422 invalid-values", "/bitrate")]
    [InlineData("""{"text":"Hi.","bitrate":"64"}""", "422 invalid-values", "/bitrate")]
    [InlineData("""{"text":"Hi.","format":"wav","bitrate":64}""", "422 invalid-values", "/bitrate")]
    [InlineData("""{"text":"Hi.","format":"mp3","bitrate":48}""", "422 invalid-values", "/bitrate")]
    [InlineData("""{"text":"Hi.","colour":"red"}""", "422 invalid-values", "/colour")]
    [InlineData("""{"Text":"Hi."}""", "422 invalid-values", "/Text")]
    // The form of the body.
    [InlineData("""{"text":"Hi.","text":"Ho."}""", "400 malformed-request", null)]
    [InlineData("""{"text":"Hi.""", "400 malformed-request", null)]
    [InlineData("""{"text":"Hi."} trailing""", "400 malformed-request", null)]
    [InlineData("", "400 malformed-request", null)]
    [InlineData("null", "422 invalid-values", null)]
    [InlineData("[]", "422 invalid-values", null)]
    public async Task A_json_body_that_does_not_fit_is_refused(string body, string refusal, string? pointer)
    {
        using var answer = await _jane.PostJobAsync(Json(body));
        using var quote = await _jane.SendAsync(HttpMethod.Post, "/quotes", Json(body));

        (await answer.RefusalAsync()).ShouldBe(refusal);
        (await quote.RefusalAsync()).ShouldBe(refusal);
        if (pointer is not null)
            ((string)(await answer.JsonAsync())["errors"]![0]!["pointer"]!).ShouldBe(pointer);
    }

    [Fact]
    public async Task A_title_has_an_end()
    {
        using var title = await _jane.PostJobAsync(new { text = "Hi.", title = new string('t', 301) });
        using var author = await _jane.PostJobAsync(new { text = "Hi.", author = new string('a', 301) });

        (await title.RefusalAsync()).ShouldBe("422 invalid-values");
        (await author.RefusalAsync()).ShouldBe("422 invalid-values");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_file_that_is_not_a_text_is_refused(string name, string refusal)
    {
        using var form = new MultipartFormDataContent();
        form.Add(new ByteArrayContent(Contents[name]), "file", name);

        using var answer = await _jane.PostJobAsync(form);

        (await answer.RefusalAsync()).ShouldBe(refusal);
    }

    public static TheoryData<string, string> Files =>
        new()
        {
            { "empty.txt", "422 unusable-text" },
            { "blank.txt", "422 unusable-text" },
            { "picture.txt", "422 unusable-text" },
            { "program.txt", "422 unusable-text" },
            { "book.pdf", "422 unusable-text" },
            { "latin1.txt", "422 unusable-text" },
            { "half-utf16.txt", "422 unusable-text" },
            { "nul.txt", "422 unusable-text" },
        };

    private static readonly Dictionary<string, byte[]> Contents = new()
    {
        ["empty.txt"] = [],
        ["blank.txt"] = " \r\n\t\r\n"u8.ToArray(),
        ["picture.txt"] = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13],
        ["program.txt"] = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0],
        ["book.pdf"] = "%PDF-1.7\n1 0 obj\n"u8.ToArray(),
        ["latin1.txt"] = Encoding.Latin1.GetBytes("Übermütige Bären tanzen."),
        ["half-utf16.txt"] = [0xFF, 0xFE, (byte)'H', 0, (byte)'i', 0, 0x00, 0xD8],
        ["nul.txt"] = "a word\0another word"u8.ToArray(),
    };

    [Fact]
    public async Task A_form_that_does_not_fit_is_refused()
    {
        foreach (
            var (fields, refusal) in new ((string, string)[], string)[]
            {
                ([("text", "Hi."), ("text", "Ho.")], "400 malformed-request"),
                ([("text", "Hi."), ("title", "a"), ("title", "b")], "400 malformed-request"),
                ([("text", "Hi."), ("colour", "red")], "422 invalid-values"),
                ([("text", "Hi."), ("bitrate", "many")], "422 invalid-values"),
                ([("text", "Hi."), ("bitrate", "99999999999")], "422 invalid-values"),
                ([("text", "Hi."), ("title", "a\0b")], "422 invalid-values"),
                ([("text", "Hi."), ("file", "Ho.")], "422 invalid-values"),
                ([("file", "Hi."), ("file", "Ho.")], "400 malformed-request"),
                ([("title", "No text")], "422 invalid-values"),
            }
        )
        {
            using var form = new MultipartFormDataContent();
            foreach (var (name, value) in fields)
                form.Add(new StringContent(value), name);
            using var answer = await _jane.PostJobAsync(form);
            (await answer.RefusalAsync()).ShouldBe(refusal, string.Join(", ", fields));
        }
    }

    [Theory]
    [InlineData("text/plain", "Hi.", "415 unsupported-media-type")]
    [InlineData("application/x-www-form-urlencoded", "text=Hi.", "415 unsupported-media-type")]
    [InlineData("multipart/form-data", "text", "415 unsupported-media-type")]
    [InlineData(null, "Hi.", "415 unsupported-media-type")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\n\r\nHi.\r\n--b--\r\n", "400 malformed-request")]
    [InlineData(
        "multipart/form-data; boundary=b",
        "--b\r\nContent-Disposition: form-data; name=text\r\n\r\nHi.",
        "400 malformed-request"
    )]
    [InlineData("multipart/form-data; boundary=b", "", "400 malformed-request")]
    [InlineData("multipart/form-data; boundary=b", "no form at all", "400 malformed-request")]
    public async Task A_body_of_the_wrong_type_or_a_broken_form_is_refused(string? type, string body, string refusal)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (type is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);

        using var answer = await _jane.PostJobAsync(content);

        (await answer.RefusalAsync()).ShouldBe(refusal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("long")]
    public async Task A_job_needs_a_usable_key(string? key)
    {
        (string, string)[] header = key is null
            ? []
            : [("Idempotency-Key", key == "long" ? new string('k', 256) : key)];

        using var answer = await _jane.SendAsync(HttpMethod.Post, "/jobs", Json("""{"text":"Hi."}"""), header);

        (await answer.RefusalAsync()).ShouldBe("400 idempotency-key-missing");
    }

    [Fact]
    public async Task Two_keys_are_none()
    {
        using var answer = await _jane.SendAsync(
            HttpMethod.Post,
            "/jobs",
            Json("""{"text":"Hi."}"""),
            ("Idempotency-Key", "a"),
            ("Idempotency-Key", "b")
        );

        (await answer.RefusalAsync()).ShouldBe("400 idempotency-key-missing");
    }

    [Theory]
    [InlineData(21)]
    [InlineData(50)]
    public async Task A_text_of_many_megabytes_is_refused_and_its_sender_told(int megabytes)
    {
        using var body = new LongText(megabytes);

        using var answer = await _jane.PostJobAsync(body);

        (await answer.RefusalAsync()).ShouldBe("413 text-too-long");
    }

    [Fact]
    public async Task A_form_with_many_unknown_fields_is_refused_at_the_first()
    {
        using var form = new MultipartFormDataContent();
        foreach (var i in Enumerable.Range(0, 100))
            form.Add(new StringContent(new string('x', 9_000)), $"field{i}");

        using var answer = await _jane.PostJobAsync(form);

        (await answer.RefusalAsync()).ShouldBe("422 invalid-values");
        ((string)(await answer.JsonAsync())["errors"]![0]!["pointer"]!).ShouldBe("field0");
    }

    [Fact]
    public async Task A_text_with_more_characters_than_allowed_is_refused()
    {
        using var answer = await _jane.PostJobAsync(new { text = new string('a', 5_000_001) });

        (await answer.RefusalAsync()).ShouldBe("413 text-too-long");
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    /// <summary>JSON that is made while it is sent, of unknown length.</summary>
    private sealed class LongText : HttpContent
    {
        private static readonly byte[] Megabyte = Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Repeat("letters ", 131_072))
        );

        private readonly int _megabytes;

        public LongText(int megabytes)
        {
            _megabytes = megabytes;
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("{\"text\":\""u8.ToArray());
            for (var i = 0; i < _megabytes; i++)
                await stream.WriteAsync(Megabyte);
            await stream.WriteAsync("\"}"u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

[Collection(SubmissionCollection.Name)]
public sealed class WordlessTextTests(JobsHost host)
{
    [Fact]
    public async Task A_text_of_headings_only_has_them_spoken()
    {
        var jane = await host.SignUpAsync();

        var job = await jane.MakeAsync("# One\n\n# Two\n");

        ((int)job["chunks"]!["total"]!).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_text_of_markup_only_fails_and_costs_nothing()
    {
        var jane = await host.SignUpAsync();
        var id = await jane.SubmitAsync("<!-- remember the milk -->\n\n---\n");

        var job = await jane.UntilAsync(id, "failed");

        ((string)job["error"]!["step"]!).ShouldBe("prepare");
        ((string)job["error"]!["code"]!).ShouldBe("no-words");
        (await jane.AvailableAsync()).ShouldBe(20);
    }
}
