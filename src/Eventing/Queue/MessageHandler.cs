namespace Lectern.Eventing;

/// <summary>
/// Handles one kind of message. The message is completed in the transaction that saves the context's session, so its
/// effects on the database happen once; effects outside may happen again and must be idempotent.
/// </summary>
/// <typeparam name="TMessage">The registered message type.</typeparam>
public interface IMessageHandler<in TMessage>
{
    /// <summary>
    /// Does the work and gathers its results in <see cref="MessageContext.Session"/>, which is saved afterwards. An
    /// exception means another try: after a pause that grows, or the one that <see cref="RetryLaterException"/> names.
    /// </summary>
    Task HandleAsync(TMessage message, MessageContext context, CancellationToken stop);

    /// <summary>
    /// Called when the tries are used up or <see cref="GiveUpException"/> was thrown: what is gathered here is saved
    /// with the dead letter. If this fails too, it is tried a few times more; then the message is buried without it.
    /// </summary>
    Task GiveUpAsync(TMessage message, MessageContext context, Exception error, CancellationToken stop);
}

/// <summary>The message that is being handled, and the unit of work that completes it.</summary>
public sealed class MessageContext
{
    internal MessageContext(Session session, Guid id, Guid? group, int attempt)
    {
        Session = session;
        Id = id;
        Group = group;
        Attempt = attempt;
    }

    /// <summary>Saved when the handler returns; it completes the message.</summary>
    public Session Session { get; }

    /// <summary>The message's id; the same at every attempt.</summary>
    public Guid Id { get; }

    /// <summary>What it was grouped under when it was enqueued.</summary>
    public Guid? Group { get; }

    /// <summary>How many attempts have failed before this one.</summary>
    public int Attempt { get; }

    internal TimeSpan? PostponedFor { get; private set; }

    /// <summary>
    /// It is too early: nothing of the session is saved, and the message comes again after the delay. Not a failure.
    /// </summary>
    public void Postpone(TimeSpan delay) => PostponedFor = delay;
}

/// <summary>The attempt failed and should be repeated, not before a given time has passed.</summary>
/// <param name="message">Why.</param>
/// <param name="delay">At least this long; <c>Retry-After</c> of a provider.</param>
/// <param name="laneIsBusy">The lane's provider does too much at once: its cluster-wide limit is halved.</param>
/// <param name="inner">What happened.</param>
public sealed class RetryLaterException(
    string message,
    TimeSpan delay,
    bool laneIsBusy = false,
    Exception? inner = null
) : Exception(message, inner)
{
    /// <summary>At least this long.</summary>
    public TimeSpan Delay { get; } = delay;

    /// <summary>Whether the lane's limit is to shrink.</summary>
    public bool LaneIsBusy { get; } = laneIsBusy;
}

/// <summary>The message can never succeed: it becomes a dead letter at once.</summary>
public sealed class GiveUpException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The message that a unit of work completes; with an error, it makes a dead letter of it.</summary>
internal sealed record MessageLease(Guid Message, int Generation, string? Error = null);

internal sealed record ClaimedMessage(
    Guid Id,
    long Seq,
    string Lane,
    string Type,
    byte[] Data,
    Guid Workspace,
    Guid? Group,
    string Actor,
    Guid Correlation,
    string? Traceparent,
    int Attempts,
    int Generation,
    string? LastError,
    string? Credential
);
