using System.Security.Cryptography;
using Lectern.Accounts;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Vault;
using Lectern.Eventing;
using Lectern.SharedKernel.Secrets;
using Lectern.SharedKernel.Telemetry;
using Lectern.Tests.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lectern.Tests.Accounts.Vault;

/// <summary>The vault under a new wrapping key, while it is in use and also when it is broken off.</summary>
public sealed class RewrapTests : IAsyncLifetime
{
    private const int Workspaces = 60;
    private static readonly MasterKey Master = new(Enumerable.Repeat((byte)7, MasterKey.Length).ToArray());

    private static readonly SecurityEvents Events = new(NullLoggerFactory.Instance, Master, TimeProvider.System);

    private readonly DataKeys _dataKeys = new(Master);
    private readonly List<Guid> _workspaces = [];
    private TestDatabase _database = null!;
    private ProviderKeys _keys = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(new AccountsModule().AddEventing);
        var sealing = new SecretSealing(_dataKeys, Master);
        _keys = new ProviderKeys(_database.Store, sealing, Events);
        for (var i = 0; i < Workspaces; i++)
            await FillAsync(sealing);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Broken_off_in_the_middle_and_run_again_it_ends_while_every_secret_stays_readable()
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var reading = ReadAllTheTimeAsync(done.Token);

        await Should.ThrowAsync<Killed>(() =>
            Rewrap().RunAsync(7, count => _ = count < 21 ? 0 : throw new Killed(), Cancel)
        );
        (await GenerationsAsync()).ShouldBe([(1, 39), (2, 21)]);
        await ReadAllAsync();

        (await Rewrap().RunAsync(7, null, Cancel)).ShouldBe(new VaultRewrapped(2, 39, IsResumed: true));
        (await GenerationsAsync()).ShouldBe([(2, Workspaces)]);

        (await Rewrap().RunAsync(Cancel)).ShouldBe(new VaultRewrapped(3, Workspaces, IsResumed: false));
        (await GenerationsAsync()).ShouldBe([(3, Workspaces)]);

        await done.CancelAsync();
        (await reading).ShouldBeGreaterThan(0, "it read meanwhile");
        await ReadAllAsync();
    }

    [Fact]
    public async Task Two_at_once_leave_everything_readable()
    {
        var outcomes = await Task.WhenAll(
            Enumerable
                .Range(0, 2)
                .Select(async _ =>
                {
                    try
                    {
                        return (await Rewrap().RunAsync(5, null, Cancel)).Generation;
                    }
                    catch (ConstraintViolatedException)
                    {
                        return 0; // both began the same generation, and one was told so
                    }
                })
        );

        outcomes.Max().ShouldBeGreaterThanOrEqualTo(2);
        await ReadAllAsync();
        (await GenerationsAsync()).Select(g => g.Generation).ShouldNotContain(1);
    }

    [Fact]
    public async Task With_another_master_key_nothing_opens_and_nothing_is_changed()
    {
        var stolen = new DataKeys(new MasterKey(new byte[MasterKey.Length]));
        var sealing = new SecretSealing(stolen, new MasterKey(new byte[MasterKey.Length]));

        await Should.ThrowAsync<CryptographicException>(() =>
            new ProviderKeys(_database.Store, sealing, Events).FindAsync(_workspaces[0], "openai", Cancel)
        );
        await Should.ThrowAsync<CryptographicException>(() =>
            new VaultRewrap(_database.Store, stolen).RunAsync(Cancel)
        );

        (await GenerationsAsync()).ShouldBe([(1, Workspaces)]);
        await ReadAllAsync();
    }

    private VaultRewrap Rewrap() => new(_database.Store, _dataKeys);

    private async Task<int> ReadAllTheTimeAsync(CancellationToken until)
    {
        var reads = 0;
        while (!until.IsCancellationRequested)
            reads += await ReadAllAsync();
        return reads;
    }

    private async Task<int> ReadAllAsync()
    {
        foreach (var workspace in _workspaces)
            (await _keys.FindAsync(workspace, "openai", Cancel))!.Reveal().ShouldBe($"sk-{workspace:n}");
        return _workspaces.Count;
    }

    private async Task<List<(int Generation, int Keys)>> GenerationsAsync()
    {
        await using var session = Worker();
        return await session.QueryAsync(
            "select generation, count(*)::int from accounts.data_keys group by generation order by generation",
            row => (row.GetInt32(0), row.GetInt32(1)),
            Cancel
        );
    }

    private async Task FillAsync(SecretSealing sealing)
    {
        var (workspace, key) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var dataKey = _dataKeys.New(Guid.CreateVersion7(), workspace, generation: 1);
        await using var session = Worker();
        session.Execute("insert into accounts.workspaces (id, kind) values ($1, 'personal')", workspace);
        session.Execute(
            "insert into accounts.data_keys (id, workspace_id, generation, wrapped) values ($1, $2, 1, $3)",
            dataKey.Id,
            workspace,
            dataKey.Wrapped
        );
        session.Execute(
            """
            insert into accounts.provider_keys
                (id, workspace_id, data_key, provider, name, version, sealed, last_four, fingerprint)
            values ($1, $2, $3, 'openai', 'x', 1, $4, 'xxxx', 'x')
            """,
            key,
            workspace,
            dataKey.Id,
            sealing.Seal(dataKey, key, 1, $"sk-{workspace:n}")
        );
        await session.SaveChangesAsync(Cancel);
        _workspaces.Add(workspace);
    }

    private Session Worker() =>
        _database.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.CreateVersion7()));

    /// <summary>The process ends here.</summary>
    private sealed class Killed : Exception;
}
