using System.Text.Json;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Characters.Samples;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Lectern.Voices.Characters;

/// <summary>The parts of the form, for the API's description; images are <c>image-happy</c> and so on.</summary>
internal sealed record CreateCharacterForm(
    string Name,
    IFormFile Sample,
    string? Description,
    string? Language,
    string? Gender,
    string? Visibility,
    double? Speed,
    int? Steps,
    double? CrossFade,
    bool? RemoveSilences,
    string? ConsentStatement,
    string? ConsentBy,
    IFormFile? Image
);

/// <summary>The answer to a new character.</summary>
/// <param name="Id">Its id.</param>
/// <param name="VoiceId">Name it as a voice.</param>
/// <param name="Name">Its name.</param>
/// <param name="Visibility">Who may see it.</param>
/// <param name="Sample">What was heard in the sample.</param>
/// <param name="Expressions">Of which there are images.</param>
/// <param name="Links">Where to go from here.</param>
internal sealed record CharacterMade(
    string Id,
    string VoiceId,
    string Name,
    CharacterVisibility Visibility,
    SampleView Sample,
    IReadOnlyList<string> Expressions,
    CharacterLinks Links
);

/// <summary><c>POST /characters</c>.</summary>
internal static class CreateCharacterEndpoint
{
    private const string Route = "POST /characters";

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/characters", HandleAsync)
            .WithName("CreateCharacter")
            .WithTags("characters")
            .WithSummary("Make a character of a voice sample")
            .WithDescription(
                "A multipart form: name, sample (WAV, MP3, FLAC, Ogg or M4A), image-<expression> for each image (image alone is the neutral one), and the optional description, language, gender, visibility, speed, steps, crossFade, removeSilences. With consentStatement and consentBy (self or permitted) the voice is cloned where a provider can; without, it speaks with a catalogue voice shifted towards the sample's pitch. With an Idempotency-Key the same form makes one character."
            )
            .Accepts<CreateCharacterForm>("multipart/form-data")
            .Produces<CharacterMade>(StatusCodes.Status201Created)
            .WithProblems(CommonProblems.InvalidValues, CommonProblems.TooLarge, CommonProblems.UnsupportedMediaType)
            .WithProblems(Idempotency.KeyMissing, Idempotency.KeyReused, Idempotency.InFlight)
            .WithProblems([CharacterProblems.UnusableImage, .. SampleProblems.All])
            .WithExample(
                response: new CharacterMade(
                    CharacterView.Example.Id,
                    CharacterView.Example.VoiceId,
                    CharacterView.Example.Name,
                    CharacterVisibility.Private,
                    CharacterView.Example.Sample,
                    ["neutral", "happy"],
                    CharacterView.Example.Links
                )
            );

    private static async Task<IResult> HandleAsync(
        HttpContext http,
        Caller caller,
        EventStore store,
        IBlobStore blobs,
        SampleReader samples,
        CharacterPictures pictures,
        IOptions<CharactersSettings> settings,
        CancellationToken cancel
    )
    {
        var (form, unreadable) = await CharacterForm.ReadAsync(
            http,
            settings.Value,
            CharacterRequest.Fields,
            withSample: true,
            cancel
        );
        if (form is null)
            return unreadable!.AsResult();
        using var reading = form;
        await using var session = store.OpenSession(caller);
        var (answer, answered) = await RecallAsync(http, form, session.Context, store, cancel);
        if (answered is not null)
            return answered;
        var (request, refusal) = CharacterRequest.Of(form.Fields);
        if (request is null)
            return refusal!.AsResult();
        if (form.Sample is null)
            return CharacterForm.Invalid(CharacterForm.SamplePart, "is missing").AsResult();
        var (sample, unusable) = await samples.ReadAsync(form.Sample, cancel);
        if (sample is null)
            return unusable!.AsResult();
        var (images, unusableImage) = await pictures.MakeAsync(form, cancel);
        if (unusableImage is not null)
            return unusableImage.AsResult();

        var id = store.NewId();
        var files = new CharacterFiles(blobs, caller.Workspace, id, store);
        var made = await MakeAsync(session, files, id, caller.Person, request, sample, images, cancel);
        http.Response.Headers.ETag = VersionTag.Of(made.Events);
        if (answer is null)
        {
            await session.SaveChangesAsync(cancel);
            return TypedResults.Created(made.Answer.Links.Self, made.Answer);
        }

        var said = await Idempotency.SaveAsync(
            session,
            answer with
            {
                Location = made.Answer.Links.Self,
                Body = JsonSerializer.SerializeToUtf8Bytes(made.Answer, StrictJson.Options),
            },
            store,
            cancel
        );
        if (!session.Saved) // a twin was first
            await files.DropAsync();
        return said;
    }

    /// <summary>What to record the answer under, if the client wants that; and the answer, if there is one already.</summary>
    private static async Task<(IdempotentAnswer? Request, IResult? Earlier)> RecallAsync(
        HttpContext http,
        CharacterForm form,
        SessionContext context,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (!http.Request.Headers.ContainsKey(Idempotency.Header))
            return (null, null);
        var (key, unusable) = Idempotency.ReadKey(http);
        if (unusable is not null)
            return (null, unusable.AsResult());
        var request = new IdempotentAnswer(Route, key, form.Fingerprint, StatusCodes.Status201Created, null, []);
        return (request, await Idempotency.ReplayAsync(store, context, request, cancel));
    }

    private static async Task<(CharacterMade Answer, int Events)> MakeAsync(
        Session session,
        CharacterFiles files,
        Guid id,
        Guid person,
        CharacterRequest request,
        CheckedSample sample,
        IReadOnlyList<NewImage> images,
        CancellationToken cancel
    )
    {
        var audio = await files.WriteSampleAsync(sample.Audio, cancel);
        var stored = new List<StoredImage>();
        foreach (var image in images)
            stored.Add(await files.WriteImageAsync(image, cancel));

        session.Execute(
            "insert into voices.characters (id, workspace_id, name, description) values ($1, $2, $3, $4)",
            id,
            session.Context.Workspace,
            request.Name,
            request.Description
        );
        SampleView.Save(session, id, audio, sample.Description);
        var events = new List<object>
        {
            new CharacterCreated(
                request.Language,
                request.Gender,
                audio.Sha256,
                sample.Description.DurationMs,
                request.Parameters
            ),
        };
        foreach (var image in stored)
        {
            image.Save(session, id);
            events.Add(new CharacterPictured(image.Png.Sha256));
        }

        if (request.Visibility == CharacterVisibility.Public)
            events.Add(new CharacterPublished());
        if (request.Consent is { } consent)
            events.Add(Consents.Give(session, id, person, consent, audio.Sha256));
        session.StartStream<Character>(id, [.. events]);
        var answer = new CharacterMade(
            PublicId.Format(Character.Prefix, id),
            CharacterVoices.IdOf(id),
            request.Name,
            request.Visibility,
            SampleView.Of(sample.Description),
            [.. stored.Select(image => image.Expression)],
            CharacterLinks.Of(id)
        );
        return (answer, events.Count);
    }
}
