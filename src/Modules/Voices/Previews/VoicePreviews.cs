using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
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
    IHostApplicationLifetime host,
    TimeProvider time
)
{
    private const int AtOnce = 2;
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Lazy<Task>> _rendering = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _failed = new(StringComparer.Ordinal);
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
    /// <exception cref="ProviderException">The engine failed; the next caller tries again.</exception>
    public async Task<Stream> OpenAsync(CatalogueVoice voice, Guid? workspace, CancellationToken cancel)
    {
        if (voice.Voice.Class == EngineVoice.OwnAccountClass)
            return await SpeakAsync(voice, workspace, cancel); // it may be somebody's own voice, and is not kept for others
        var key = $"voice-previews/{TagOf(voice)}.wav";
        if (await blobs.OpenReadAsync(key, cancel) is { } kept)
            return kept;
        if (_failed.TryGetValue(key, out var at) && time.GetElapsedTime(at) < TryAgainAfter)
            throw new ProviderException(
                voice.Engine.Name,
                ProviderFailure.Busy,
                "It failed a moment ago.",
                TryAgainAfter
            );
        var rendering = _rendering.GetOrAdd(key, _ => new Lazy<Task>(() => RenderAsync(voice, workspace, key)));
        await rendering.Value.WaitAsync(cancel);
        return await blobs.OpenReadAsync(key, cancel)
            ?? throw new InvalidOperationException($"The blob {key} was written and is not there.");
    }

    private async Task RenderAsync(CatalogueVoice voice, Guid? workspace, string key)
    {
        try
        {
            await using var wav = await SpeakAsync(voice, workspace, host.ApplicationStopping);
            await blobs.WriteAsync(key, wav, host.ApplicationStopping);
        }
        catch (ProviderException) when (voice.Engine.Limits.IsRemote)
        {
            _failed[key] = time.GetTimestamp(); // anyone may ask, and each answer may cost something
            throw;
        }
        finally
        {
            _rendering.TryRemove(key, out _); // a success is in the blob store
        }
    }

    private async Task<Stream> SpeakAsync(CatalogueVoice voice, Guid? workspace, CancellationToken cancel)
    {
        await _slots.WaitAsync(cancel);
        try
        {
            var text = PreviewText.For(voice.Voice.Language);
            var (call, speech) = await calls.SpeakAsync(voice, text, new CallPurpose(store.NewId(), workspace), cancel);
            await recorded.SucceededAsync(call);
            return new MemoryStream(Wav.Write(speech.Audio));
        }
        finally
        {
            _slots.Release();
        }
    }
}
