using System.Net.Http.Headers;
using Lectern.Providers.Http;
using Lectern.SharedKernel.Media;

namespace Lectern.Providers.OpenAi;

/// <summary>Transcription by <c>POST audio/transcriptions</c>, with times where the model gives them.</summary>
/// <remarks>
/// https://github.com/openai/openai-openapi/blob/main/openapi.yaml, CreateTranscriptionRequest. At most 25 MiB are taken:
/// https://help.openai.com/en/articles/7031512-whisper-api-faq.
/// </remarks>
public sealed class OpenAiTranscriber : ITranscriber
{
    private const long MostBytes = 25 * 1024 * 1024;
    private const int HighestRate = 48_000;
    private const int RoomForForm = 4 * 1024;

    private readonly OpenAiServer _server;
    private readonly string _model;
    private readonly OpenAiApi _api;

    /// <summary>The transcription of a server that has a model for it.</summary>
    public OpenAiTranscriber(OpenAiServer server, VendorHttp http)
    {
        _server = server;
        _model =
            server.TranscriptionModel
            ?? throw new ArgumentException("It has no model of transcription.", nameof(server));
        _api = new OpenAiApi(server, http);
        Limits = new EngineLimits(server.Concurrency)
        {
            MaxBytes = MostBytes,
            MaxSeconds = (MostBytes - RoomForForm) / (2 * HighestRate), // what fits at any rate up to 48 kHz
            Formats = ["wav"],
            GivesTimings = GivesTimes,
            IsRemote = true,
        };
    }

    /// <inheritdoc/>
    public string Name => _server.Name;

    /// <inheritdoc/>
    public EngineLimits Limits { get; }

    // AudioResponseFormat: OpenAI's models named gpt-… answer "json" only, which has no times.
    private bool GivesTimes =>
        _server.Dialect != OpenAiDialect.OpenAi || !_model.StartsWith("gpt-", StringComparison.Ordinal);

    /// <inheritdoc/>
    public Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) =>
        OpenAiInspection.InspectAsync(_server, _api, _model, key, cancel);

    /// <inheritdoc/>
    public async Task<Transcript> TranscribeAsync(
        TranscriptionRequest request,
        CallContext context,
        CancellationToken cancel
    )
    {
        var file = Wav.Write(request.Audio);
        if (file.Length > MostBytes - RoomForForm)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"The recording has {file.Length} bytes as WAV; the limit is {MostBytes}."
            );
        using var form = Form(file, request.Language);
        var answer = await _api.TranscribeAsync(context.Key, _model, form, cancel);
        var heard = answer.Read(OpenAiJson.Default.TranscriptionAnswer);
        var length = request.Audio.Duration;
        return new Transcript(
            heard.Text.Trim(),
            WhisperLanguages.Tag(heard.Language),
            [
                .. (heard.Segments ?? [])
                    .OfType<TranscribedSegment>()
                    .Select(segment => Timed(segment.Text, segment.Start, segment.End, length)),
            ],
            [
                .. (heard.Words ?? [])
                    .OfType<TranscribedWord>()
                    .Select(word => Timed(word.Word, word.Start, word.End, length)),
            ]
        );
    }

    private MultipartFormDataContent Form(byte[] file, string? language)
    {
        var audio = new ByteArrayContent(file);
        audio.Headers.ContentType = new MediaTypeHeaderValue("audio/wav");
        var form = new MultipartFormDataContent
        {
            { audio, "file", "audio.wav" },
            { new StringContent(_model), "model" },
            { new StringContent(GivesTimes ? "verbose_json" : "json"), "response_format" },
        };
        if (GivesTimes)
        {
            form.Add(new StringContent("word"), "timestamp_granularities[]");
            form.Add(new StringContent("segment"), "timestamp_granularities[]");
        }
        if (WhisperLanguages.Code(language) is { } code)
            form.Add(new StringContent(code), "language");
        return form;
    }

    // Whisper can place words behind the end of the recording.
    private static TimedWord Timed(string text, double start, double end, TimeSpan length)
    {
        var from = Within(start);
        var to = Within(end);
        return new TimedWord(text.Trim(), from, to < from ? from : to);

        TimeSpan Within(double seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, length.TotalSeconds));
    }
}
