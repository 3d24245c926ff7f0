namespace Lectern.Activity.Webhooks;

/// <summary>What came of a try: the codes that are stored and shown.</summary>
internal static class Outcomes
{
    public const string Delivered = "delivered";
    public const string Status = "status";
    public const string Redirect = "redirect";
    public const string Gone = "gone";
    public const string Timeout = "timeout";
    public const string Refused = "address_refused";
    public const string Unresolvable = "name_not_found";
    public const string Tls = "tls_failed";
    public const string Connection = "connection_failed";
    public const string TooLarge = "answer_too_large";
}

/// <summary>A try, when it is over.</summary>
/// <param name="Outcome">One of <see cref="Outcomes"/>.</param>
/// <param name="Status">The status that was answered.</param>
/// <param name="Answer">How the answer begins, fit to be shown.</param>
/// <param name="RetryAfter">How long the endpoint wants to be left alone.</param>
/// <param name="Took">How long it took.</param>
internal sealed record Attempt(
    string Outcome,
    int? Status = null,
    string? Answer = null,
    TimeSpan? RetryAfter = null,
    TimeSpan Took = default
);

/// <summary>What follows from a try.</summary>
/// <param name="Status">What the delivery is now.</param>
/// <param name="Delay">After which it is tried again, while it is pending.</param>
internal readonly record struct AfterAttempt(string Status, TimeSpan? Delay = null);

/// <summary>When to try again, and when to stop.</summary>
internal static class RetrySchedule
{
    /// <summary>No longer than this is an endpoint believed when it says when to come again.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(24);

    /// <summary>Decides.</summary>
    /// <param name="attempt">What came of the try.</param>
    /// <param name="failed">How many tries had failed before it.</param>
    /// <param name="delays">After each failed try but the last.</param>
    /// <param name="chance">From 0 up to 1. Jitter only lengthens: nobody is asked sooner than was said.</param>
    public static AfterAttempt Next(Attempt attempt, int failed, IReadOnlyList<TimeSpan> delays, double chance)
    {
        if (attempt.Outcome == Outcomes.Delivered)
            return new AfterAttempt("delivered");
        if (attempt.Outcome == Outcomes.Gone)
            return new AfterAttempt("disabled");
        if (failed >= delays.Count)
            return new AfterAttempt("exhausted");
        var delay = delays[failed] * (1 + chance / 10);
        var wanted =
            attempt.RetryAfter is { } after && after > LongestRetryAfter ? LongestRetryAfter : attempt.RetryAfter;
        return new AfterAttempt("pending", wanted > delay ? wanted : delay);
    }
}
