using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Lectern.Voices.Previews;

/// <summary><c>GET /voices/{id}/preview</c>: the voice, as a short WAV file that plays in the browser.</summary>
internal static class PreviewVoiceEndpoint
{
    private const string Wav = "audio/wav";

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/voices/{id}/preview", HandleAsync)
            .WithTags("voices")
            .WithSummary("Hear a voice")
            .AllowAnonymous()
            .Produces<Stream>(StatusCodes.Status200OK, Wav)
            .WithProblems(CommonProblems.NotFound, VoicesProblems.VoiceUnavailable);

    private static async Task<IResult> HandleAsync(
        string id,
        VoiceCatalogue catalogue,
        Caller? caller,
        VoicePreviews previews,
        HttpResponse response,
        CancellationToken cancel
    )
    {
        if (await catalogue.FindAsync(caller?.Workspace, id, cancel) is not { } voice)
            return VoicesProblems.Unknown().AsResult();
        if (voice.Unavailable is { } reason)
            return VoicesProblems.Unavailable(reason).AsResult();
        Stream audio;
        try
        {
            audio = await previews.OpenAsync(voice, caller?.Workspace, cancel);
        }
        catch (ProviderException failure)
        {
            return VoicesProblems.Failed(failure).AsResult();
        }

        response.Headers.Vary = "Authorization";
        response.Headers.CacheControl = caller is null ? "public, max-age=3600" : "private, max-age=3600";
        var disposition = new ContentDispositionHeaderValue("inline");
        disposition.SetHttpFileName($"{voice.Voice.Id}.wav");
        response.Headers.ContentDisposition = disposition.ToString();
        var tag = new EntityTagHeaderValue($"\"{VoicePreviews.TagOf(voice)}\"");
        return TypedResults.Stream(audio, Wav, entityTag: tag, enableRangeProcessing: true);
    }
}
