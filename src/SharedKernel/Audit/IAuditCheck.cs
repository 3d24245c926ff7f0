namespace Lectern.SharedKernel.Audit;

/// <summary>
/// An invariant that must hold in any database at any moment. Modules implement and register theirs; the operator
/// command <c>audit</c> and the auditor that runs beside production run them all. A check only reads.
/// </summary>
public interface IAuditCheck
{
    /// <summary>Stable, for reports: <c>module.what_must_hold</c>.</summary>
    string Name { get; }

    /// <summary>One line for each breach, with ids and amounts but no personal data; none when the invariant holds.</summary>
    Task<IReadOnlyList<string>> FindBreachesAsync(CancellationToken cancel);
}
