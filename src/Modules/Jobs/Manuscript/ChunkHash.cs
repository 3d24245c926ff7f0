using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lectern.SharedKernel.Secrets;
using Lectern.Voices.Contracts;

namespace Lectern.Jobs.Manuscript;

/// <summary>All but the text that decides how a chunk sounds.</summary>
/// <param name="VoiceId">The voice, unique over all engines.</param>
/// <param name="Model">The engine's model; empty where it has but one.</param>
/// <param name="EngineVersion">Changes when the same input would sound otherwise.</param>
/// <param name="Speed">1 is the voice's own.</param>
/// <param name="LexiconVersion">The pronunciations in force; empty for none.</param>
internal sealed record Rendering(
    string VoiceId,
    string Model,
    string EngineVersion,
    decimal Speed,
    string LexiconVersion
)
{
    /// <summary>As a voice of the catalogue says it.</summary>
    public static Rendering By(CatalogueVoice voice) =>
        new(voice.Voice.Id, "", voice.EngineVersion, (decimal)voice.Speed, LexiconVersion: "");
}

/// <summary>
/// The name under which a chunk's audio is stored: an HMAC, since the plain hash of a sentence can be guessed by whoever
/// guesses the sentence.
/// </summary>
internal static class ChunkHash
{
    /// <summary>
    /// The hashes of a workspace's texts, in hexadecimal. Plain hashes of sentences could be guessed, so each workspace has
    /// a key of its own.
    /// </summary>
    public static string[] Of(MasterKey master, Guid workspace, IEnumerable<string> spoken, Rendering rendering)
    {
        var key = master.Derive($"jobs/chunk-hash/{workspace}", 32);
        var hashes = spoken.Select(text => Convert.ToHexStringLower(Of(key, text, rendering))).ToArray();
        CryptographicOperations.ZeroMemory(key);
        return hashes;
    }

    /// <summary>HMAC-SHA-256 over the fields, each behind its length, so that no two different inputs read the same.</summary>
    /// <param name="key">The workspace's key.</param>
    /// <param name="spoken">What the engine is given.</param>
    /// <param name="rendering">How it is said.</param>
    /// <returns>32 bytes.</returns>
    public static byte[] Of(ReadOnlySpan<byte> key, string spoken, Rendering rendering)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        Append(hash, "lectern.chunk.v1");
        Append(hash, spoken);
        Append(hash, rendering.VoiceId);
        Append(hash, rendering.Model);
        Append(hash, rendering.EngineVersion);
        // 1 and 1.00 are the same speed; a plain ToString keeps their zeros.
        Append(hash, rendering.Speed.ToString("0.############################", CultureInfo.InvariantCulture));
        Append(hash, rendering.LexiconVersion);
        return hash.GetHashAndReset();
    }

    private static void Append(IncrementalHash hash, string field)
    {
        var bytes = Encoding.UTF8.GetBytes(field);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
