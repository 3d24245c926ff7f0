namespace Lectern.Providers;

/// <summary>Makes a recording speak another language. It takes minutes, so it is started, then asked about.</summary>
public interface IDubber : IEngine
{
    /// <inheritdoc/>
    Ability IEngine.Ability => Ability.Dubbing;

    /// <summary>Starts, and gives the provider's name of the work.</summary>
    /// <exception cref="ProviderException">The engine refused or failed; it says how and what to do.</exception>
    Task<string> StartAsync(DubRequest request, CallContext context, CancellationToken cancel);

    /// <summary>How far it is.</summary>
    /// <exception cref="ProviderException">There is no such work, or the engine failed.</exception>
    Task<DubProgress> FollowAsync(string work, CallContext context, CancellationToken cancel);

    /// <summary>Writes the finished recording.</summary>
    /// <exception cref="ProviderException">It is not finished, or the engine failed.</exception>
    Task FetchAsync(string work, string language, Stream target, CallContext context, CancellationToken cancel);
}

/// <summary>A recording to dub.</summary>
/// <param name="Media">Opens the file, from its beginning each time.</param>
/// <param name="FileName">With an ending that tells the format.</param>
/// <param name="From">BCP-47 tag; null when nobody knows.</param>
/// <param name="To">BCP-47 tag.</param>
/// <param name="Speakers">How many people speak; 0 when nobody knows.</param>
public sealed record DubRequest(Func<Stream> Media, string FileName, string? From, string To, int Speakers = 0);

/// <summary>How far a dubbing is.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Failure">What the provider says went wrong, for the log; null unless it failed.</param>
public sealed record DubProgress(DubState State, string? Failure = null);

/// <summary>Where a dubbing stands.</summary>
public enum DubState
{
    /// <summary>At work.</summary>
    Working,

    /// <summary>Finished.</summary>
    Done,

    /// <summary>Never to be finished.</summary>
    Failed,
}
