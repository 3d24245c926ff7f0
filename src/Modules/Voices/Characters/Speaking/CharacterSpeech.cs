using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Media;
using Lectern.Voices.Characters.Cloning;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Characters.Speaking;

/// <summary>Speaks a text as a character, in whichever way it speaks at present.</summary>
internal sealed class CharacterSpeech(
    EventStore store,
    VoiceCatalogue catalogue,
    IEnumerable<ISpeechEngine> engines,
    EngineKeys keys,
    RecordedCalls calls,
    IBlobStore blobs,
    PitchShift shift
)
{
    /// <summary>The sound, checked; its call is recorded for the workspace.</summary>
    /// <exception cref="ProviderException">The engine isn't available, refused or failed.</exception>
    public async Task<Pcm> SpeakAsync(CharacterVoice character, string text, Guid workspace, CancellationToken cancel)
    {
        var (engine, request, semitones) = await PrepareAsync(character, text, cancel);
        var key = await keys.FindAsync(workspace, engine.Name, cancel);
        var call = ProviderCall.Speech(store.NewId(), engine.Name, character.Id, text) with { Workspace = workspace };
        var spoken = await calls.AskAsync(
            call,
            async patience =>
            {
                var audio = (await engine.SynthesizeAsync(request, new CallContext(key, call.Id), patience)).Audio;
                return SpeechCheck.Inspect(audio, text, request.Speed) is { } defect
                    ? throw new ProviderException(engine.Name, ProviderFailure.BadAnswer, defect.Detail)
                    : audio;
            },
            cancel
        );
        await calls.SucceededAsync(call);
        return await shift.ApplyAsync(spoken, semitones, cancel);
    }

    private async Task<(ISpeechEngine Engine, SpeechRequest Request, double Semitones)> PrepareAsync(
        CharacterVoice character,
        string text,
        CancellationToken cancel
    )
    {
        switch (character.Way)
        {
            case ClonedVoice cloned:
                return (Engine(cloned.Provider), Request(cloned.EngineVoice, Engine(cloned.Provider)), 0);
            case ReferenceVoice reference:
                var sample = await ReadAsync(reference, cancel);
                var parameters = character.Parameters;
                var imitated = Request(character.Id, Engine(reference.Provider)) with
                {
                    Reference = new VoiceReference(
                        sample,
                        "",
                        parameters.Steps,
                        parameters.CrossFade,
                        parameters.RemoveSilences
                    ),
                };
                return (Engine(reference.Provider), imitated, 0);
            case ShiftedVoice { Voice: { } id } shifted:
                var voice = catalogue.FindAvailable(id);
                return (voice.Engine, Request(voice.Voice.EngineName, voice.Engine), shifted.Semitones);
            default:
                throw new ProviderException("catalogue", ProviderFailure.Outage, ShiftedVoice.Mute);
        }

        SpeechRequest Request(string voice, ISpeechEngine engine)
        {
            var speed = Math.Clamp(character.Parameters.Speed, engine.Limits.MinSpeed, engine.Limits.MaxSpeed);
            return new SpeechRequest(text, voice, speed) { Language = character.Language };
        }
    }

    private ISpeechEngine Engine(string provider) =>
        engines.FirstOrDefault(engine => engine.Name == provider)
        ?? throw new ProviderException(provider, ProviderFailure.Outage, "The engine is not configured.");

    private async Task<Pcm> ReadAsync(ReferenceVoice reference, CancellationToken cancel) =>
        await SampleFile.ReadAsync(blobs, reference.SampleBlob, cancel)
        ?? throw new ProviderException(reference.Provider, ProviderFailure.BadInput, "The sample is gone.");
}
