namespace Lectern.Accounts.Contracts;

/// <summary>A person signed up and has a personal workspace. The stream's id is the person's; it carries ids only.</summary>
/// <param name="Person">The person's id.</param>
/// <param name="Workspace">The personal workspace's id.</param>
public sealed record AccountRegistered(Guid Person, Guid Workspace);
