using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Lectern.Tests.Postgres;
using Lectern.Tests.Recovery;

namespace Lectern.Tests.Accounts.Privacy;

/// <summary>The host dies right before or after a commit of an erasure, and the next one brings it to its end.</summary>
public sealed class KilledWhileErasingTests(ITestOutputHelper output)
{
    private const string Password = "a long enough passphrase";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_erasure_outlives_the_host_wherever_it_dies()
    {
        await using var installation = await Installation.CreateAsync(await PostgresCluster.SharedAsync());
        await using var witness = new Witness(installation);
        var seen = new HashSet<string>();
        foreach (var crash in new[] { "before:1", "after:1", "before:2", "after:3", "before:5", "after:6" })
        {
            var (person, token) = await LiveAsync(installation);
            await installation.KillAsync();
            await installation.StartAsync(crash);
            await DeleteAsync(installation, token);
            (await installation.CrashedAsync(Patience)).ShouldBeTrue($"no commit for {crash}");
            var stage = await StageAsync(witness, person);
            output.WriteLine($"{crash, -9} {stage}");
            seen.Add(stage);

            await installation.StartAsync();
            if (stage == "not begun")
                (await DeleteAsync(installation, token)).ShouldBe(HttpStatusCode.Accepted);
            await Poll.UntilAsync(
                "the account is erased",
                Patience,
                async () => await StageAsync(witness, person) == "erased",
                Cancel
            );
            (await LeftAsync(witness)).ShouldBe(0);
            Directory
                .EnumerateFiles(
                    Path.Combine(installation.DataFolder, "blobs", "avatars"),
                    "*",
                    SearchOption.AllDirectories
                )
                .ShouldBeEmpty();
        }

        seen.ShouldBe(["not begun", "begun"], ignoreOrder: true);
        (
            await witness.ReadAsync(
                "select stream_id::text from eventing.events where type = 'accounts.account_erased.v1'"
            )
        )
            .Distinct()
            .Count()
            .ShouldBe(6);
        (
            await witness.ReadAsync("select id::text from eventing.events where type = 'accounts.account_erased.v1'")
        ).Count.ShouldBe(6);
        (await witness.ReadAsync("select id::text from eventing.dead_letters")).ShouldBeEmpty();
    }

    /// <summary>Somebody with a picture and two finished jobs.</summary>
    private static async Task<(string Person, string Token)> LiveAsync(Installation installation)
    {
        var account = new { email = $"{Guid.NewGuid():n}@lectern.example", password = Password };
        using var answer = await installation.Client.PostAsJsonAsync("/api/v1/auth/signup", account, Cancel);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        var token = body.GetProperty("tokens").GetProperty("accessToken").GetString()!;
        installation.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var picture = new ByteArrayContent(Profile.Pictures.Png(64, 64));
        picture.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using var put = await installation.Client.PutAsync("/api/v1/me/avatar", picture, Cancel);
        put.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        installation.Jobs.Clear();
        for (var i = 0; i < 2; i++)
            await installation.SubmitAsync(Book.Write(new Random(i), chapters: 1, sentences: 1, "wav"));
        await installation.AllEndAsync();
        return (account.email, token);
    }

    private static async Task<HttpStatusCode?> DeleteAsync(Installation installation, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/me")
        {
            Content = JsonContent.Create(new { password = Password }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using var answer = await installation.Client.SendAsync(request, Cancel);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null; // the host died over it
        }
    }

    /// <summary>By the address, which goes last.</summary>
    private static async Task<string> StageAsync(Witness witness, string address) =>
        (
            await witness.ReadAsync(
                $"""
                select case when erasing_at is null then 'not begun' else 'begun' end
                from accounts.people where email = '{address}'
                """
            )
        ).SingleOrDefault() ?? "erased";

    /// <summary>What is left of people who are erased.</summary>
    private static async Task<int> LeftAsync(Witness witness) =>
        (
            await witness.ReadAsync(
                """
                with gone as (select stream_id as id, workspace_id from eventing.events where type = 'accounts.account_erased.v1')
                select 'job' from jobs.job_view join gone using (workspace_id)
                union all select 'text' from jobs.manuscripts join gone using (workspace_id)
                union all select 'audio' from jobs.audio join gone using (workspace_id)
                union all select 'answer' from eventing.idempotency_keys join gone using (workspace_id)
                union all select 'session' from accounts.sessions s join gone on gone.id = s.person_id
                union all select 'avatar' from accounts.avatars a join gone on gone.id = a.person_id
                """
            )
        ).Count;
}
