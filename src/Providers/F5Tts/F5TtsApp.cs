using System.Text.Json;
using Lectern.Providers.Http;

namespace Lectern.Providers.F5Tts;

/// <summary>
/// The Gradio app of F5-TTS, as <c>f5-tts_infer-gradio</c> starts it:
/// https://github.com/SWivid/F5-TTS/blob/main/src/f5_tts/infer/infer_gradio.py, function <c>basic_tts</c>.
/// </summary>
internal sealed class F5TtsApp(ProviderSettings settings, VendorHttp http)
{
    public const string Name = "f5tts";

    private const string Endpoint = "basic_tts";
    private const int Parameters = 9;

    private const string Off =
        "F5-TTS is off. Start its Gradio app (f5-tts_infer-gradio --host 0.0.0.0), set Lectern__Providers__F5TtsUrl to "
        + "its address, such as http://localhost:7860/, and restart.";

    public static readonly EngineModel Model = new("f5-tts", "F5-TTS");

    private readonly Uri? _url = settings.F5TtsUrl is { } url ? ProviderSettings.Folder(url) : null;

    public async Task<EngineInspection> InspectAsync(CancellationToken cancel)
    {
        if (_url is null)
            return Absent(Off);
        try
        {
            var answer = await AskAsync(HttpMethod.Get, "info", null, cancel);
            var endpoints = answer.Read(F5TtsWire.Default.AppInfo).NamedEndpoints;
            return endpoints?.GetValueOrDefault("/" + Endpoint)?.Parameters?.Count == Parameters
                ? new EngineInspection(Model.Id, null, []) { Models = [Model] }
                : Absent(
                    "The app at the address of F5-TTS is not one that is known here. Update F5-TTS (pip install -U f5-tts) "
                        + "and start f5-tts_infer-gradio again."
                );
        }
        catch (ProviderException failed)
        {
            return Absent(
                $"F5-TTS does not answer as it should ({failed.Failure}). Check that f5-tts_infer-gradio runs, and that "
                    + "Lectern__Providers__F5TtsUrl is its address."
            );
        }

        static EngineInspection Absent(string reason) => EngineInspection.Absent(reason) with { Models = [Model] };
    }

    /// <summary>Uploads a WAV file and gives the app's own path of it.</summary>
    public async Task<string> UploadAsync(byte[] wav, CancellationToken cancel)
    {
        var body = new MultipartFormDataContent { { new ByteArrayContent(wav), "files", "reference.wav" } };
        var answer = await AskAsync(HttpMethod.Post, "upload", body, cancel);
        return answer.Read(F5TtsWire.Default.IReadOnlyListString) is [{ Length: > 0 } path]
            ? path
            : throw answer.Fail(ProviderFailure.BadAnswer, "The upload has no path.");
    }

    /// <summary>Speaks and gives the app's path of the WAV file.</summary>
    public async Task<string> SpeakAsync(IReadOnlyList<JsonElement> parameters, CancellationToken cancel)
    {
        var body = VendorHttp.Json(new CallBody(parameters), F5TtsWire.Default.CallBody);
        var started = await AskAsync(HttpMethod.Post, $"call/{Endpoint}", body, cancel);
        var id = started.Read(F5TtsWire.Default.CallStarted).EventId;
        if (id is not { Length: > 0 and <= 64 } || !id.All(char.IsAsciiLetterOrDigit))
            throw started.Fail(ProviderFailure.BadAnswer, "The call has no id.");

        // Whoever leaves this stream takes the call out of the app's queue.
        var ended = await AskAsync(HttpMethod.Get, $"call/{Endpoint}/{id}", null, cancel);
        var outputs = GradioEvents.Complete(ended);
        return
            outputs.ValueKind == JsonValueKind.Array
            && outputs.GetArrayLength() > 0
            && outputs[0] is { ValueKind: JsonValueKind.Object } file
            && file.TryGetProperty("path", out var path)
            && path.ValueKind == JsonValueKind.String
            ? path.GetString()!
            : throw ended.Fail(ProviderFailure.BadAnswer, "There is no audio among the outputs.");
    }

    /// <summary>
    /// A file of the app. The answer also has a whole URL for it, which might lead anywhere and so is never asked.
    /// </summary>
    public async Task<ReadOnlyMemory<byte>> FetchAsync(string path, CancellationToken cancel)
    {
        var steps = path.Split('/');
        if (steps.Any(step => step is "." or ".."))
            throw new ProviderException(Name, ProviderFailure.BadAnswer, "The path of the audio leads elsewhere.");
        var escaped = string.Join('/', steps.Select(Uri.EscapeDataString));
        return (await AskAsync(HttpMethod.Get, "file=" + escaped, null, cancel)).Body;
    }

    private async Task<VendorAnswer> AskAsync(
        HttpMethod method,
        string path,
        HttpContent? body,
        CancellationToken cancel
    )
    {
        if (_url is null)
            throw new ProviderException(Name, ProviderFailure.Outage, Off);
        var request = new HttpRequestMessage(method, new Uri(_url, "gradio_api/" + path)) { Content = body };
        var answer = await http.SendAsync(Name, request, cancel);
        return answer.IsSuccess ? answer : throw answer.FailByStatus();
    }
}
