using System.Text.Json.Serialization;
using Lectern.Accounts.Audit;
using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Privacy;
using Lectern.Accounts.Profile;

namespace Lectern.Accounts;

/// <summary>What an account's stream folds to.</summary>
internal sealed record Account(Guid Person, Guid Workspace)
{
    public static readonly Account Initial = new(Guid.Empty, Guid.Empty);

    public static Account Evolve(Account state, object e) =>
        e switch
        {
            AccountRegistered registered => new Account(registered.Person, registered.Workspace),
            _ => state,
        };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AccountRegistered))]
[JsonSerializable(typeof(AccountErased))]
[JsonSerializable(typeof(Account))]
[JsonSerializable(typeof(SendConfirmation))]
[JsonSerializable(typeof(SendNotice))]
[JsonSerializable(typeof(WorkspaceCreated))]
[JsonSerializable(typeof(MemberRoleChanged))]
[JsonSerializable(typeof(MemberLeft))]
[JsonSerializable(typeof(WorkspaceDeleted))]
[JsonSerializable(typeof(Workspaces.Workspace))]
[JsonSerializable(typeof(Workspaces.MailInvitation))]
[JsonSerializable(typeof(ErasePerson))]
[JsonSerializable(typeof(EraseWorkspace))]
[JsonSerializable(typeof(DeleteAvatarFile))]
[JsonSerializable(typeof(AuditAnchor))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
internal sealed partial class AccountsJson : JsonSerializerContext;
