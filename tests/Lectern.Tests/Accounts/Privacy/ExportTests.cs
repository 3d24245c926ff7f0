using System.IO.Compression;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Privacy;
using Lectern.Eventing;
using Lectern.Jobs;
using Lectern.Jobs.Views;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Privacy;
using Lectern.Tests.Accounts.Profile;
using Lectern.Tests.Http;
using Lectern.Tests.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Person = Lectern.Tests.Jobs.Person;

namespace Lectern.Tests.Accounts.Privacy;

[Collection(JobsHostCollection.Name)]
public sealed class ExportTests(JobsHost host)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_has_everything_of_the_person()
    {
        const string text = "# One\n\nThe weaver sings to her loom.\n\n# Two\n\nÜber den Fluß.\n";
        var jane = await host.SignUpAsync($"{Guid.NewGuid():n}@example.com", "Jane of the Müllers");
        var me = await jane.JsonAsync("/me");
        (await jane.PutAvatarAsync(Pictures.Png(100, 100))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var done = await jane.MakeAsync(text, "m4b", "The Loom");
        var failed = await jane.SubmitAsync("<!-- nothing -->\n\n---\n");
        await jane.UntilAsync(failed, "failed");

        var archive = await ExportAsync(jane);

        var id = (string)done["id"]!;
        archive.Keys.ShouldBe([
            "README.txt",
            "account/profile.json",
            "account/sessions.json",
            "account/memberships.json",
            "account/identities.json",
            "account/api-keys.json",
            "account/settings.json",
            "account/audit.jsonl",
            "account/avatar.png",
            "credits/balance.json",
            "credits/ledger.jsonl",
            "projects/projects.json",
            "characters/stars.json",
            $"jobs/{failed}/job.json",
            $"jobs/{failed}/text.json",
            $"jobs/{failed}/text.md",
            $"jobs/{failed}/events.jsonl",
            $"jobs/{id}/job.json",
            $"jobs/{id}/text.json",
            $"jobs/{id}/text.md",
            $"jobs/{id}/events.jsonl",
            $"jobs/{id}/result.m4b",
            "jobs/results.json",
            "activity/feed.jsonl",
            "activity/marks.json",
        ]);
        var profile = Json(archive["account/profile.json"]);
        Text(profile, "id").ShouldBe(Text(me, "id"));
        Text(profile, "email").ShouldBe(Text(me, "email"));
        Encoding.UTF8.GetString(archive["account/profile.json"]).ShouldContain("Jane of the Müllers");
        Json(archive["account/sessions.json"]).AsArray().Count.ShouldBe(1);
        Text(Json(archive["account/memberships.json"]).AsArray().Single()!, "role").ShouldBe("admin");
        Lines(archive["account/audit.jsonl"])
            .Select(e => Text(e, "action"))
            .ShouldBe(["sessions.began", "people.exported"]);
        using var avatar = await jane.GetAsync("/me/avatar");
        archive["account/avatar.png"].ShouldBe(await avatar.Content.ReadAsByteArrayAsync(Cancel));
        var ledger = (await jane.JsonAsync("/credits/ledger"))["items"]!.AsArray();
        Lines(archive["credits/ledger.jsonl"])
            .Select(entry => entry.ToJsonString())
            .ShouldBe(ledger.Reverse().Select(entry => entry!.ToJsonString()));
        Encoding.UTF8.GetString(archive[$"jobs/{id}/text.md"]).ShouldBe(text);
        Json(archive[$"jobs/{id}/job.json"]).ToJsonString().ShouldBe((await jane.JobAsync(id)).ToJsonString());
        Lines(archive[$"jobs/{id}/events.jsonl"]).Select(e => Text(e, "type")).ShouldBe(await jane.EventsAsync(id));
        Convert
            .ToHexStringLower(SHA256.HashData(archive[$"jobs/{id}/result.m4b"]))
            .ShouldBe(Text(done["result"]!, "sha256"));
        Text(Json(archive["jobs/results.json"]).AsArray().Single()!, "file").ShouldBe($"{id}/result.m4b");
    }

    [Fact]
    public async Task It_has_nothing_of_anybody_else_and_no_secret()
    {
        var (jane, john) = (await host.SignUpAsync(), await host.SignUpAsync(null, "Johnzqx"));
        await john.MakeAsync("Johnzqx says this.", "wav", "Johnzqx");
        var (janesId, johnsId) = (await IdOfAsync(jane), await IdOfAsync(john));
        // John does something to her, in a workspace that both are in, where there is a job of his.
        await host.ExecuteAsync("update accounts.workspaces set kind = 'shared' where id = $1", john.Workspace);
        await host.ExecuteAsync(
            "insert into accounts.members (workspace_id, person_id, role) values ($1, $2, 'viewer')",
            john.Workspace,
            janesId
        );
        await using (
            var session = host
                .Services.GetRequiredService<EventStore>()
                .OpenWorkerSession(
                    new SessionContext(john.Workspace, CallerSessions.ActorOf(johnsId), Guid.CreateVersion7())
                )
        )
        {
            AuditLog.Record(
                session,
                john.Workspace,
                "members.role_changed",
                AccountIds.Person(janesId),
                address: "198.51.100.77"
            );
            await session.SaveChangesAsync(Cancel);
        }

        var archive = await ExportAsync(jane);

        var all = Encoding.UTF8.GetString([.. archive.Values.SelectMany(bytes => bytes)]);
        all.ShouldContain("members.role_changed"); // it happened to her
        all.ShouldContain(PublicId.Format("workspace", john.Workspace)); // and she is a member
        all.ShouldNotContain("Johnzqx");
        all.ShouldNotContain("198.51.100.77");
        all.ShouldNotContain(johnsId.ToString());
        all.ShouldNotContain(PublicId.Format("person", johnsId));
        archive.Keys.ShouldNotContain(name => name.StartsWith("jobs/job_", StringComparison.Ordinal));
        all.ShouldNotContain(
            await host.ScalarAsync<string>("select password_hash from accounts.people where id = $1", janesId)
        );
        all.ShouldNotContain("lrt_");
        all.ShouldNotContain(jane.Token);
    }

    [Fact]
    public async Task A_webhook_is_in_it_as_it_is_shown_and_without_its_secrets()
    {
        var jane = await host.SignUpAsync();
        var made = await SendAsync(
            "/webhooks",
            new { url = "https://93.184.216.34/hook", events = (string[])["job.*"] }
        );
        var id = Text(made["webhook"]!, "id");
        var rotated = await SendAsync($"/webhooks/{id}/rotate", new { });
        var gone = await SendAsync("/webhooks", new { url = "https://93.184.216.34/gone", events = (string[])["*"] });
        using (await jane.SendAsync(HttpMethod.Delete, $"/webhooks/{Text(gone["webhook"]!, "id")}")) { }

        var archive = await ExportAsync(jane);

        archive
            .Keys.Where(name => name.StartsWith("webhooks/", StringComparison.Ordinal))
            .ShouldBe([$"webhooks/{id}.json"]);
        JsonNode
            .DeepEquals(Json(archive[$"webhooks/{id}.json"]), await jane.JsonAsync($"/webhooks/{id}"))
            .ShouldBeTrue(Encoding.UTF8.GetString(archive[$"webhooks/{id}.json"]));
        var all = Encoding.UTF8.GetString([.. archive.Values.SelectMany(bytes => bytes)]);
        foreach (var secret in new[] { made, rotated, gone }.Select(each => Text(each, "secret")))
            all.ShouldNotContain(secret["whsec_".Length..]);
        all.ShouldNotContain("whsec_");

        async Task<JsonNode> SendAsync(string path, object body)
        {
            using var answer = await jane.SendAsync(HttpMethod.Post, path, JsonContent.Create(body, body.GetType()));
            answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Cancel));
            return await answer.JsonAsync();
        }
    }

    [Fact]
    public async Task Files_that_do_not_fit_are_listed_with_where_to_get_them()
    {
        var jane = await host.SignUpAsync();
        var job = await jane.MakeAsync("A book too large.");
        var part = new JobsExport(
            host.Services.GetRequiredService<EventStore>(),
            host.Services.GetRequiredService<IBlobStore>(),
            new JobsOptions { ExportedAudioMegabytes = 0 }
        );
        using var zip = new MemoryStream();

        await ExportMeEndpoint.WriteAsync(zip, new DataSubject(await IdOfAsync(jane), jane.Workspace), [part], Cancel);

        var archive = Read(zip);
        archive.Keys.ShouldNotContain(name => name.EndsWith(".wav", StringComparison.Ordinal));
        var result = Json(archive["jobs/results.json"]).AsArray().Single()!;
        result["file"].ShouldBeNull();
        Text(result, "download").ShouldBe(Text(job["links"]!, "download"));
    }

    [Fact]
    public async Task It_is_sent_while_it_is_written()
    {
        var pipe = new Pipe();
        var part = new SlowPart();
        var writing = Task.Run(
            async () =>
            {
                await ExportMeEndpoint.WriteAsync(
                    pipe.Writer.AsStream(),
                    new DataSubject(default, default),
                    [part],
                    Cancel
                );
                await pipe.Writer.CompleteAsync();
            },
            Cancel
        );

        var received = 0L;
        while (received < SlowPart.Bytes)
        {
            var read = await pipe.Reader.ReadAsync(Cancel);
            received += read.Buffer.Length;
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }

        writing.IsCompleted.ShouldBeFalse(); // the first file is here, and the second is not even begun
        part.GoOn();
        while (!(await pipe.Reader.ReadAsync(Cancel) is var rest && rest.IsCompleted))
            pipe.Reader.AdvanceTo(rest.Buffer.End);
        await writing;
    }

    [Fact]
    public async Task Its_answer_is_kept_by_nobody_and_the_audit_log_knows_of_it()
    {
        var jane = await host.SignUpAsync();

        using var answer = await jane.GetAsync("/me/export");

        answer.Content.Headers.ContentType!.ToString().ShouldBe("application/zip");
        answer.Content.Headers.ContentDisposition!.ToString().ShouldContain("lectern-export.zip");
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (
            await host.ScalarAsync<long>(
                "select count(*) from accounts.audit_log where action = 'people.exported' and actor = $1",
                CallerSessions.ActorOf(await IdOfAsync(jane))
            )
        ).ShouldBe(1);
    }

    private static async Task<Dictionary<string, byte[]>> ExportAsync(Person person)
    {
        using var answer = await person.GetAsync("/me/export");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var zip = new MemoryStream(await answer.Content.ReadAsByteArrayAsync(Cancel));
        return Read(zip);
    }

    /// <summary>The files in their order.</summary>
    private static Dictionary<string, byte[]> Read(MemoryStream zip)
    {
        using var archive = new ZipArchive(zip, ZipArchiveMode.Read);
        var files = new Dictionary<string, byte[]>();
        foreach (var entry in archive.Entries)
        {
            using var content = new MemoryStream();
            using var file = entry.Open();
            file.CopyTo(content);
            files.Add(entry.FullName, content.ToArray());
        }

        return files;
    }

    private static async Task<Guid> IdOfAsync(Person person)
    {
        PublicId.TryParse("person", Text(await person.JsonAsync("/me"), "id"), out var id).ShouldBeTrue();
        return id;
    }

    private static JsonNode Json(byte[] file) => JsonNode.Parse(file)!;

    private static IEnumerable<JsonNode> Lines(byte[] file) =>
        Encoding
            .UTF8.GetString(file)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!);

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    /// <summary>Waits between its two files.</summary>
    private sealed class SlowPart : IExportPart
    {
        public const int Bytes = 1 << 20;

        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name => "slow";

        public string About => "noise.";

        public void GoOn() => _goOn.SetResult();

        public async Task WriteAsync(DataSubject subject, ExportFolder folder, CancellationToken cancel)
        {
            using var noise = new MemoryStream(RandomNumberGenerator.GetBytes(Bytes));
            await folder.WriteFileAsync("first", noise, cancel);
            await _goOn.Task.WaitAsync(cancel);
            await folder.WriteTextAsync("second", "the end", cancel);
        }
    }
}
