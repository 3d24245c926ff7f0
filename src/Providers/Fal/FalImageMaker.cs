using System.Buffers.Text;
using Lectern.Providers.Http;

namespace Lectern.Providers.Fal;

/// <summary>
/// Pictures by a model at fal, through its queue: https://docs.fal.ai/model-apis/model-endpoints/queue. It has no
/// idempotency key. The picture comes within the answer, so no address that it names is ever fetched.
/// </summary>
public sealed class FalImageMaker(ProviderSettings settings, VendorHttp http, TimeProvider time) : IImageMaker
{
    private const string NoKey =
        "There is no key of fal. Set Lectern__Providers__FalKey and restart, or add one to the workspace's vault.";

    private const string RefusedKey = "fal refuses the key. Check it in fal's dashboard, then replace it.";

    private static readonly TimeSpan FirstInterval = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PatienceToCancel = TimeSpan.FromSeconds(3);

    private readonly FalQueue _queue = new(ProviderSettings.Folder(settings.FalQueueUrl), settings.FalImageModel);
    private readonly Uri _platform = ProviderSettings.Folder(settings.FalUrl);
    private readonly EngineModel _model = new(settings.FalImageModel, settings.FalImageModel);

    /// <inheritdoc/>
    public string Name => "fal";

    /// <inheritdoc/>
    public EngineLimits Limits { get; } =
        new(2) // what a new account has
        {
            MaxCharacters = 2_000,
            Formats = ["jpg", "png"],
            IsRemote = true,
        };

    /// <inheritdoc/>
    public async Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel)
    {
        if (key is null)
            return Absent(NoKey);
        // https://docs.fal.ai/platform-apis/v1/models/pricing
        var path = "models/pricing?endpoint_id=" + Uri.EscapeDataString(_model.Id);
        var answer = await SendAsync(HttpMethod.Get, new Uri(_platform, path), key, null, cancel);
        if (answer.IsSuccess)
            return new EngineInspection($"{Name}-{_model.Id}", null, []) { Models = [_model] };
        if ((int)answer.Status == 404)
            return Absent($"fal has no model {_model.Id}. Set Lectern__Providers__FalImageModel and restart.");
        var failed = FalFailures.Of(answer);
        return failed.Failure == ProviderFailure.KeyRefused ? Absent(RefusedKey) : throw failed;

        EngineInspection Absent(string reason) => EngineInspection.Absent(reason) with { Models = [_model] };
    }

    /// <inheritdoc/>
    public async Task<MadeImage> MakeAsync(ImageRequest request, CallContext context, CancellationToken cancel)
    {
        if (request.Prompt.Length > Limits.MaxCharacters)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"The description has {request.Prompt.Length} characters; the limit is {Limits.MaxCharacters}."
            );
        var body = new ImageBody(request.Prompt, new ImageSize(request.Width, request.Height)) { Seed = request.Seed };
        var queued = await AskAsync(
            HttpMethod.Post,
            _queue.Submit,
            context.Key,
            VendorHttp.Json(body, FalWire.Default.ImageBody),
            cancel
        );
        var work = _queue.Of(queued);
        try
        {
            await WaitAsync(work, context.Key, cancel);
            return Picture(await AskAsync(HttpMethod.Get, work.Response, context.Key, null, cancel));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await CancelAsync(work, context.Key);
            throw;
        }
    }

    private async Task WaitAsync(FalWork work, string? key, CancellationToken cancel)
    {
        for (var interval = FirstInterval; ; interval = Longer(interval))
        {
            var answer = await AskAsync(HttpMethod.Get, work.Status, key, null, cancel);
            switch (answer.Read(FalWire.Default.StatusAnswer).Status)
            {
                case "COMPLETED": // well or ill: the response says
                    return;
                case "IN_QUEUE" or "IN_PROGRESS":
                    await Task.Delay(interval, time, cancel);
                    break;
                default:
                    throw answer.Fail(ProviderFailure.BadAnswer, "There is no known state in the answer.");
            }
        }
    }

    /// <summary>So that nobody pays for what nobody waits for. If it fails, the work is done in vain.</summary>
    private async Task CancelAsync(FalWork work, string? key)
    {
        using var patience = new CancellationTokenSource(PatienceToCancel, time);
        try
        {
            await SendAsync(HttpMethod.Put, work.Cancel, key, null, patience.Token);
        }
        catch (Exception failed) when (failed is ProviderException or OperationCanceledException)
        {
            // The caller hears of its own cancellation.
        }
    }

    private static MadeImage Picture(VendorAnswer answer)
    {
        var made = answer.Read(FalWire.Default.ImagesAnswer);
        // The safety checker paints such a picture black.
        if (made.HasNsfwConcepts is [true, ..])
            throw answer.Fail(ProviderFailure.ContentRefused, "Its safety checker withholds the picture.");
        if (made.Images is not [{ Url: { } url }, ..])
            throw answer.Fail(ProviderFailure.BadAnswer, "There is no picture in the answer.");
        return Decoded(url) is { } image && MadeImage.Recognize(image) is { IsWhole: true } picture
            ? picture
            : throw answer.Fail(
                ProviderFailure.BadAnswer,
                "The picture is not within the answer, or not whole; the model must know sync_mode."
            );
    }

    // A data URI of RFC 2397: data:image/jpeg;base64,…
    private static byte[]? Decoded(string url)
    {
        const string mark = ";base64,";
        var start = url.IndexOf(mark, StringComparison.Ordinal);
        if (!url.StartsWith("data:image/", StringComparison.Ordinal) || start < 0)
            return null;
        var encoded = url.AsSpan(start + mark.Length);
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(encoded.Length)];
        return Convert.TryFromBase64Chars(encoded, bytes, out var length) ? bytes[..length] : null;
    }

    private async Task<VendorAnswer> AskAsync(
        HttpMethod method,
        Uri url,
        string? key,
        HttpContent? body,
        CancellationToken cancel
    )
    {
        var answer = await SendAsync(method, url, key, body, cancel);
        return answer.IsSuccess ? answer : throw FalFailures.Of(answer);
    }

    private Task<VendorAnswer> SendAsync(
        HttpMethod method,
        Uri url,
        string? key,
        HttpContent? body,
        CancellationToken cancel
    )
    {
        if (key is null)
            throw new ProviderException(Name, ProviderFailure.KeyRefused, NoKey);
        var request = new HttpRequestMessage(method, url) { Content = body };
        request.Headers.TryAddWithoutValidation("Authorization", "Key " + key);
        return http.SendAsync(Name, request, cancel);
    }

    private static TimeSpan Longer(TimeSpan interval) =>
        interval * 1.5 < LongestInterval ? interval * 1.5 : LongestInterval;
}
