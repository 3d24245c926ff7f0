namespace Lectern.SharedKernel;

/// <summary>
/// What a module adds to <c>GET /me</c>, such as the balance: Accounts answers it but may not know the modules to its
/// right, so they register this contract and it collects them.
/// </summary>
public interface IMePart
{
    /// <summary>The property's name in the answer, camelCase; unique in the system.</summary>
    string Name { get; }

    /// <summary>The property's value, serialized as any answer is.</summary>
    Task<object> GetAsync(Caller caller, CancellationToken cancel);
}
