namespace Lectern.Providers;

/// <summary>How a provider failed: what decides whether to try again, and what to tell whom.</summary>
public enum ProviderFailure
{
    /// <summary>The account's paid volume is used up.</summary>
    QuotaExhausted,

    /// <summary>The key is absent, wrong or revoked.</summary>
    KeyRefused,

    /// <summary>Too many requests; it says when to come back.</summary>
    RateLimited,

    /// <summary>It is there but has no capacity now.</summary>
    Busy,

    /// <summary>It refuses this content.</summary>
    ContentRefused,

    /// <summary>It can't take this request: unknown voice, text too long.</summary>
    BadInput,

    /// <summary>It is not reachable, not installed, or broken.</summary>
    Outage,

    /// <summary>It answered, but not with what was asked for: unusable audio, broken JSON, another format.</summary>
    BadAnswer,

    /// <summary>The connection or the wait ended before the answer; the work may have been done and billed.</summary>
    UnknownOutcome,
}

/// <summary>A provider refused or failed. Broken outside infrastructure, so an exception and not a returned value.</summary>
public sealed class ProviderException : Exception
{
    /// <summary>Describes the failure.</summary>
    public ProviderException(
        string provider,
        ProviderFailure failure,
        string detail,
        TimeSpan? retryAfter = null,
        Exception? inner = null
    )
        : base($"{provider}: {detail}", inner)
    {
        Provider = provider;
        Failure = failure;
        RetryAfter = retryAfter;
    }

    /// <summary>The engine's name.</summary>
    public string Provider { get; }

    /// <summary>How it failed.</summary>
    public ProviderFailure Failure { get; }

    /// <summary>When the provider wants to be asked again, if it said so.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Whether it says nothing of other requests with the same key: they may go well.</summary>
    public bool ConcernsThisRequestOnly { get; init; }

    /// <summary>Whether it has been so for longer than anyone would wait; for the caller, who remembers, to say.</summary>
    public bool IsLasting { get; set; }

    /// <summary>
    /// Whether the provider only has enough to do: it is asked again after <see cref="RetryAfter"/>, and that is no try.
    /// </summary>
    public bool IsPassing => Failure is ProviderFailure.RateLimited or ProviderFailure.Busy && !IsLasting;

    /// <summary>Whether the same request may succeed later without anyone changing anything.</summary>
    public bool IsTransient =>
        Failure
            is ProviderFailure.RateLimited
                or ProviderFailure.Busy
                or ProviderFailure.Outage
                or ProviderFailure.BadAnswer
                or ProviderFailure.UnknownOutcome;

    /// <summary>What a person can do about it, in a sentence.</summary>
    public string Remedy =>
        Failure switch
        {
            ProviderFailure.QuotaExhausted => "Raise the plan or the limit at the provider, or choose another voice.",
            ProviderFailure.KeyRefused => "Check the provider's key and what it is allowed to do.",
            ProviderFailure.RateLimited or ProviderFailure.Busy => "Wait; it is tried again by itself.",
            ProviderFailure.ContentRefused => "Change the passage, or choose another provider.",
            ProviderFailure.BadInput =>
                "Choose from the lists of voices and models, and keep within the limits that they state.",
            ProviderFailure.Outage => "Check that the engine is installed or reachable, then retry the job.",
            ProviderFailure.BadAnswer =>
                "Retry the job; if the same part fails again, change it, or choose another provider.",
            ProviderFailure.UnknownOutcome => "Retry the job; finished parts are not made again.",
            _ => throw new InvalidOperationException($"No remedy is written for {Failure}."),
        };
}
