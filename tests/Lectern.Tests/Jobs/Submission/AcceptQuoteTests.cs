using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Billing.Pricing;
using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Library;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Privacy;
using Lectern.Tests.Accounts;
using Lectern.Tests.Http;
using Lectern.Tests.Postgres;
using Lectern.Tests.Voices;
using Lectern.Voices;
using Lectern.Voices.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace Lectern.Tests.Jobs.Submission;

/// <summary>Quotes that jobs accept, or can't. Nothing is worked on: what is accepted waits.</summary>
public sealed class AcceptQuoteTests : IAsyncLifetime
{
    private const string Text =
        "It was a dark and stormy night; the rain fell in torrents, except at occasional intervals.";

    private ApiHost _api = null!;
    private Person _jane = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _api = await StartAsync([]);
        _jane = await SignUpAsync(_api);
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_job_is_held_at_what_was_quoted_whatever_the_prices_are_by_then()
    {
        var quote = await QuoteAsync(_jane);
        var id = (string)quote["id"]!;
        id.ShouldStartWith("quote_");
        await using var dearer = await StartAsync(Prices("0.5"), _api);
        var there = new Person(dearer.Client, _jane.Token, _jane.Workspace);

        using var accepted = await there.PostJobAsync(new { text = Text, quote = id });
        using var without = await there.PostJobAsync(new { text = Text });

        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted, await accepted.Content.ReadAsStringAsync(Cancel));
        var job = await accepted.JsonAsync();
        ((string)job["held"]!).ShouldBe((string)quote["high"]!);
        ((string)job["priceVersion"]!).ShouldBe((string)quote["priceVersion"]!);
        var dear = await without.JsonAsync();
        Credits(dear, "held").ShouldBe(Text.Length * 0.0005m);
        dear["priceVersion"]!.ToString().ShouldNotBe(job["priceVersion"]!.ToString());
        (await _jane.AvailableAsync()).ShouldBe(20 - Credits(quote, "high") - Credits(dear, "held"));
        (await ScalarAsync<string>("select price_version from billing.holds order by held_at limit 1")).ShouldBe(
            (string)quote["priceVersion"]!
        );
        (await ScalarAsync<Guid>("select job_id from billing.quotes")).ShouldBe(Person.IdOf((string)job["id"]!));
    }

    [Fact]
    public async Task A_form_accepts_a_quote_for_the_same_text_as_json()
    {
        var id = (string)(await QuoteAsync(_jane))["id"]!;
        using var form = new MultipartFormDataContent
        {
            { new StringContent(id), "quote" },
            { new StringContent("A title, which costs nothing"), "title" },
            { new StringContent("mp3"), "format" },
            { new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(Text)), "file", "night.txt" },
        };

        using var accepted = await _jane.PostJobAsync(form);

        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted, await accepted.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task An_expired_quote_is_refused_with_a_fresh_one_that_can_be_accepted()
    {
        var quote = await QuoteAsync(_jane);
        await ExecuteAsync("update billing.quotes set valid_until = now() - interval '1 second'");
        await using var dearer = await StartAsync(Prices("0.5"), _api);
        var there = new Person(dearer.Client, _jane.Token, _jane.Workspace);

        using var refused = await there.PostJobAsync(new { text = Text, quote = (string)quote["id"]! });

        var fresh = await FreshOfAsync(refused, "expired");
        Shape(fresh).ShouldBe(Shape(quote));
        Credits(fresh, "high").ShouldBe(Text.Length * 0.0005m);
        (await _jane.AvailableAsync()).ShouldBe(20);
        using var accepted = await there.PostJobAsync(new { text = Text, quote = (string)fresh["id"]! });
        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        Credits(await accepted.JsonAsync(), "held").ShouldBe(Credits(fresh, "high"));
    }

    [Theory]
    [InlineData("It was a dark and stormy day.", null)]
    [InlineData(Text, "parrot-polly")]
    public async Task A_quote_for_another_text_or_voice_is_refused(string text, string? voice)
    {
        var id = (string)(await QuoteAsync(_jane))["id"]!;

        using var refused = await _jane.PostJobAsync(
            new
            {
                text,
                voice,
                quote = id,
            }
        );

        var fresh = await FreshOfAsync(refused, "made-for-something-else");
        ((int)fresh["characters"]!).ShouldBe(text.Length);
        (await JobsAsync()).ShouldBe(0);
        using var right = await _jane.PostJobAsync(new { text = Text, quote = id });
        right.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_quote_is_accepted_once_whoever_races_and_a_repeat_gets_its_answer_also_when_it_has_expired()
    {
        var body = new { text = Text, quote = (string)(await QuoteAsync(_jane))["id"]! };

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(async key => (Key: $"key-{key}", Answer: await _jane.PostJobAsync(body, $"key-{key}")))
        );

        var (winner, accepted) = answers.Single(each => each.Answer.StatusCode == HttpStatusCode.Accepted);
        foreach (var (_, lost) in answers.Where(each => each.Key != winner))
            await FreshOfAsync(lost, "already-accepted");
        (await JobsAsync()).ShouldBe(1);
        // Nor can a request undo it, whatever the code says.
        await using (var session = _api.Store.OpenSession(new SessionContext(_jane.Workspace, "system", Guid.Empty)))
            (
                await session.QueryAsync(
                    "update billing.quotes set job_id = null, run = null where job_id is not null returning 1",
                    _ => 1,
                    Cancel
                )
            ).ShouldBeEmpty();
        await ExecuteAsync("update billing.quotes set valid_until = now() - interval '2 days'");
        await Sweep.SweepAsync(Cancel);
        using var repeat = await _jane.PostJobAsync(body, winner);
        repeat.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await repeat.Content.ReadAsStringAsync(Cancel)).ShouldBe(await accepted.Content.ReadAsStringAsync(Cancel));
        (await JobsAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task An_unknown_quote_and_somebody_elses_are_refused_alike()
    {
        var john = await SignUpAsync(_api);
        var foreign = (string)(await QuoteAsync(john))["id"]!;
        var problems = new List<string>();

        foreach (
            var id in new[]
            {
                foreign,
                PublicId.Format("quote", Guid.CreateVersion7()),
                "quote_x",
                "job" + foreign[5..],
                "",
                "' or 1=1 --",
            }
        )
        {
            using var refused = await _jane.PostJobAsync(new { text = Text, quote = id });
            await FreshOfAsync(refused, "unknown");
            var problem = (await refused.JsonAsync()).AsObject();
            problem.Remove("traceId");
            problem["quote"]!.AsObject().Remove("id");
            problem["quote"]!.AsObject().Remove("validUntil");
            problems.Add(problem.ToJsonString());
        }

        problems.Distinct().Count().ShouldBe(1);
        using var own = await john.PostJobAsync(new { text = Text, quote = foreign });
        own.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_job_without_the_credits_leaves_its_quote_to_be_accepted_later()
    {
        var text = new string('a', 900_000) + " " + new string('b', 900_000);
        var quote = await QuoteAsync(_jane, text);
        Credits(quote, "high").ShouldBe(36.00002m);

        using var refused = await _jane.PostJobAsync(new { text, quote = (string)quote["id"]! });

        (await refused.RefusalAsync()).ShouldBe("402 insufficient-credits");
        (await ScalarAsync<long>("select count(*) from billing.quotes where job_id is null")).ShouldBe(1);
    }

    [Fact]
    public async Task The_sweep_takes_quotes_that_nobody_accepted_a_day_after_their_end()
    {
        var accepted = (string)(await QuoteAsync(_jane))["id"]!;
        using (await _jane.PostJobAsync(new { text = Text, quote = accepted })) { }
        await ExecuteAsync("update billing.quotes set valid_until = now() - interval '25 hours'");
        var old = (string)(await QuoteAsync(_jane))["id"]!;
        await ExecuteAsync("update billing.quotes set valid_until = now() - interval '25 hours' where job_id is null");
        var expired = (string)(await QuoteAsync(_jane))["id"]!;
        await ExecuteAsync(
            "update billing.quotes set valid_until = now() - interval '23 hours' where valid_until > now()"
        );
        var good = (string)(await QuoteAsync(_jane))["id"]!;

        await Sweep.SweepAsync(Cancel);

        using var swept = await _jane.PostJobAsync(new { text = Text, quote = old });
        using var late = await _jane.PostJobAsync(new { text = Text, quote = expired });
        using var again = await _jane.PostJobAsync(new { text = Text, quote = accepted });
        using var fine = await _jane.PostJobAsync(new { text = Text, quote = good });
        await FreshOfAsync(swept, "unknown");
        await FreshOfAsync(late, "expired");
        await FreshOfAsync(again, "already-accepted");
        fine.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_quote_is_good_for_as_long_as_is_set_and_is_erased_with_its_workspace()
    {
        await using var api = await StartAsync(new() { ["Lectern:Billing:QuoteMinutes"] = "5" }, _api);
        var quote = await QuoteAsync(new Person(api.Client, _jane.Token, _jane.Workspace));
        ((DateTimeOffset)quote["validUntil"]!).ShouldBe(DateTimeOffset.UtcNow.AddMinutes(5), TimeSpan.FromMinutes(1));
        // What is stored of the text doesn't tell it, and differs between workspaces.
        var john = await SignUpAsync(_api);
        await QuoteAsync(john);
        (await ScalarAsync<long>("select count(distinct fingerprint) from billing.quotes")).ShouldBe(2);

        await _api
            .Services.GetServices<IErasePart>()
            .OfType<QuotesErasure>()
            .Single()
            .EraseWorkspaceAsync(_jane.Workspace, Cancel);

        (await ScalarAsync<Guid>("select workspace_id from billing.quotes")).ShouldBe(john.Workspace);
    }

    [Fact]
    public async Task Each_endpoint_takes_its_own_fields_only()
    {
        foreach (
            var (path, body, pointer) in new (string, object, string)[]
            {
                ("/quotes", new { text = Text, quote = "quote_x" }, "/quote"),
                ("/quotes", new { text = Text, job = "job_x" }, "/job"),
                ("/quotes", new { job = "job_x", voice = "flite-slt" }, "/job"),
                ("/jobs", new { text = Text, job = "job_x" }, "/job"),
            }
        )
        {
            using var refused = await _jane.SendAsync(
                HttpMethod.Post,
                path,
                JsonContent.Create(body, body.GetType()),
                ("Idempotency-Key", Guid.NewGuid().ToString())
            );
            (await refused.RefusalAsync()).ShouldBe("422 invalid-values");
            ((string)(await refused.JsonAsync())["errors"]![0]!["pointer"]!).ShouldBe(pointer);
        }
    }

    [Fact]
    public async Task A_line_for_the_voices_provider_and_class_holds_before_the_general_one()
    {
        await using var api = await StartAsync(
            new()
            {
                ["Lectern:Billing:Prices:parrot:Item"] = "audiobook",
                ["Lectern:Billing:Prices:parrot:Unit"] = "character",
                ["Lectern:Billing:Prices:parrot:Provider"] = "parrot",
                ["Lectern:Billing:Prices:parrot:VoiceClass"] = "standard",
                ["Lectern:Billing:Prices:parrot:Credits"] = "0.1",
                ["Lectern:Billing:Prices:parrot:Included"] = "10",
            },
            _api
        );
        var quote = await QuoteAsync(
            new Person(api.Client, _jane.Token, _jane.Workspace),
            "Fifteen letters",
            voice: "parrot-polly"
        );

        Credits(quote, "high").ShouldBe(0.5m);
        quote["lines"]!.AsArray()[0]!
            .ToJsonString()
            .ShouldBe(
                """{"item":"audiobook","unit":"character","provider":"parrot","voiceClass":"standard","quantity":15,"free":0,"included":10,"paid":5,"per":1,"price":"0.1","low":"0.4","expected":"0.5","high":"0.5"}"""
            );
        Credits(await QuoteAsync(_jane, "Fifteen letters", voice: "parrot-polly"), "high").ShouldBe(0.001m);
    }

    [Fact]
    public async Task A_fallback_may_cost_less_than_the_voice_and_not_more()
    {
        await using var api = await StartAsync(
            new()
            {
                ["Lectern:Billing:Prices:parrot:Item"] = "audiobook",
                ["Lectern:Billing:Prices:parrot:Unit"] = "character",
                ["Lectern:Billing:Prices:parrot:Provider"] = "parrot",
                ["Lectern:Billing:Prices:parrot:Credits"] = "0.1",
            },
            _api
        );
        var jane = new Person(api.Client, _jane.Token, _jane.Workspace);

        using var dearer = await jane.PostJobAsync(
            new
            {
                text = Text,
                voice = "flite-slt",
                fallbackVoice = "parrot-polly",
            }
        );
        (await dearer.RefusalAsync()).ShouldBe("422 invalid-values");
        ((string)(await dearer.JsonAsync())["errors"]![0]!["pointer"]!).ShouldBe("/fallbackVoice");
        using var quote = await jane.SendAsync(
            HttpMethod.Post,
            "/quotes",
            JsonContent.Create(
                new
                {
                    text = Text,
                    voice = "flite-slt",
                    fallbackVoice = "parrot-polly",
                }
            )
        );
        (await quote.RefusalAsync()).ShouldBe("422 invalid-values");

        using var cheaper = await jane.PostJobAsync(
            new
            {
                text = "Fifteen letters",
                voice = "parrot-polly",
                fallbackVoice = "flite-slt",
            }
        );
        cheaper.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var id = (string)(await cheaper.JsonAsync())["id"]!;
        var submitted = (await jane.JsonAsync($"/jobs/{id}/events"))["items"]![0]!["data"]!;
        ((string)submitted["fallbackVoice"]!).ShouldBe("flite-slt");
        // 1.5 credits for the parrot, and the least that a job costs, 0.001, for flite.
        ((int)submitted["fallbackPrice"]!).ShouldBe(666);
    }

    private QuoteSweep Sweep => _api.Services.GetRequiredService<QuoteSweep>();

    private static Dictionary<string, string?> Prices(string credits) =>
        new()
        {
            ["Lectern:Billing:Prices:audiobook:Item"] = "audiobook",
            ["Lectern:Billing:Prices:audiobook:Unit"] = "character",
            ["Lectern:Billing:Prices:audiobook:Per"] = "1000",
            ["Lectern:Billing:Prices:audiobook:Credits"] = credits,
        };

    private static Task<ApiHost> StartAsync(Dictionary<string, string?> settings, ApiHost? twinOf = null) =>
        ApiHost.StartAsync(
            [new AccountsModule(), new BillingModule(), new LibraryModule(), new VoicesModule(), new JobsModule()],
            services =>
            {
                services.Replace(
                    ServiceDescriptor.Singleton(
                        new EngineSet([
                            new FakeEngine("flite", FakeEngine.Voice("flite-slt", "en", VoiceGender.Female)),
                            new FakeEngine("parrot", FakeEngine.Voice("parrot-polly", "en", VoiceGender.Neutral)),
                        ])
                    )
                );
                SignedUp.QuickPasswords(services);
                services.AddSingleton<SignedLinks>();
            },
            settings,
            twinOf: twinOf
        );

    private async Task<Person> SignUpAsync(ApiHost api)
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        using var answer = await api.PostAsync("/auth/signup", new { email, password = JobsHost.Password });
        var body = await answer.JsonAsync();
        PublicId.TryParse("workspace", (string)body["workspace"]!["id"]!, out var workspace).ShouldBeTrue();
        return new Person(api.Client, (string)body["tokens"]!["accessToken"]!, workspace);
    }

    private static async Task<JsonNode> QuoteAsync(Person person, string text = Text, string? voice = null)
    {
        using var answer = await person.SendAsync(HttpMethod.Post, "/quotes", JsonContent.Create(new { text, voice }));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancel));
        return await answer.JsonAsync();
    }

    /// <summary>The fresh quote of a refusal.</summary>
    private static async Task<JsonNode> FreshOfAsync(HttpResponseMessage refused, string reason)
    {
        (await refused.RefusalAsync()).ShouldBe("409 quote-not-valid");
        var problem = await refused.JsonAsync();
        ((string)problem["reason"]!).ShouldBe(reason);
        return problem["quote"]!;
    }

    private static IEnumerable<string> Shape(JsonNode quote) => quote.AsObject().Select(property => property.Key);

    private static decimal Credits(JsonNode node, string name) =>
        decimal.Parse((string)node[name]!, CultureInfo.InvariantCulture);

    private Task<long> JobsAsync() => ScalarAsync<long>("select count(*) from jobs.job_view");

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_api.ConnectionString);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Cancel))!;
    }

    private async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var source = NpgsqlDataSource.Create(_api.ConnectionString);
        await source.ExecuteAsync(sql, values);
    }
}
