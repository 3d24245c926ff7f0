using Lectern.Providers;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Media;
using Lectern.Voices.Characters.Cloning;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Characters.Speaking;

/// <summary>Makes a voice of a character, in whichever way it speaks at present.</summary>
internal sealed class CharacterSpeech(VoiceCatalogue catalogue, IBlobStore blobs, PitchShift shift)
{
    private const int ReferenceRate = 24_000; // of F5-TTS, which names no voices that would tell

    /// <summary>The character as a voice like any other, for a workspace that may speak as it.</summary>
    public async Task<CatalogueVoice> AsVoiceAsync(CharacterVoice character, Guid workspace, CancellationToken cancel)
    {
        switch (character.Way)
        {
            case ClonedVoice cloned:
                return await ByProviderAsync(cloned.Provider, cloned.EngineVoice);
            case ReferenceVoice reference:
                return await ByProviderAsync(reference.Provider, character.Id) with
                {
                    Reference = stop => ReadAsync(reference, character.Parameters, stop),
                };
            case ShiftedVoice { Voice: { } id } shifted when catalogue.Find(id) is { } voice:
                return By(
                    voice.Engine,
                    voice.Voice with
                    {
                        Description = shifted.Label,
                    },
                    voice.EngineVersion,
                    voice.Unavailable
                ) with
                {
                    Finish = (audio, stop) => shift.ApplyAsync(audio, shifted.Semitones, stop),
                };
            default:
                // None of its language can speak, so it is nobody's voice for now.
                return By(
                    (ISpeechEngine)catalogue.SpeechEngines.First().Engine,
                    new EngineVoice(
                        character.Id,
                        character.Name,
                        "",
                        character.Language,
                        VoiceGender.Neutral,
                        ShiftedVoice.Mute,
                        ReferenceRate
                    ),
                    "",
                    ShiftedVoice.Mute
                );
        }

        async Task<CatalogueVoice> ByProviderAsync(string provider, string engineVoice)
        {
            var known =
                (await catalogue.EnginesAsync(workspace, cancel)).FirstOrDefault(e =>
                    e.Name == provider && e.Engine is ISpeechEngine
                ) ?? throw new ProviderException(provider, ProviderFailure.Outage, "The engine is not configured.");
            var voice = new EngineVoice(
                character.Id,
                character.Name,
                engineVoice,
                character.Language,
                Enum.Parse<VoiceGender>(character.Gender, ignoreCase: true),
                "A clone.",
                known.Found.Voices is [var first, ..] ? first.SampleRate : ReferenceRate,
                await catalogue.IsOwnAccountAsync(workspace, provider, cancel)
                    ? EngineVoice.OwnAccountClass
                    : EngineVoice.StandardClass
            );
            return By((ISpeechEngine)known.Engine, voice, known.Found.Version ?? "", known.Unavailable);
        }

        CatalogueVoice By(ISpeechEngine engine, EngineVoice voice, string version, string? unavailable) =>
            new(
                voice with
                {
                    Id = character.Id,
                    Name = character.Name,
                },
                engine,
                $"{character.Version} {version}",
                unavailable
            )
            {
                Speed = Math.Clamp(character.Parameters.Speed, engine.Limits.MinSpeed, engine.Limits.MaxSpeed),
            };
    }

    private async Task<VoiceReference> ReadAsync(
        ReferenceVoice reference,
        CharacterParameters parameters,
        CancellationToken stop
    ) =>
        await SampleFile.ReadAsync(blobs, reference.SampleBlob, stop) is { } sample
            ? new VoiceReference(sample, "", parameters.Steps, parameters.CrossFade, parameters.RemoveSilences)
            : throw new ProviderException(reference.Provider, ProviderFailure.BadInput, "The sample is gone.");
}
