using Lectern.Providers;

namespace Lectern.Voices.Contracts;

/// <summary>Every engine that this installation knows, usable or not, in the order in which they are listed and preferred.</summary>
/// <param name="All">The engines.</param>
public sealed record EngineSet(IReadOnlyList<IEngine> All)
{
    /// <summary>Those of one ability.</summary>
    public IEnumerable<T> Of<T>()
        where T : IEngine => All.OfType<T>();
}
