using Lectern.Providers.Http;

namespace Lectern.Providers.OpenAi;

/// <summary>Images by <c>POST images/generations</c>, as Base64 in the answer: an address in one is never fetched.</summary>
/// <remarks>
/// https://github.com/openai/openai-openapi/blob/main/openapi.yaml, CreateImageRequest. Models named gpt-image-… always
/// answer in Base64 and refuse to be asked for it; dall-e-2, dall-e-3 and other servers' answer with an address unless asked.
/// </remarks>
public sealed class OpenAiImageMaker : IImageMaker
{
    private readonly OpenAiServer _server;
    private readonly string _model;
    private readonly OpenAiApi _api;

    /// <summary>The images of a server that has a model for them.</summary>
    public OpenAiImageMaker(OpenAiServer server, VendorHttp http)
    {
        _server = server;
        _model = server.ImageModel ?? throw new ArgumentException("It has no model of images.", nameof(server));
        _api = new OpenAiApi(server, http);
        Limits = new EngineLimits(server.Concurrency)
        {
            MaxCharacters = _model switch
            {
                "dall-e-2" => 1_000,
                _ when IsGptImage => 32_000,
                _ => 4_000,
            },
            Formats = ["png", "jpeg", "webp"],
            IsRemote = true,
        };
    }

    /// <inheritdoc/>
    public string Name => _server.Name;

    /// <inheritdoc/>
    public EngineLimits Limits { get; }

    private bool IsGptImage => _model.StartsWith("gpt-image", StringComparison.Ordinal);

    /// <inheritdoc/>
    public Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) =>
        OpenAiInspection.InspectAsync(_server, _api, _model, key, cancel);

    /// <inheritdoc/>
    public async Task<MadeImage> MakeAsync(ImageRequest request, CallContext context, CancellationToken cancel)
    {
        if (request.Prompt.Length > Limits.MaxCharacters)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"The description has {request.Prompt.Length} characters; the limit is {Limits.MaxCharacters}."
            );
        var body = new ImageBody(_model, request.Prompt, Size(request.Width, request.Height))
        {
            ResponseFormat = IsGptImage ? null : "b64_json",
        };
        var answer = await _api.MakeImageAsync(context.Key, body, cancel);
        var image = answer.Read(OpenAiJson.Default.ImageAnswer).Data is [{ B64Json: { } text }, ..]
            ? Decoded(text)
            : null;
        return image ?? throw answer.Fail(ProviderFailure.BadAnswer, "It gives no picture in a format that is known.");
    }

    // The one of the model's sizes whose shape is nearest: as a ratio, so that 2:1 is as far from 1:1 as 1:2.
    private string Size(int width, int height)
    {
        (int Width, int Height)[] sizes = _model switch
        {
            "dall-e-2" => [(1024, 1024)],
            "dall-e-3" => [(1024, 1024), (1792, 1024), (1024, 1792)],
            _ => [(1024, 1024), (1536, 1024), (1024, 1536)],
        };
        var shape = Math.Log((double)width / height);
        var (w, h) = sizes.MinBy(size => Math.Abs(Math.Log((double)size.Width / size.Height) - shape));
        return $"{w}x{h}";
    }

    private static MadeImage? Decoded(string base64)
    {
        var bytes = new byte[base64.Length / 4 * 3 + 3];
        return Convert.TryFromBase64String(base64, bytes, out var length)
            ? MadeImage.Recognize(bytes.AsMemory(0, length))
            : null;
    }
}
