namespace Lectern.Eventing;

/// <summary>The answer that a request with an Idempotency-Key got; a repeat gets the same bytes.</summary>
/// <param name="Route">Method and route pattern: a key is valid for one route of one workspace.</param>
/// <param name="Key">What the client sent.</param>
/// <param name="Fingerprint">SHA-256 of the request's body; the same key with another body is refused.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Location">The Location header, if any.</param>
/// <param name="Body">The body's exact bytes.</param>
public sealed record IdempotentAnswer(
    string Route,
    string Key,
    byte[] Fingerprint,
    int Status,
    string? Location,
    byte[] Body
);
