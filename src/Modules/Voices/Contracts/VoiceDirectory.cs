using Lectern.Providers;
using Lectern.Voices.Characters.Speaking;

namespace Lectern.Voices.Contracts;

/// <summary>Every voice that a workspace can speak with: those of the catalogue, and characters, its own or public.</summary>
public sealed class VoiceDirectory
{
    private readonly VoiceCatalogue _catalogue;
    private readonly CharacterVoices _characters;
    private readonly CharacterSpeech _speech;

    internal VoiceDirectory(VoiceCatalogue catalogue, CharacterVoices characters, CharacterSpeech speech) =>
        (_catalogue, _characters, _speech) = (catalogue, characters, speech);

    /// <summary>The voice for somebody who doesn't choose; null when none is available.</summary>
    public CatalogueVoice? Default() => _catalogue.Default();

    /// <summary>A voice by its id, available or not; null when there is none that the workspace can see.</summary>
    /// <param name="workspace">Who wants to speak.</param>
    /// <param name="id">The voice's id.</param>
    /// <param name="cancel">Ends the wait, which is for a provider that was not asked before.</param>
    public async Task<CatalogueVoice?> FindAsync(Guid workspace, string id, CancellationToken cancel) =>
        !CharacterVoices.IsCharacter(id) ? await _catalogue.FindAsync(workspace, id, cancel)
        : await _characters.FindAsync(workspace, id, cancel) is { } character
            ? await _speech.AsVoiceAsync(character, workspace, cancel)
        : null;

    /// <summary>A voice that must be usable now.</summary>
    /// <exception cref="ProviderException">There is no such voice any more, or its engine isn't available.</exception>
    public async Task<CatalogueVoice> FindAvailableAsync(Guid workspace, string id, CancellationToken cancel) =>
        await FindAsync(workspace, id, cancel) switch
        {
            { Unavailable: null } voice => voice,
            { } voice => throw new ProviderException(voice.Engine.Name, ProviderFailure.Outage, voice.Unavailable),
            null => throw Unknown(id),
        };

    /// <summary>That there is no such voice.</summary>
    public static ProviderException Unknown(string id) =>
        new(VoiceCatalogue.EngineOf(id), ProviderFailure.BadInput, $"There is no voice {id}.");

    /// <summary>Whether a service speaks with this voice, so that its calls wait and keep no processor busy.</summary>
    public async Task<bool> IsRemoteAsync(Guid workspace, string id, CancellationToken cancel) =>
        CharacterVoices.IsCharacter(id)
            ? await FindAsync(workspace, id, cancel) is { Engine.Limits.IsRemote: true }
            : _catalogue.IsRemote(id);
}
