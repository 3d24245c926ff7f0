using Lectern.Providers.Http;

namespace Lectern.Providers.OpenAi;

/// <summary>Speech by <c>POST audio/speech</c>.</summary>
/// <remarks>
/// https://github.com/openai/openai-openapi/blob/main/openapi.yaml, CreateSpeechRequest. WAV is asked for, since OpenAI,
/// Kokoro-FastAPI and Speaches all document it and its header says the rate, which raw samples don't. Its length is open in
/// all three, so a break is seen by the transfer and by <see cref="SpeechCheck"/>. No way to give a pronunciation is
/// documented.
/// </remarks>
public sealed class OpenAiSpeech : ISpeechEngine
{
    private readonly OpenAiServer _server;
    private readonly string _model;
    private readonly OpenAiApi _api;
    private readonly AudioAnswer _audio;

    /// <summary>The speech of a server that has a model for it.</summary>
    public OpenAiSpeech(OpenAiServer server, VendorHttp http, AudioAnswer audio)
    {
        _server = server;
        _model = server.SpeechModel ?? throw new ArgumentException("It has no model of speech.", nameof(server));
        _api = new OpenAiApi(server, http);
        _audio = audio;
        Limits = new EngineLimits(server.Concurrency)
        {
            MaxCharacters = 4_096,
            MinSpeed = 0.25,
            MaxSpeed = 4,
            Formats = ["wav"],
            IsRemote = true,
        };
    }

    /// <inheritdoc/>
    public string Name => _server.Name;

    /// <inheritdoc/>
    public EngineLimits Limits { get; }

    /// <inheritdoc/>
    public async Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel)
    {
        var (unavailable, models) = await OpenAiInspection.LookAsync(_server, _api, key, cancel);
        var voices =
            _server.Dialect == OpenAiDialect.OpenAi
                ? OpenAiVoices.Documented(_server.Name, _model)
                : OpenAiVoices.OfModel(_server, _model, models)
                    ?? (unavailable is null ? await ListAsync(key, cancel) : null)
                    ?? OpenAiVoices.Configured(_server, _model);
        return OpenAiInspection.Of(_server, _model, unavailable, voices);
    }

    /// <inheritdoc/>
    public async Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel)
    {
        var text = Pronunciation.Strip(request.Text);
        if (text.Length > Limits.MaxCharacters)
            throw Refuse($"The text has {text.Length} characters; the limit is {Limits.MaxCharacters}.");
        if (!(request.Speed >= Limits.MinSpeed && request.Speed <= Limits.MaxSpeed))
            throw Refuse("The speed must lie between 0.25 and 4.");

        var body = new SpeechBody(_model, text, request.Voice, "wav")
        {
            Speed = request.Speed == 1 ? null : request.Speed,
            // Kokoro-FastAPI streams unless it is told not to, and OpenAI refuses what it doesn't know.
            Stream = _server.Dialect == OpenAiDialect.OpenAi ? null : false,
        };
        var answer = await _api.SpeakAsync(context.Key, body, cancel);
        return new Speech(await _audio.WavAsync(Name, answer.Body, cancel));
    }

    private async Task<IReadOnlyList<EngineVoice>?> ListAsync(string? key, CancellationToken cancel)
    {
        var answer = await _api.ListVoicesAsync(key, cancel);
        return answer.IsSuccess ? OpenAiVoices.Listed(_server, answer.Json()) : null;
    }

    private ProviderException Refuse(string why) => new(Name, ProviderFailure.BadInput, why);
}
