using Lectern.Accounts.Administration;
using Lectern.Accounts.ApiKeys;
using Lectern.Accounts.Audit;
using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.OpenId;
using Lectern.Accounts.Passwords;
using Lectern.Accounts.People;
using Lectern.Accounts.Preferences;
using Lectern.Accounts.Privacy;
using Lectern.Accounts.Profile;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.SignIn;
using Lectern.Accounts.Tokens;
using Lectern.Accounts.Vault;
using Lectern.Accounts.Workspaces;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Privacy;
using Lectern.SharedKernel.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Lectern.Accounts;

/// <summary>Who you are: people, their workspaces, sign-in and access tokens.</summary>
public sealed class AccountsModule : IModule
{
    /// <summary>What erases: slow, and so not in the way of anything else.</summary>
    private const string Erasures = "erasures";

    /// <summary>An erasure outlasts a blob store or a database that is away for a day.</summary>
    private const int ErasureAttempts = 300;

    /// <inheritdoc/>
    public string Name => "accounts";

    /// <inheritdoc/>
    public IReadOnlyList<ProblemType> Problems => AccountsProblems.All;

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<AccountsSettings>(configuration, "Accounts");
        services.AddSingleton(_ => PasswordHashing.OnHalfTheCores());
        services.AddTokenAuthentication();
        services.AddHealthChecks().AddCheck<AuthenticationHealth>("authentication", timeout: TimeSpan.FromSeconds(3));
        services.AddSingleton<ConfirmationTokens>();
        services.AddSingleton<AccountMails>();
        services.AddSingleton<ConfirmationSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<ConfirmationSweep>());
        services.AddSingleton<NewAccounts>();
        services.AddSingleton<OwnPassword>();
        services.AddSingleton<OpenIdIssuers>();
        services.AddSingleton<OpenIdFlows>();
        services.AddSingleton<OpenIdAccounts>();
        services.AddSingleton<RefreshTokens>();
        services.AddSingleton<SignInSessions>();
        services.AddSingleton<PreferenceCatalogue>();
        services.AddSingleton<PreferenceReader>();
        services.AddSingleton(
            new NameSource(
                AccountIds.PersonPrefix,
                "select id, coalesce(name, email) from accounts.people where id = any($1) and email is not null"
            )
        );
        services.AddSingleton(
            new NameSource(
                AccountIds.WorkspacePrefix,
                "select id, name from accounts.workspaces where id = any($1) and deleted_at is null",
                unnamed: "the personal workspace"
            )
        );
        services.TryAddSingleton<ImageRewriter>(); // Voices needs it, too
        services.AddSingleton<Avatars>();
        services.AddSingleton<IExportPart, AccountsExport>();
        services.AddSingleton<IErasePart, AccountsErasure>();
        services.AddSingleton<AccountErasures>();
        services.AddSingleton<Erasing>();
        services.AddSingleton<AuditAnchors>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditAnchors>());
        services.AddSingleton<IAuditCheck, AuditChainsCheck>();
        services.AddSingleton<IAuditCheck, AuditAnchorsCheck>();
        services.AddSingleton<IAuditCheck, ErasuresCheck>();
        services.AddSingleton<SessionSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<SessionSweep>());
        services.AddSingleton<InvitationAcceptance>();
        services.AddSingleton(provider => new PeopleOperations(
            provider.GetRequiredService<EventStore>(),
            provider.GetRequiredService<NewAccounts>(),
            provider.GetRequiredService<PasswordHashing>()
        ));
        services.AddSingleton(provider => new SigningKeyOperations(
            provider.GetRequiredService<EventStore>(),
            provider.GetRequiredService<AccessTokens>()
        ));
        services.AddApiKeys();
        services.AddVault(configuration);
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(AccountsModule).Assembly);
        eventing.Lane("mail", parallelism: 2);
        eventing.Message<SendConfirmation, SendConfirmationHandler>(
            "accounts.send_confirmation.v1",
            "mail",
            AccountsJson.Default.SendConfirmation
        );
        eventing.Message<SendNotice, SendNoticeHandler>(
            "accounts.send_notice.v1",
            "mail",
            AccountsJson.Default.SendNotice
        );
        eventing.Event("accounts.account_registered.v1", AccountsJson.Default.AccountRegistered);
        eventing.Event("accounts.account_erased.v1", AccountsJson.Default.AccountErased);
        eventing.Stream("account", Account.Initial, Account.Evolve, AccountsJson.Default.Account);
        eventing.Event("accounts.workspace_created.v1", AccountsJson.Default.WorkspaceCreated);
        eventing.Event("accounts.member_role_changed.v1", AccountsJson.Default.MemberRoleChanged);
        eventing.Event("accounts.member_left.v1", AccountsJson.Default.MemberLeft);
        eventing.Event("accounts.workspace_deleted.v1", AccountsJson.Default.WorkspaceDeleted);
        eventing.Stream("workspace", Workspace.Initial, Workspace.Evolve, AccountsJson.Default.Workspace);
        eventing.Message<MailInvitation, MailInvitationHandler>(
            "accounts.mail_invitation.v1",
            "mail",
            AccountsJson.Default.MailInvitation
        );

        eventing.Lane(Erasures, parallelism: 2);
        eventing.Message<ErasePerson, ErasePersonHandler>(
            "accounts.erase_person.v1",
            Erasures,
            AccountsJson.Default.ErasePerson,
            ErasureAttempts
        );
        eventing.Message<EraseWorkspace, EraseWorkspaceHandler>(
            "accounts.erase_workspace.v1",
            Erasures,
            AccountsJson.Default.EraseWorkspace,
            ErasureAttempts
        );
        eventing.Message<DeleteAvatarFile, DeleteAvatarFileHandler>(
            "accounts.delete_avatar_file.v1",
            Erasures,
            AccountsJson.Default.DeleteAvatarFile
        );
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api)
    {
        SignUpEndpoint.Map(api);
        VerifyEmailEndpoint.Map(api);
        ResendConfirmationEndpoint.Map(api);
        LogInEndpoint.Map(api);
        ForgotPasswordEndpoint.Map(api);
        ResetPasswordEndpoint.Map(api);
        BeginOpenIdEndpoint.Map(api);
        FinishOpenIdEndpoint.Map(api);
        RefreshEndpoint.Map(api);
        VerifyTokenEndpoint.Map(api);
        LogOutEndpoint.Map(api);
        LiveTicketEndpoint.Map(api);
        MeEndpoint.Map(api);
        ChangeMeEndpoint.Map(api);
        DeleteMeEndpoint.Map(api);
        ExportMeEndpoint.Map(api);
        AvatarEndpoints.Map(api);
        MySessionsEndpoint.Map(api);
        SettingsEndpoints.Map(api);
        ChangePasswordEndpoint.Map(api);
        ChangeEmailEndpoint.Map(api);
        WorkspaceEndpoints.Map(api);
        AdministrationEndpoints.Map(api);
        var workspace = api.MapGroup("").AddEndpointFilter(WorkspaceOfToken.RequireAsync);
        ApiKeyEndpoints.Map(workspace);
        VaultEndpoints.Map(workspace);
    }

    /// <inheritdoc/>
    public void MapRootEndpoints(IEndpointRouteBuilder root) => JwksEndpoint.Map(root);
}
