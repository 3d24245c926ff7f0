using Lectern.Accounts.Contracts;
using Lectern.Providers;
using Microsoft.Extensions.Options;

namespace Lectern.Voices.Characters.Cloning;

/// <summary>With which key an engine is asked on behalf of a workspace: its own, else the platform's.</summary>
internal sealed class EngineKeys(ProviderKeys vault, IOptions<ProviderSettings> platform)
{
    /// <summary>Null when there is none, which is fine for engines that need none.</summary>
    public async Task<string?> FindAsync(Guid workspace, string provider, CancellationToken cancel) =>
        (await vault.FindAsync(workspace, provider, cancel))?.Reveal()
        ?? provider switch
        {
            "elevenlabs" => platform.Value.ElevenLabsKey,
            "openai" => platform.Value.OpenAiKey,
            "inworld" => platform.Value.InworldKey,
            _ => null,
        };
}
