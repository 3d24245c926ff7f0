using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;

namespace Lectern.Accounts.Workspaces;

/// <summary>What the acts on members have in common to say.</summary>
internal static class WorkspaceMembers
{
    public static Problem NotThere() => CommonProblems.NotFound.With("There is no such member of this workspace.");

    public static Problem LastAdmin() => AccountsProblems.LastAdmin.With("Nobody else could manage it then.");
}
