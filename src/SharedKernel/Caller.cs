namespace Lectern.SharedKernel;

/// <summary>Who makes the current request, as the verified credential says it; never taken from a body or a header.</summary>
/// <param name="Person">The person's id.</param>
/// <param name="Workspace">The workspace that the credential is for; every row read or written belongs to it.</param>
public sealed record Caller(Guid Person, Guid Workspace);
