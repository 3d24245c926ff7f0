using Lectern.Accounts.ApiKeys;
using Lectern.Accounts.Confirmations;
using Lectern.Accounts.Passwords;
using Lectern.Accounts.People;
using Lectern.Accounts.Sessions;
using Lectern.Accounts.SignIn;
using Lectern.Accounts.Tokens;
using Lectern.Accounts.Vault;
using Lectern.Accounts.Workspaces;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Accounts;

/// <summary>Who you are: people, their workspaces, sign-in and access tokens.</summary>
public sealed class AccountsModule : IModule
{
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
        services.AddSingleton<SessionSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<SessionSweep>());
        services.AddApiKeys();
        services.AddVault(configuration);
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(AccountsModule).Assembly);
        eventing.Lane("mail", parallelism: 2);
        eventing.Event("accounts.account_registered.v1", AccountsJson.Default.AccountRegistered);
        eventing.Stream("account", Account.Initial, Account.Evolve, AccountsJson.Default.Account);
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
        MySessionsEndpoint.Map(api);
        var workspace = api.MapGroup("").AddEndpointFilter(WorkspaceOfToken.RequireAsync);
        ApiKeyEndpoints.Map(workspace);
        VaultEndpoints.Map(workspace);
    }

    /// <inheritdoc/>
    public void MapRootEndpoints(IEndpointRouteBuilder root) => JwksEndpoint.Map(root);
}
