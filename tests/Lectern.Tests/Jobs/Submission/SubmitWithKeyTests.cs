using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Jobs.Submission;

/// <summary>Jobs that an API key submits: for its maker's workspace, and within its cap.</summary>
[Collection(SubmissionCollection.Name)]
public sealed class SubmitWithKeyTests(JobsHost host)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_makes_an_audiobook_for_its_workspace()
    {
        var person = await host.SignUpAsync();
        var program = await KeyAsync(person, cap: null);

        var job = (string)(await program.MakeAsync("A program asked for this."))["id"]!;

        ((string)(await person.JobAsync(job))["status"]!).ShouldBe("completed");
    }

    [Fact]
    public async Task Of_submissions_that_race_with_one_key_only_as_many_are_taken_as_its_cap_allows()
    {
        var person = await host.SignUpAsync();
        var each = Held(await Accepted(await person.PostJobAsync(Body(0))));
        var program = await KeyAsync(person, cap: each * 5);

        var answers = await Task.WhenAll(Enumerable.Range(1, 32).Select(i => program.PostJobAsync(Body(i))));

        answers.Count(answer => answer.StatusCode == HttpStatusCode.Accepted).ShouldBe(5);
        foreach (var refused in answers.Where(answer => answer.StatusCode != HttpStatusCode.Accepted))
        {
            (await refused.RefusalAsync()).ShouldBe("402 key-cap-reached");
            var problem = await refused.JsonAsync();
            Credits(problem, "cap").ShouldBe(each * 5);
            Credits(problem, "needed").ShouldBe(each);
            Credits(problem, "used").ShouldBeLessThanOrEqualTo(each * 5);
        }

        (await person.PostJobAsync(Body(33))).StatusCode.ShouldBe(HttpStatusCode.Accepted); // its maker has no such cap
        foreach (
            var check in host.Services.GetServices<IAuditCheck>().Where(c => c.Name.StartsWith("billing.spending"))
        )
            (await check.FindBreachesAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_cancelled_job_did_not_cost_the_key_can_spend_again_and_a_retry_counts_like_a_submission()
    {
        var person = await host.SignUpAsync();
        using var gate = host.Engine.StopAt("Pemberley");
        var each = Held(await Accepted(await person.PostJobAsync(Body(0))));
        var program = await KeyAsync(person, cap: each);
        var job = (string)(await Accepted(await program.PostJobAsync(Body(1, "Pemberley"))))["id"]!;
        (await (await program.PostJobAsync(Body(2))).RefusalAsync()).ShouldBe("402 key-cap-reached");

        (await program.CancelAsync(job)).IsSuccessStatusCode.ShouldBeTrue();
        gate.Dispose();
        await person.UntilAsync(job, "cancelled");
        await Accepted(await program.PostJobAsync(Body(3)));

        (await (await program.RetryAsync(job)).RefusalAsync()).ShouldBe("402 key-cap-reached");
        (await person.RetryAsync(job)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    private async Task<Person> KeyAsync(Person person, decimal? cap)
    {
        using var answer = await person.SendAsync(
            HttpMethod.Post,
            $"/workspaces/{PublicId.Format("workspace", person.Workspace)}/api-keys",
            JsonContent.Create(
                new
                {
                    name = "Import",
                    scopes = Scopes,
                    creditCap = cap?.ToString(CultureInfo.InvariantCulture),
                }
            )
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        return new Person(host.Client, (string)(await answer.JsonAsync())["key"]!, person.Workspace);
    }

    private static readonly string[] Scopes = ["jobs:write"];

    // All of one length, and none with a sentence of another, so that each costs the same.
    private static object Body(int number, string place = "Longbourn") =>
        new
        {
            text = string.Join(
                ' ',
                Enumerable.Range(0, 10).Select(i => $"Visitor {100 + number} saw {place} on day {100 + i}.")
            ),
            format = "wav",
        };

    private static async Task<JsonNode> Accepted(HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Cancel));
        return await answer.JsonAsync();
    }

    private static decimal Held(JsonNode accepted) => Credits(accepted, "held");

    private static decimal Credits(JsonNode node, string name) =>
        decimal.Parse((string)node[name]!, CultureInfo.InvariantCulture);
}
