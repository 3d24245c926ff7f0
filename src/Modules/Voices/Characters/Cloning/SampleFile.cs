using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Media;

namespace Lectern.Voices.Characters.Cloning;

/// <summary>A character's stored sample.</summary>
internal static class SampleFile
{
    /// <summary>Its sound; null when the file is gone.</summary>
    public static async Task<Pcm?> ReadAsync(IBlobStore blobs, string blob, CancellationToken cancel)
    {
        if (await blobs.OpenReadAsync(blob, cancel) is not { } file)
            return null;
        await using var content = file;
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancel);
        return Wav.Read(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)).Audio;
    }
}
