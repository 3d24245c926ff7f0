using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lectern.SharedKernel;
using Lectern.SharedKernel.History;
using Lectern.SharedKernel.Http;
using Lectern.Tests.Events;
using Lectern.Tests.Jobs;

namespace Lectern.Tests.SharedKernel.History;

/// <summary>
/// Documents that are formed well, hash included, and tell what never was: every event of every kind of stream with values
/// that nobody thought of. They are replayed or refused, and nothing breaks.
/// </summary>
[Collection(JobsHostCollection.Name)]
public sealed class MadeUpDocumentTests(JobsHost host, ITestOutputHelper output)
{
    private const int Documents = 80;

    private static readonly string[] Numbers =
    [
        "0",
        "-1",
        "2147483647",
        "-2147483648",
        "9223372036854775807",
        "-9223372036854775808",
        "1e308",
        "1e999",
        "1.5",
    ];

    private static readonly string[] Texts =
    [
        "\"\"",
        "\"\\u0000\"",
        "\"ü\\uD83D\\uDE00\"",
        "\"' or 1=1 --\"",
        "\"0001-01-01T00:00:00Z\"",
        "\"9999-12-31T23:59:59.9999999Z\"",
        "\"2026-01-05T09:30:00+14:00\"",
        "\"00000000-0000-0000-0000-000000000000\"",
    ];

    [Theory]
    [InlineData("jobs", "job", "jobs.")]
    [InlineData("credits", "wallet", "billing.")]
    [InlineData("characters", "character", "voices.c", "voices.voice_")]
    [InlineData("lexicons", "lexicon", "voices.lexicon_")]
    public async Task Nothing_breaks(string area, string kind, params string[] types)
    {
        var jane = await host.SignUpAsync();
        var known = Directory
            .GetFiles(StoredEventsTests.Folder, "*.json")
            .Where(file => types.Any(type => Path.GetFileName(file).StartsWith(type, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)
            .ToList();
        var first = known.Single(IsFirst);
        var statuses = new Dictionary<int, int>();
        for (var seed = 0; seed < Documents; seed++)
        {
            var random = new Random(seed);
            var events = new List<DocumentEvent>();
            for (var i = 0; i <= random.Next(12); i++)
            {
                var file = i == 0 ? first : known[random.Next(known.Count)];
                events.Add(Event(i + 1, Path.GetFileNameWithoutExtension(file), Data(file, random), random));
            }

            using var content = new StringContent(Document(kind, events), Encoding.UTF8, "application/json");
            using var answer = await jane.SendAsync(HttpMethod.Post, $"/{area}/replay", content);

            ((int)answer.StatusCode).ShouldBeOneOf(
                [200, 422],
                $"seed {seed}: {await content.ReadAsStringAsync(TestContext.Current.CancellationToken)}"
            );
            statuses[(int)answer.StatusCode] = statuses.GetValueOrDefault((int)answer.StatusCode) + 1;
        }

        output.WriteLine($"{area}: {string.Join(", ", statuses)}");
        statuses.Count.ShouldBe(2); // only refusals, or none, would prove little
    }

    private static bool IsFirst(string file) =>
        Path.GetFileName(file)
            is "jobs.job_submitted.v1.json"
                or "billing.wallet_opened.v1.json"
                or "voices.character_created.v1.json"
                or "voices.lexicon_created.v1.json";

    private static JsonElement Data(string file, Random random)
    {
        var data = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        var values = Values(data).ToList();
        if (random.Next(3) == 0 && values.Count > 0)
        {
            var value = values[random.Next(values.Count)];
            value.ReplaceWith(
                value.GetValueKind() switch
                {
                    JsonValueKind.Number => Made(Numbers),
                    JsonValueKind.String => Made(Texts),
                    _ => JsonNode.Parse("true"),
                }
            );
        }

        return JsonElement.Parse(data.ToJsonString());

        // As text, for some of these are nothing that a node could be made of.
        JsonNode Made(string[] values) => JsonNode.Parse(values[random.Next(values.Length)])!;
    }

    private static IEnumerable<JsonNode> Values(JsonNode node) =>
        node is JsonObject item ? item.SelectMany(property => Values(property.Value!)) : [node];

    private static DocumentEvent Event(int version, string type, JsonElement data, Random random) =>
        new(
            Guid.CreateVersion7(),
            version,
            type,
            data,
            random.Next(9) == 0 ? new string('x', 10_000) : "system",
            Guid.CreateVersion7(),
            null,
            null,
            random.Next(9) switch
            {
                0 => DateTimeOffset.MinValue,
                1 => DateTimeOffset.MaxValue,
                2 => new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.FromHours(-11)),
                _ => DateTimeOffset.UnixEpoch.AddYears(56),
            }
        );

    private static string Document(string kind, List<DocumentEvent> events) =>
        JsonSerializer.Serialize(
            new StreamDocument(
                StreamDocument.FormatName,
                StreamDocument.FormatNumber,
                kind,
                PublicId.Format(kind, Guid.CreateVersion7()),
                PublicId.Format("workspace", Guid.CreateVersion7()),
                events.Count,
                DateTimeOffset.UnixEpoch,
                events,
                events.Count,
                DocumentCheck.HashOf(events)
            ),
            StrictJson.Options
        );
}
