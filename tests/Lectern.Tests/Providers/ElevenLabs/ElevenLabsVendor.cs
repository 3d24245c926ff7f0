using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Lectern.Providers;
using Lectern.Providers.Http;
using Lectern.SharedKernel.Media;
using Lectern.Tests.Jobs.Audio;

namespace Lectern.Tests.Providers.ElevenLabs;

/// <summary>
/// ElevenLabs' answers: the shapes of https://api.elevenlabs.io/openapi.json, as its own client has them
/// (https://github.com/elevenlabs/elevenlabs-python/tree/main/src/elevenlabs/types).
/// </summary>
internal static class ElevenLabsVendor
{
    public static VendorHttp Http { get; } = new();

    public static ProviderSettings At(Uri vendor, string? model = null)
    {
        var settings = new ProviderSettings { ElevenLabsUrl = vendor };
        if (model is not null)
            settings.ElevenLabsSpeechModel = model;
        return settings;
    }

    /// <summary>AudioWithTimestampsResponse: every character lasts a tenth of a second.</summary>
    public static byte[] Spoken(string text, double audioSeconds)
    {
        var audio = Sound.Tone(audioSeconds, 8_000, 24_000);
        return Encoding.UTF8.GetBytes(
            JsonSerializer.Serialize(
                new
                {
                    audio_base64 = Convert.ToBase64String(MemoryMarshal.AsBytes(audio.Samples.Span)),
                    alignment = new
                    {
                        characters = text.Select(c => c.ToString()),
                        character_start_times_seconds = text.Select((_, i) => i / 10.0),
                        character_end_times_seconds = text.Select((_, i) => (i + 1) / 10.0),
                    },
                    normalized_alignment = (object?)null,
                }
            )
        );
    }

    public static Pcm Sample { get; } = Sound.Tone(2, 8_000, 16_000);
}
