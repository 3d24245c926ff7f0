using System.Globalization;
using Lectern.Providers.Http;

namespace Lectern.Providers.ElevenLabs;

/// <summary>Dubbing by ElevenLabs: https://elevenlabs.io/docs/api-reference/dubbing/create.</summary>
public sealed class ElevenLabsDubber(ProviderSettings settings, VendorHttp http) : IDubber
{
    private const long MostBytes = 2L * 1024 * 1024 * 1024;

    private static readonly EngineModel Dubbing = new("dubbing", "Dubbing");

    private readonly ElevenLabsApi _api = new(settings, http);

    /// <inheritdoc/>
    public string Name => ElevenLabsApi.Name;

    /// <inheritdoc/>
    public EngineLimits Limits { get; } =
        new(2)
        {
            // https://elevenlabs.io/docs/capabilities/dubbing: by its API 1 GB and 2.5 hours
            MaxSeconds = 2.5 * 60 * 60,
            MaxBytes = 1024 * 1024 * 1024,
            Formats = ["mp3", "wav", "flac", "ogg", "m4a", "mp4", "mov", "webm"],
            Languages =
            [
                .. "en hi pt zh es fr de ja ar ru ko id it nl tr pl sv fil ms ro uk el cs da fi bg hr sk ta".Split(' '),
            ],
            IsRemote = true,
        };

    /// <inheritdoc/>
    public Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) =>
        _api.InspectAsync(key, Dubbing, cancel);

    /// <inheritdoc/>
    public async Task<string> StartAsync(DubRequest request, CallContext context, CancellationToken cancel)
    {
        var ending = Path.GetExtension(request.FileName).TrimStart('.').ToLowerInvariant();
        if (!Limits.Formats.Contains(ending))
            throw new ProviderException(Name, ProviderFailure.BadInput, "It takes no file with this ending.");
        await using var media = request.Media();
        if (media.CanSeek && media.Length > Limits.MaxBytes)
            throw new ProviderException(Name, ProviderFailure.BadInput, "The recording is larger than 1 GB.");
        var body = new MultipartFormDataContent
        {
            // The name is for the account's owner, who finds the call by it; the file's own might be a person's.
            { new StringContent(context.Call.ToString()), "name" },
            { new StringContent(ElevenLabsApi.Language(request.To)), "target_lang" },
            { new StringContent(request.Speakers.ToString(CultureInfo.InvariantCulture)), "num_speakers" },
            { new StreamContent(media), "file", "recording." + ending },
        };
        if (request.From is { } from)
            body.Add(new StringContent(ElevenLabsApi.Language(from)), "source_lang");
        var answer = await _api.AskAsync(HttpMethod.Post, "dubbing", context.Key, body, cancel);
        return answer.Read(ElevenLabsWire.Default.DubbingStarted).DubbingId is { Length: > 0 } work
            ? work
            : throw answer.Fail(ProviderFailure.BadAnswer, "There is no dubbing in the answer.");
    }

    /// <inheritdoc/>
    public async Task<DubProgress> FollowAsync(string work, CallContext context, CancellationToken cancel)
    {
        var path = $"dubbing/{ElevenLabsApi.Id(work)}";
        var answer = await _api.AskAsync(HttpMethod.Get, path, context.Key, null, cancel);
        return answer.Read(ElevenLabsWire.Default.DubbingAnswer) switch
        {
            { Status: "dubbed" } => new DubProgress(DubState.Done),
            { Status: "dubbing" } => new DubProgress(DubState.Working),
            { Status: "failed" } failed => new DubProgress(DubState.Failed, Reason(failed.Error, context.Key)),
            _ => throw answer.Fail(ProviderFailure.BadAnswer, "There is no known state in the answer."),
        };
    }

    /// <inheritdoc/>
    public Task FetchAsync(string work, string language, Stream target, CallContext context, CancellationToken cancel)
    {
        var path = $"dubbing/{ElevenLabsApi.Id(work)}/audio/{ElevenLabsApi.Id(ElevenLabsApi.Language(language))}";
        return _api.DownloadAsync(path, context.Key, target, MostBytes, IsRecording, cancel);
    }

    // "A streamed MP3 or MP4 file": ID3 or the sync bits of a frame, or a box of type ftyp.
    private static bool IsRecording(ReadOnlyMemory<byte> begin) =>
        begin.Span switch
        {
            [(byte)'I', (byte)'D', (byte)'3', ..] => true,
            [0xFF, >= 0xE0 and < 0xFF, ..] => true,
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => true,
            _ => false,
        };

    // For the log, so without the key should it be in there, and of one line.
    private static string Reason(string? error, string? key)
    {
        var reason = string.IsNullOrWhiteSpace(error) ? "ElevenLabs does not say why." : error;
        if (!string.IsNullOrEmpty(key))
            reason = reason.Replace(key, "***", StringComparison.Ordinal);
        reason = string.Concat(reason.Select(c => char.IsControl(c) ? ' ' : c));
        return reason.Length <= 300 ? reason : reason[..300];
    }
}
