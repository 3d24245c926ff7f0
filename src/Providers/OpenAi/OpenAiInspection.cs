using System.Text.Json;

namespace Lectern.Providers.OpenAi;

/// <summary>Whether a server can be used, found out by the list of its models, which costs nothing.</summary>
internal static class OpenAiInspection
{
    /// <summary>Why it can't be used, or null; and the list of its models, where it gives one.</summary>
    /// <exception cref="ProviderException">It could not be asked, so nothing new is known.</exception>
    public static async Task<(string? Unavailable, JsonElement? Models)> LookAsync(
        OpenAiServer server,
        OpenAiApi api,
        string? key,
        CancellationToken cancel
    )
    {
        if (key is null && server.NeedsKey)
            return ($"There is no key of {server.Title}. {server.HowToGetKey}", null);
        try
        {
            var answer = await api.ListModelsAsync(key, cancel);
            if (answer.Says(OpenAiErrors.LimitedKey))
                return (null, null); // to speech, say: it is good then, and may only not list models
            if (answer.Says("unsupported_country_region_territory", "User location is not supported"))
                return ($"{server.Title} does not serve the region of this installation.", null);
            return OpenAiErrors.Find(server, answer) is { } refused
                ? (Reason(server, refused), null)
                : (null, answer.Json());
        }
        catch (ProviderException unreached)
        {
            return (Reason(server, unreached), null);
        }
    }

    /// <summary>What is known of an engine with one model, whether it can be used or not.</summary>
    public static async Task<EngineInspection> InspectAsync(
        OpenAiServer server,
        OpenAiApi api,
        string model,
        string? key,
        CancellationToken cancel
    )
    {
        var (unavailable, _) = await LookAsync(server, api, key, cancel);
        return Of(server, model, unavailable, []);
    }

    public static EngineInspection Of(
        OpenAiServer server,
        string model,
        string? unavailable,
        IReadOnlyList<EngineVoice> voices
    ) =>
        new(unavailable is null ? $"{server.Name}-{model}" : null, unavailable, voices)
        {
            Models = [new EngineModel(model, model)],
        };

    /// <summary>The reason for people; null when the server works all the same; thrown on when nothing is known.</summary>
    private static string? Reason(OpenAiServer server, ProviderException failed) =>
        failed.Failure switch
        {
            ProviderFailure.KeyRefused => $"{server.Title} refuses the key. {server.HowToGetKey}",
            ProviderFailure.QuotaExhausted => $"The account at {server.Title} is used up. {failed.Remedy}",
            // Anyone may read this, so the address, which may be an inner one, isn't told.
            ProviderFailure.Outage when IsNotThere(server, failed) =>
                $"The server {server.Title} does not answer. Start it, or check Lectern__Providers__Compatible__{server.Name}__Url.",
            // There, but without this function of the API: what it is used for may work.
            ProviderFailure.BadInput when server.Dialect == OpenAiDialect.Compatible => null,
            _ => throw new ProviderException(
                server.Name,
                failed.Failure,
                "Its models can't be listed, so nothing new is known of it.",
                failed.RetryAfter,
                failed
            ),
        };

    private static bool IsNotThere(OpenAiServer server, ProviderException failed) =>
        server.Dialect == OpenAiDialect.Compatible
        && failed.InnerException is HttpRequestException or OperationCanceledException;
}
