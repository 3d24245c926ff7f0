using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Lectern.Providers.Http;
using OpenAI;

namespace Lectern.Providers.OpenAi;

/// <summary>
/// One server, asked by OpenAI's package: its addresses, its way of authentication, its pipeline. Of the package's two
/// layers the lower one is used, that sends a body and hands back the answer. The upper one would read half an answer, an
/// HTML page or an error with status 200 as if all properties were just absent, and reads OpenAI's own spelling only.
/// </summary>
internal sealed class OpenAiApi(OpenAiServer server, VendorHttp http)
{
    public async Task<VendorAnswer> SpeakAsync(string? key, SpeechBody body, CancellationToken cancel)
    {
        using var content = Json(body, OpenAiJson.Default.SpeechBody);
        return await AskAsync(
            key,
            (client, options) => client.GetAudioClient(body.Model).GenerateSpeechAsync(content, options),
            cancel
        );
    }

    public async Task<VendorAnswer> TranscribeAsync(
        string? key,
        string model,
        MultipartFormDataContent form,
        CancellationToken cancel
    )
    {
        using var content = BinaryContent.Create(await form.ReadAsStreamAsync(cancel));
        var type = form.Headers.ContentType!.ToString();
        return await AskAsync(
            key,
            (client, options) => client.GetAudioClient(model).TranscribeAudioAsync(content, type, options),
            cancel
        );
    }

    public async Task<VendorAnswer> ChatAsync(string? key, ChatBody body, CancellationToken cancel)
    {
        using var content = Json(body, OpenAiJson.Default.ChatBody);
        return await AskAsync(
            key,
            (client, options) => client.GetChatClient(body.Model).CompleteChatAsync(content, options),
            cancel
        );
    }

    public async Task<VendorAnswer> MakeImageAsync(string? key, ImageBody body, CancellationToken cancel)
    {
        using var content = Json(body, OpenAiJson.Default.ImageBody);
        return await AskAsync(
            key,
            (client, options) => client.GetImageClient(body.Model).GenerateImagesAsync(content, options),
            cancel
        );
    }

    /// <summary>The models that the key may use: what the server answers, whatever its status.</summary>
    public Task<VendorAnswer> ListModelsAsync(string? key, CancellationToken cancel) =>
        SendAsync(key, (client, options) => client.GetOpenAIModelClient().GetModelsAsync(options), cancel);

    /// <summary>
    /// The voices of a server of somebody's own. OpenAI lists none, so its package has no method for it: the same HTTP is
    /// used directly. What the server answers, whatever its status.
    /// </summary>
    public Task<VendorAnswer> ListVoicesAsync(string? key, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, "audio/voices"));
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Checked(key));
        return http.SendAsync(server.Name, request, cancel);
    }

    private async Task<VendorAnswer> AskAsync(
        string? key,
        Func<OpenAIClient, RequestOptions, Task<ClientResult>> ask,
        CancellationToken cancel
    )
    {
        var answer = await SendAsync(key, ask, cancel);
        return OpenAiErrors.Find(server, answer) is { } failure ? throw failure : answer;
    }

    private async Task<VendorAnswer> SendAsync(
        string? key,
        Func<OpenAIClient, RequestOptions, Task<ClientResult>> ask,
        CancellationToken cancel
    )
    {
        var options = new RequestOptions
        {
            CancellationToken = cancel,
            ErrorOptions = ClientErrorBehaviors.NoThrow, // OpenAiErrors knows more than the package
            BufferResponse = false, // the package would read an answer of any size
        };
        try
        {
            var result = await ask(Client(key), options);
            using var response = result.GetRawResponse();
            return await ReadAsync(response, cancel);
        }
        catch (ClientResultException broken) when (broken.InnerException is HttpRequestException inner)
        {
            throw VendorHttp.Failed(server.Name, inner);
        }
        catch (HttpRequestException broken)
        {
            throw VendorHttp.Failed(server.Name, broken);
        }
        catch (IOException broken)
        {
            throw new ProviderException(
                server.Name,
                ProviderFailure.UnknownOutcome,
                "The connection broke in the middle of the answer.",
                inner: broken
            );
        }
        catch (OperationCanceledException gaveUp) when (!cancel.IsCancellationRequested)
        {
            // Nobody cancelled: it is how the connections report that connecting took too long.
            throw new ProviderException(
                server.Name,
                ProviderFailure.Outage,
                "It can't be reached (no connection in time).",
                inner: gaveUp
            );
        }
    }

    // A client of its own for each call, as the key is: it is a few small objects around the one HttpClient.
    private OpenAIClient Client(string? key)
    {
        var options = new OpenAIClientOptions
        {
            Endpoint = server.Url,
            Transport = new HttpClientPipelineTransport(http.Client),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0), // the caller decides about another try
            NetworkTimeout = Timeout.InfiniteTimeSpan, // the caller's token is the one deadline
        };
        if (key is not null)
            return new OpenAIClient(new ApiKeyCredential(Checked(key)), options);
#pragma warning disable OPENAI001 // Marked as new; the only way to send no key at all, and pinned by a test.
        return new OpenAIClient(new NoKey(), options);
#pragma warning restore OPENAI001
    }

    // A header can't hold anything else, and the framework's complaint about it would quote the key.
    private string Checked(string key) =>
        key.Length > 0 && key.All(c => c is > ' ' and < '\u007F')
            ? key
            : throw new ProviderException(
                server.Name,
                ProviderFailure.KeyRefused,
                "The key must be of visible ASCII characters."
            );

    private async Task<VendorAnswer> ReadAsync(PipelineResponse response, CancellationToken cancel)
    {
        using var head = new HttpResponseMessage((HttpStatusCode)response.Status);
        foreach (var (name, value) in response.Headers)
            head.Headers.TryAddWithoutValidation(name, value);
        var type =
            response.Headers.TryGetValue("Content-Type", out var declared)
            && MediaTypeHeaderValue.TryParse(declared, out var media)
                ? media.MediaType
                : null;
        var body = response.ContentStream is { } stream ? await VendorHttp.ReadAsync(server.Name, stream, cancel) : [];
        return new VendorAnswer(server.Name, head.StatusCode, type ?? "", OpenAiErrors.RetryAfterOf(head), body)
        {
            Headers = head.Headers,
        };
    }

    private static BinaryContent Json<T>(T body, JsonTypeInfo<T> type) =>
        BinaryContent.Create(BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(body, type)));

    /// <summary>For servers that want no key: no header of authentication.</summary>
    private sealed class NoKey : AuthenticationPolicy
    {
        public override void Process(
            PipelineMessage message,
            IReadOnlyList<PipelinePolicy> pipeline,
            int currentIndex
        ) => ProcessNext(message, pipeline, currentIndex);

        public override ValueTask ProcessAsync(
            PipelineMessage message,
            IReadOnlyList<PipelinePolicy> pipeline,
            int currentIndex
        ) => ProcessNextAsync(message, pipeline, currentIndex);
    }
}
