namespace Lectern.SharedKernel;

/// <summary>
/// A kind of refusal: what is stable about it. Every module lists its kinds in one <c>…Problems</c> class, from which
/// docs/errors.md is generated.
/// </summary>
/// <param name="Module">The module that refuses, lower case; <c>lectern</c> for what is common to all.</param>
/// <param name="Name">Kebab-case name, unique in the module; it never changes once published.</param>
/// <param name="Status">The HTTP status that this problem answers with.</param>
/// <param name="Title">One short sentence that is the same for every occurrence.</param>
/// <param name="Hint">What the caller can do next.</param>
public sealed record ProblemType(string Module, string Name, int Status, string Title, string Hint)
{
    /// <summary>The RFC 9457 <c>type</c>, for example <c>urn:lectern:billing:insufficient-credits</c>.</summary>
    public string Urn => $"urn:lectern:{Module}:{Name}";

    /// <summary>An occurrence of this problem.</summary>
    /// <param name="detail">What happened this time, in a sentence that a person understands.</param>
    /// <param name="errors">The fields that are at fault, if any.</param>
    public Problem With(string detail, params FieldError[] errors) => new(this, detail, errors);
}

/// <summary>One field of a request that is at fault.</summary>
/// <param name="Pointer">JSON pointer (<c>/title</c>) or the name of the query parameter, header or form part.</param>
/// <param name="Detail">What is wrong with it.</param>
public sealed record FieldError(string Pointer, string Detail);

/// <summary>
/// A refusal, as a value: decisions and endpoints return it, they don't throw it. It is written as
/// <c>application/problem+json</c> (RFC 9457).
/// </summary>
public sealed record Problem(ProblemType Type, string Detail, IReadOnlyList<FieldError> Errors)
{
    /// <summary>Members that belong to this kind of problem only, such as <c>missing</c> of insufficient credits.</summary>
    public IReadOnlyDictionary<string, object?> Extensions { get; init; } = new Dictionary<string, object?>();

    /// <summary>How long to wait before trying again; becomes <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
