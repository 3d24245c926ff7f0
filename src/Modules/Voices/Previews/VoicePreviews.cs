using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Media;
using Lectern.Voices.Contracts;
using Microsoft.Extensions.Hosting;

namespace Lectern.Voices.Previews;

/// <summary>
/// A sentence of each voice, spoken once per version of its engine and kept as a blob. Anyone may ask, so an engine
/// speaks once for all who ask at the same time, and few voices are rendered at once.
/// </summary>
internal sealed class VoicePreviews(
    EventStore store,
    EngineCalls calls,
    RecordedCalls recorded,
    IBlobStore blobs,
    IHostApplicationLifetime host
)
{
    private const int AtOnce = 2;

    private readonly ConcurrentDictionary<string, Lazy<Task>> _rendering = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _slots = new(AtOnce);

    /// <summary>Names the audio: another version of the engine, voice or text gives another tag.</summary>
    public static string TagOf(CatalogueVoice voice)
    {
        var spoken = string.Join('\n', voice.Voice.Id, voice.EngineVersion, PreviewText.For(voice.Voice.Language));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(spoken)));
    }

    /// <summary>The WAV file, rendered if it is not there yet.</summary>
    /// <param name="voice">A voice that is available.</param>
    /// <param name="workspace">By whose key, where it has one; null for nobody's.</param>
    /// <param name="cancel">Ends this caller's wait; the rendering goes on for the others.</param>
    /// <exception cref="Lectern.Providers.ProviderException">The engine failed; the next caller tries again.</exception>
    public async Task<Stream> OpenAsync(CatalogueVoice voice, Guid? workspace, CancellationToken cancel)
    {
        var key = $"voice-previews/{TagOf(voice)}.wav";
        if (await blobs.OpenReadAsync(key, cancel) is { } kept)
            return kept;
        var rendering = _rendering.GetOrAdd(key, _ => new Lazy<Task>(() => RenderAsync(voice, workspace, key)));
        await rendering.Value.WaitAsync(cancel);
        return await blobs.OpenReadAsync(key, cancel)
            ?? throw new InvalidOperationException($"The blob {key} was written and is not there.");
    }

    private async Task RenderAsync(CatalogueVoice voice, Guid? workspace, string key)
    {
        try
        {
            await _slots.WaitAsync(host.ApplicationStopping);
            try
            {
                var text = PreviewText.For(voice.Voice.Language);
                var purpose = new CallPurpose(store.NewId(), workspace);
                var (call, speech) = await calls.SpeakAsync(voice, text, purpose, host.ApplicationStopping);
                await recorded.SucceededAsync(call);
                using var wav = new MemoryStream(Wav.Write(speech.Audio));
                await blobs.WriteAsync(key, wav, host.ApplicationStopping);
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            _rendering.TryRemove(key, out _); // a failure is not remembered, and a success is in the blob store
        }
    }
}
