using System.Net;
using System.Net.Http.Json;
using Lectern.SharedKernel;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs.Submission;

[Collection(SubmissionCollection.Name)]
public sealed class SharedWorkspaceTests(JobsHost host)
{
    [Fact]
    public async Task A_job_in_a_workspace_without_credits_is_refused_with_what_is_missing()
    {
        var cancel = TestContext.Current.CancellationToken;
        var (email, password) = ($"{Guid.NewGuid():n}@example.com", "three tall ships");
        using var signedUp = await host.Client.PostAsJsonAsync("/api/v1/auth/signup", new { email, password }, cancel);
        var tokens = (await signedUp.JsonAsync())["tokens"]!;
        var person = new Person(host.Client, (string)tokens["accessToken"]!, Guid.Empty);
        using var made = await person.SendAsync(
            HttpMethod.Post,
            "/workspaces",
            JsonContent.Create(new { name = "Ours" })
        );
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var workspace = (string)(await made.JsonAsync())["id"]!;
        PublicId.TryParse("workspace", workspace, out var id).ShouldBeTrue();
        var refreshToken = (string)tokens["refreshToken"]!;
        using var entered = await host.Client.PostAsJsonAsync(
            "/api/v1/auth/refresh",
            new { refreshToken, workspace },
            cancel
        );
        var member = new Person(host.Client, (string)(await entered.JsonAsync())["accessToken"]!, id);

        using var answer = await member.PostJobAsync(new { text = "Nobody pays for this." });

        (await answer.RefusalAsync()).ShouldBe("402 insufficient-credits");
        ((string)(await answer.JsonAsync())["available"]!).ShouldBe("0");
        (await member.JsonAsync("/jobs"))["items"]!.AsArray().ShouldBeEmpty();
    }
}
