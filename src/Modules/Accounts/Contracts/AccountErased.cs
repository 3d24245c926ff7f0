namespace Lectern.Accounts.Contracts;

/// <summary>An account is gone with all personal data; what is left of it are ids, here and in the ledger.</summary>
/// <param name="Person">The person's id.</param>
public sealed record AccountErased(Guid Person);
