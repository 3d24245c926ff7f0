using System.Security.Cryptography;
using System.Text;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Media;
using Lectern.Voices.Contracts;
using Lectern.Voices.Previews;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Lectern.Voices.Characters.Speaking;

/// <summary>
/// <c>GET /characters/{id}/preview</c>: one sentence, spoken once for each version of how the character speaks and kept
/// among its files, for a clone's sentence costs its owner something.
/// </summary>
internal sealed class CharacterPreviews(
    EventStore store,
    CharacterSpeech characters,
    EngineCalls engines,
    RecordedCalls calls,
    IBlobStore blobs
)
{
    private const string MediaType = "audio/wav";
    private const int AtOnce = 2;

    private readonly SemaphoreSlim _slots = new(AtOnce);

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/characters/{id}/preview", HandleAsync)
            .WithTags("characters")
            .WithSummary("Hear a character")
            .WithDescription(
                "A sentence in its language. Whether it is a clone or a shifted voice, the character says."
            )
            .Produces<Stream>(StatusCodes.Status200OK, MediaType)
            .WithProblems(CommonProblems.NotFound, VoicesProblems.VoiceUnavailable)
            .WithExample();

    private static async Task<IResult> HandleAsync(
        string id,
        HttpContext http,
        Caller caller,
        CharacterVoices voices,
        CharacterPreviews previews,
        CancellationToken cancel
    )
    {
        if (
            !PublicId.TryParse(Character.Prefix, id, out var character)
            || await voices.FindAsync(caller.Workspace, CharacterVoices.IdOf(character), cancel) is not { } voice
        )
            return CharacterProblems.NotThere.AsResult();
        try
        {
            var audio = await previews.OpenAsync(character, voice, caller.Workspace, cancel);
            http.Response.Headers.CacheControl = "private, no-cache";
            var tag = new EntityTagHeaderValue($"\"{voice.Version}\"");
            return TypedResults.Stream(audio, MediaType, entityTag: tag, enableRangeProcessing: true);
        }
        catch (ProviderException failure)
        {
            return VoicesProblems.Failed(failure).AsResult();
        }
    }

    private async Task<Stream> OpenAsync(Guid character, CharacterVoice voice, Guid workspace, CancellationToken cancel)
    {
        // Among the character's files, whoever asks: it is made of somebody's voice, and goes with the character.
        // A service is asked once for each clone, at its natural pace, for nobody pays for previews.
        var name =
            voice.Way is ShiftedVoice
                ? voice.Version
                : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{voice.Way}")));
        var key = $"{CharacterFiles.FolderOf(voice.Owner, character)}/{CharacterFiles.Preview}{name}.wav";
        if (await blobs.OpenReadAsync(key, cancel) is { } kept)
            return kept;
        await _slots.WaitAsync(cancel);
        try
        {
            if (await blobs.OpenReadAsync(key, cancel) is { } made)
                return made;
            var speaker = await characters.AsVoiceAsync(voice, workspace, cancel);
            if (speaker.Unavailable is { } reason)
                throw new ProviderException(speaker.Engine.Name, ProviderFailure.Outage, reason);
            if (speaker.Engine.Limits.IsRemote)
                speaker = speaker with { Speed = 1 };
            var purpose = new CallPurpose(store.NewId(), workspace);
            var (call, spoken) = await engines.SpeakAsync(speaker, PreviewText.For(voice.Language), purpose, cancel);
            await calls.SucceededAsync(call);
            using var wav = new MemoryStream(Wav.Write(spoken.Audio));
            await blobs.WriteAsync(key, wav, cancel);
        }
        finally
        {
            _slots.Release();
        }

        return await blobs.OpenReadAsync(key, cancel)
            ?? throw new InvalidOperationException($"The blob {key} was written and is not there.");
    }
}
