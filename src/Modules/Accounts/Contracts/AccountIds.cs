using Lectern.SharedKernel;

namespace Lectern.Accounts.Contracts;

/// <summary>How people and workspaces are named in the API.</summary>
public static class AccountIds
{
    internal const string PersonPrefix = "person";
    internal const string WorkspacePrefix = "workspace";
    internal const string SessionPrefix = "session";
    internal const string InvitationPrefix = "invitation";
    internal const string ApiKeyPrefix = "apikey";
    internal const string ProviderKeyPrefix = "providerkey";

    /// <summary>A person's public id.</summary>
    public static string Person(Guid id) => PublicId.Format(PersonPrefix, id);

    /// <summary>A workspace's public id.</summary>
    public static string Workspace(Guid id) => PublicId.Format(WorkspacePrefix, id);

    /// <summary>A sign-in session's public id.</summary>
    public static string Session(Guid id) => PublicId.Format(SessionPrefix, id);

    internal static string Invitation(Guid id) => PublicId.Format(InvitationPrefix, id);

    /// <summary>An API key's public id, which is no secret.</summary>
    public static string ApiKey(Guid id) => PublicId.Format(ApiKeyPrefix, id);

    /// <summary>A provider key's public id.</summary>
    public static string ProviderKey(Guid id) => PublicId.Format(ProviderKeyPrefix, id);
}
