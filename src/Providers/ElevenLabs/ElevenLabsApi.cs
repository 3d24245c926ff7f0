using Lectern.Providers.Http;

namespace Lectern.Providers.ElevenLabs;

/// <summary>How ElevenLabs is asked, whatever for.</summary>
internal sealed class ElevenLabsApi(ProviderSettings settings, VendorHttp http)
{
    public const string Name = "elevenlabs";

    public const string NoKey =
        "There is no key of ElevenLabs. Set Lectern__Providers__ElevenLabsKey and restart, or add one to the "
        + "workspace's vault.";

    public const string RefusedKey =
        "ElevenLabs refuses the key. Check it, and what it is allowed to do, in ElevenLabs' settings, then replace it.";

    private readonly Uri _url = ProviderSettings.Folder(settings.ElevenLabsUrl);

    /// <summary>Asks; the path is relative to version 1 of the API.</summary>
    /// <exception cref="ProviderException">Whatever is no success.</exception>
    public async Task<VendorAnswer> AskAsync(
        HttpMethod method,
        string path,
        string? key,
        HttpContent? body,
        CancellationToken cancel
    ) => Succeeded(await SendAsync(method, path, key, body, cancel));

    /// <summary>Asks, and gives the answer whatever its status.</summary>
    public Task<VendorAnswer> SendAsync(
        HttpMethod method,
        string path,
        string? key,
        HttpContent? body,
        CancellationToken cancel
    ) => http.SendAsync(Name, Request(method, path, key, body), cancel);

    /// <summary>Asks for a file.</summary>
    /// <exception cref="ProviderException">Whatever is no success, or no such file.</exception>
    public async Task DownloadAsync(
        string path,
        string? key,
        Stream target,
        long mostBytes,
        Func<ReadOnlyMemory<byte>, bool> isFormat,
        CancellationToken cancel
    ) =>
        Succeeded(
            await http.DownloadAsync(
                Name,
                Request(HttpMethod.Get, path, key, null),
                target,
                mostBytes,
                isFormat,
                cancel
            )
        );

    /// <summary>Whether the key is good, for abilities that have nothing to list.</summary>
    public async Task<EngineInspection> InspectAsync(string? key, EngineModel model, CancellationToken cancel)
    {
        if (key is null)
            return Absent(NoKey);
        var answer = await SendAsync(HttpMethod.Get, "user", key, null, cancel);
        // A key that may not read the account says nothing about what it is meant for.
        if (!answer.IsSuccess && !ElevenLabsFailures.IsLimitedKey(answer))
        {
            var failed = ElevenLabsFailures.Of(answer);
            return failed.Failure == ProviderFailure.KeyRefused ? Absent(RefusedKey) : throw failed;
        }
        return new EngineInspection($"{Name}-{model.Id}", null, []) { Models = [model] };

        EngineInspection Absent(string reason) => EngineInspection.Absent(reason) with { Models = [model] };
    }

    /// <summary>An id of ElevenLabs, such as <c>JBFqnCBsd6RMkjVDRZzb</c>, that is safe in a path.</summary>
    /// <exception cref="ProviderException">It can't be one.</exception>
    public static string Id(string id) =>
        id.Length is > 0 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
            ? id
            : throw new ProviderException(Name, ProviderFailure.BadInput, "There is nothing of this id.");

    /// <summary>ISO 639-1 or -3, of a BCP-47 tag.</summary>
    public static string Language(string tag) => tag.Split('-', 2)[0].ToLowerInvariant();

    private HttpRequestMessage Request(HttpMethod method, string path, string? key, HttpContent? body)
    {
        if (key is null)
            throw new ProviderException(Name, ProviderFailure.KeyRefused, NoKey);
        var request = new HttpRequestMessage(method, new Uri(_url, path)) { Content = body };
        request.Headers.TryAddWithoutValidation("xi-api-key", key);
        return request;
    }

    private static VendorAnswer Succeeded(VendorAnswer answer) =>
        answer.IsSuccess ? answer : throw ElevenLabsFailures.Of(answer);
}
