using System.Collections.Concurrent;
using Lectern.SharedKernel.Secrets;

namespace Lectern.Accounts.Tokens;

/// <summary>A generation of the signing key, as the database says it.</summary>
/// <param name="Generation">Counts from 1.</param>
/// <param name="Signs">Whether its time to sign has come. The newest that signs is used.</param>
internal sealed record KeyGeneration(int Generation, bool Signs);

/// <summary>
/// The signing keys in force. A new generation is accepted and published everywhere before it signs, and the one before
/// it stays accepted until its last token has expired: so a rotation refuses nobody.
/// </summary>
internal sealed class SigningKeys(MasterKey master)
{
    private readonly ConcurrentDictionary<int, SigningKey> _derived = new();
    private volatile Ring _ring = Ring.Of([new SigningKey(master)], 0);

    /// <summary>The key that signs.</summary>
    public SigningKey Current => _ring.Current;

    /// <summary>Every key whose signatures are accepted.</summary>
    public IReadOnlyList<SigningKey> Accepted => _ring.Accepted;

    /// <summary>The accepted key whose tokens begin with this header.</summary>
    public SigningKey? Find(string header) => _ring.ByHeader.GetValueOrDefault(header);

    /// <summary>Takes over which generations are in force.</summary>
    public void Use(IReadOnlyList<KeyGeneration> generations)
    {
        var known = generations.OrderBy(generation => generation.Generation).ToList();
        var current = known.FindLastIndex(generation => generation.Signs);
        if (current < 0)
            throw new InvalidOperationException("No signing key is in force.");
        _ring = Ring.Of([.. known.Select(generation => Derive(generation.Generation))], current);
    }

    private SigningKey Derive(int generation) =>
        _derived.GetOrAdd(generation, number => new SigningKey(master, number));

    private sealed record Ring(
        SigningKey Current,
        IReadOnlyList<SigningKey> Accepted,
        IReadOnlyDictionary<string, SigningKey> ByHeader
    )
    {
        public static Ring Of(IReadOnlyList<SigningKey> accepted, int current) =>
            new(accepted[current], accepted, accepted.ToDictionary(key => key.Header, StringComparer.Ordinal));
    }
}
