namespace Lectern.Eventing;

/// <summary>Somebody else appended to the stream first, or started it. Read again and decide again.</summary>
public sealed class ConcurrencyException(Guid stream)
    : Exception($"Stream {stream} was changed by somebody else in the meantime.")
{
    /// <summary>The stream that the race was lost on; empty if the database didn't say.</summary>
    public Guid Stream { get; } = stream;
}

/// <summary>
/// A constraint of the database refused the unit of work; nothing of it was written. The slice that knows the
/// constraint turns it into a refusal.
/// </summary>
public sealed class ConstraintViolatedException(string constraint, Exception inner)
    : Exception($"The constraint {constraint} was violated.", inner)
{
    /// <summary>The constraint's name, as its schema file gives it.</summary>
    public string Constraint { get; } = constraint;
}

/// <summary>The same Idempotency-Key was used before: its first answer is on record.</summary>
public sealed class DuplicateRequestException() : Exception("This idempotency key has an answer already.");

/// <summary>
/// The first request with the same Idempotency-Key is still at work after two seconds of waiting. Nothing was written;
/// the client may ask again.
/// </summary>
public sealed class RequestInFlightException()
    : Exception("The first request with this idempotency key is still at work.");

/// <summary>The lease of the message that is being handled was taken over by another worker.</summary>
public sealed class LeaseLostException() : Exception("The message's lease was lost; another worker has it.");
