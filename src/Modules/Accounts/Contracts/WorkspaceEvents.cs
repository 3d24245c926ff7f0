namespace Lectern.Accounts.Contracts;

// All events of a shared workspace's stream, whose id is the workspace's. They carry ids and codes only.

/// <summary>Somebody made a shared workspace.</summary>
/// <param name="Workspace">The workspace's id.</param>
/// <param name="Person">Who made it: its first admin.</param>
public sealed record WorkspaceCreated(Guid Workspace, Guid Person);

/// <summary>A member has another role in a shared workspace.</summary>
/// <param name="Workspace">The workspace's id.</param>
/// <param name="Person">The member.</param>
/// <param name="From">The role before: <c>viewer</c>, <c>editor</c> or <c>admin</c>.</param>
/// <param name="To">The role from now on.</param>
public sealed record MemberRoleChanged(Guid Workspace, Guid Person, string From, string To);

/// <summary>A member left a shared workspace or was removed from it.</summary>
/// <param name="Workspace">The workspace's id.</param>
/// <param name="Person">Who is no member any more.</param>
public sealed record MemberLeft(Guid Workspace, Guid Person);

/// <summary>A shared workspace was deleted: nobody enters it any more.</summary>
/// <param name="Workspace">The workspace's id.</param>
public sealed record WorkspaceDeleted(Guid Workspace);
