using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lectern.SharedKernel;
using Lectern.Tests.Http;

namespace Lectern.Tests.Jobs;

/// <summary>Somebody with a token, and what such a person does over HTTP.</summary>
internal sealed class Person(HttpClient client, string token, Guid workspace)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public string Token => token;

    public Guid Workspace => workspace;

    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        HttpContent? content = null,
        params (string Name, string Value)[] headers
    )
    {
        var request = new HttpRequestMessage(method, "/api/v1" + path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, null, headers);

    /// <summary>What a GET answers, which must be well.</summary>
    public async Task<JsonNode> JsonAsync(string path)
    {
        using var answer = await GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return await answer.JsonAsync();
    }

    public Task<HttpResponseMessage> PostJobAsync(HttpContent content, string? key = null) =>
        SendAsync(HttpMethod.Post, "/jobs", content, ("Idempotency-Key", key ?? Guid.NewGuid().ToString()));

    public Task<HttpResponseMessage> PostJobAsync(object body, string? key = null) =>
        PostJobAsync(JsonContent.Create(body), key);

    /// <summary>Makes a project and gives its id.</summary>
    public async Task<string> MakeProjectAsync(string name = "Ours")
    {
        using var answer = await SendAsync(
            HttpMethod.Post,
            "/projects",
            JsonContent.Create(new { name }),
            ("Idempotency-Key", Guid.NewGuid().ToString())
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        return (string)(await answer.JsonAsync())["id"]!;
    }

    /// <summary>Submits a Markdown text and gives the job's id.</summary>
    public async Task<string> SubmitAsync(
        string text,
        string format = "wav",
        string? title = null,
        string? project = null
    )
    {
        using var answer = await PostJobAsync(
            new
            {
                text,
                format,
                title,
                project,
                markup = "markdown",
            }
        );
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Cancel));
        return (string)(await answer.JsonAsync())["id"]!;
    }

    /// <summary>Submits a Markdown text and gives the completed job.</summary>
    public async Task<JsonNode> MakeAsync(string text, string format = "wav", string? title = null) =>
        await UntilAsync(await SubmitAsync(text, format, title), "completed");

    public Task<JsonNode> JobAsync(string id) => JsonAsync($"/jobs/{id}");

    public Task<JsonNode> UntilAsync(string id, string status) =>
        Eventually.IsAsync(
            () => JobAsync(id),
            job =>
            {
                var now = (string)job["status"]!;
                if (now != status && now is "completed" or "failed" or "cancelled")
                    Assert.Fail($"The job is {now} and not {status}: {job}");
                return now == status;
            },
            $"the job is {status}"
        );

    public Task<HttpResponseMessage> CancelAsync(string id) => SendAsync(HttpMethod.Post, $"/jobs/{id}/cancel");

    public Task<HttpResponseMessage> DeleteAsync(string id) => SendAsync(HttpMethod.Delete, $"/jobs/{id}");

    public Task<HttpResponseMessage> RetryAsync(string id, string? key = null) =>
        SendAsync(HttpMethod.Post, $"/jobs/{id}/retry", null, ("Idempotency-Key", key ?? Guid.NewGuid().ToString()));

    public Task<HttpResponseMessage> PutAvatarAsync(byte[] image, string type = "image/png")
    {
        var content = new ByteArrayContent(image);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return SendAsync(HttpMethod.Put, "/me/avatar", content);
    }

    /// <summary>Credits that can be spent.</summary>
    public async Task<decimal> AvailableAsync() =>
        decimal.Parse((string)(await JsonAsync("/credits"))["available"]!, CultureInfo.InvariantCulture);

    /// <summary>Stored names of a job's events, in order.</summary>
    public async Task<List<string>> EventsAsync(string id) =>
        (await JsonAsync($"/jobs/{id}/events"))["items"]!.AsArray().Select(e => (string)e!["type"]!).ToList();

    public static Guid IdOf(string job)
    {
        PublicId.TryParse("job", job, out var id).ShouldBeTrue();
        return id;
    }
}
