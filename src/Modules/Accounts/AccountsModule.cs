using Lectern.Accounts.Audit;
using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Passwords;
using Lectern.Accounts.People;
using Lectern.Accounts.Privacy;
using Lectern.Accounts.Profile;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.SignIn;
using Lectern.Accounts.Tokens;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Lectern.SharedKernel.Privacy;
using Lectern.SharedKernel.Settings;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

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
        services.AddSingleton<ConfirmationTokens>();
        services.AddSingleton<NewAccounts>();
        services.AddSingleton<RefreshTokens>();
        services.AddSingleton<SignInSessions>();
        services.AddSingleton<AvatarImage>();
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
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(AccountsModule).Assembly);
        eventing.Lane("mail", parallelism: 2);
        eventing.Event("accounts.account_registered.v1", AccountsJson.Default.AccountRegistered);
        eventing.Event("accounts.account_erased.v1", AccountsJson.Default.AccountErased);
        eventing.Stream("account", Account.Initial, Account.Evolve, AccountsJson.Default.Account);

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
        LogInEndpoint.Map(api);
        RefreshEndpoint.Map(api);
        VerifyTokenEndpoint.Map(api);
        LogOutEndpoint.Map(api);
        MeEndpoint.Map(api);
        ChangeMeEndpoint.Map(api);
        DeleteMeEndpoint.Map(api);
        ExportMeEndpoint.Map(api);
        AvatarEndpoints.Map(api);
        MySessionsEndpoint.Map(api);
    }

    /// <inheritdoc/>
    public void MapRootEndpoints(IEndpointRouteBuilder root) => JwksEndpoint.Map(root);
}
