using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Billing.Audit;
using Lectern.Billing.Contracts;
using Lectern.Billing.Ledger;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Lectern.Tests.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lectern.Tests.Billing;

/// <summary>A database with Billing in it, and the few things that its tests do to wallets.</summary>
public sealed class BillingDatabase : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private NpgsqlDataSource _superuser = null!;

    public EventStore Store => _database.Store;

    public IServiceProvider Services => _database.Host.Services;

    public string ConnectionString => _database.ConnectionString;

    /// <summary>Everything that <c>lectern audit</c> looks at in Billing.</summary>
    public IReadOnlyList<IAuditCheck> AuditChecks =>
        [
            .. RowsAgree.Queries.Select(query => new RowsAgree(Store, query.Name, query.Sql)),
            new RowsEqualEvents(Store),
            new EventsKeepTheRules(Store),
        ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(Model);
        _superuser = NpgsqlDataSource.Create(_database.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _superuser.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>A second store on the same database, over another connection.</summary>
    public static EventStore StoreOn(string connectionString)
    {
        var model = new EventingBuilder(new ServiceCollection());
        Model(model);
        return new EventStore(model, connectionString, TimeProvider.System);
    }

    /// <summary>A new workspace whose wallet has these micro-credits.</summary>
    public async Task<Guid> OpenWalletAsync(long amount)
    {
        var workspace = Guid.CreateVersion7();
        await SaveAsync(
            workspace,
            session =>
            {
                Wallets.Open(session);
                Wallets.Grant(session, Guid.CreateVersion7(), amount, "test");
            }
        );
        return workspace;
    }

    public async Task<HeldCredits> HoldAsync(Guid workspace, long amount, CallerKey? key = null)
    {
        var held = new HeldCredits(workspace, Guid.CreateVersion7(), Guid.CreateVersion7(), amount);
        await SaveAsync(workspace, session => Wallets.Hold(session, held.Hold, held.Job, 1, amount, "p1", key));
        return held;
    }

    public Task CaptureAsync(HeldCredits held, long captured) =>
        SaveAsync(
            held.Workspace,
            session =>
                Wallets.Capture(session, held.Hold, held.Job, "audiobook", held.Amount, captured, new Delivery(1000))
        );

    public Task ReleaseAsync(HeldCredits held) =>
        SaveAsync(held.Workspace, session => Wallets.Release(session, held.Hold, held.Job, held.Amount, "cancelled"));

    /// <summary>Events of the workspace's wallet, as they come.</summary>
    public Task AppendAsync(Guid workspace, params object[] events) =>
        SaveAsync(workspace, session => session.Append<Wallet>(Wallet.IdOf(workspace), events));

    /// <summary>One unit of work, as a request of this workspace would do it.</summary>
    public async Task SaveAsync(Guid workspace, Action<Session> work)
    {
        await using var session = Open(workspace);
        work(session);
        await session.SaveChangesAsync(Cancel);
    }

    /// <summary>The constraint that refuses it; null when nothing does.</summary>
    public static async Task<string?> RefusalOfAsync(Func<Task> work)
    {
        try
        {
            await work();
            return null;
        }
        catch (ConstraintViolatedException refused)
        {
            return refused.Constraint;
        }
    }

    public async Task<Balance> BalanceAsync(Guid workspace)
    {
        await using var session = Open(workspace);
        return await Wallets.BalanceAsync(session, Cancel);
    }

    public Session Open(Guid workspace) =>
        Store.OpenSession(new SessionContext(workspace, "system", Guid.CreateVersion7()));

    public async Task<long> RebuildAsync(string projection) =>
        await Services.GetRequiredService<ProjectionRebuild>().RebuildAsync(projection, Cancel);

    public async Task CatchUpAsync() => await Services.GetRequiredService<ProjectionDaemon>().CatchUpAsync(Cancel);

    /// <summary>The rows of a query as JSON texts, read past row security.</summary>
    public Task<List<string>> RowsAsync(string query) => _superuser.RowsAsync(query);

    /// <summary>What the audit finds, with the names of the checks.</summary>
    public async Task<List<string>> BreachesAsync()
    {
        var breaches = new List<string>();
        foreach (var check in AuditChecks)
            breaches.AddRange((await check.FindBreachesAsync(Cancel)).Select(breach => $"{check.Name}: {breach}"));
        return breaches;
    }

    /// <summary>SQL that no role of the program may run.</summary>
    public Task TamperAsync(string sql) => _superuser.ExecuteAsync(sql);

    private static void Model(EventingBuilder eventing)
    {
        new AccountsModule().AddEventing(eventing);
        new BillingModule().AddEventing(eventing);
    }
}

public sealed record HeldCredits(Guid Workspace, Guid Hold, Guid Job, long Amount);
