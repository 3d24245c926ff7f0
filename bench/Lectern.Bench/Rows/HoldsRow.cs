using Lectern.Billing.Contracts;
using Lectern.Billing.Ledger;
using Lectern.Eventing;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Bench.Rows;

/// <summary>Holds a second on one wallet, where they wait for each other, and on many; against pgbench with the same SQL.</summary>
internal sealed class HoldsRow : IRow
{
    private const int Writers = 32;
    private const int Many = 1_000;
    private const int Seconds = 4;

    public string Name => "holds";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        foreach (var wallets in (int[])[1, Many])
        {
            await using var floor = await MigratedAsync(postgres);
            await floor.ExecuteAsync(HoldSql.FullWallets(wallets));
            await using var lectern = await MigratedAsync(postgres);
            var store = lectern.Services.GetRequiredService<EventStore>();
            var workspaces = await OpenWalletsAsync(store, wallets);
            List<double> floors = [],
                ours = [];
            long written = 0;
            for (var round = 0; round < 3; round++)
            {
                floors.Add(
                    await postgres.PgbenchAsync(
                        floor.Name,
                        HoldSql.Transaction(wallets).ReplaceLineEndings("\n"),
                        Writers,
                        Seconds,
                        "lectern_api"
                    )
                );
                var (perSecond, total) = await Load.ClosedAsync(
                    Writers,
                    TimeSpan.FromSeconds(Seconds),
                    _ => HoldAsync(store, workspaces[Random.Shared.Next(wallets)])
                );
                ours.Add(perSecond);
                written += total;
            }

            if (
                await lectern.ScalarAsync<long>("select count(*) from billing.open_holds") != written
                || await lectern.ScalarAsync<long>("select sum(held)::bigint from billing.wallets") != written * 20480
            )
                throw new InvalidOperationException("The holds are not what was written.");
            if (await floor.ScalarAsync<long>("select count(*) from billing.ledger") < floors.Min() * Seconds)
                throw new InvalidOperationException("pgbench's transactions didn't write what they should.");
            yield return Line.AtLeast(
                $"holds on {(wallets == 1 ? "one wallet" : $"{wallets:n0} wallets")}, {Writers} writers (floor: the same SQL by pgbench)",
                floors.Order().ElementAt(1),
                ours.Order().ElementAt(1),
                0.6,
                "/s"
            );
        }
    }

    private static async Task<Installation> MigratedAsync(Postgres postgres)
    {
        var installation = await Installation.CreateAsync(postgres);
        await installation.Services.GetRequiredService<Migrations>().ApplyAsync(CancellationToken.None);
        return installation;
    }

    private static async Task<Guid[]> OpenWalletsAsync(EventStore store, int count)
    {
        var workspaces = Enumerable.Range(0, count).Select(_ => store.NewId()).ToArray();
        foreach (var workspace in workspaces)
        {
            await using var session = store.OpenSession(new SessionContext(workspace, "system", store.NewId()));
            session.StartStream<Wallet>(
                Wallet.IdOf(workspace),
                new WalletOpened(),
                new CreditsGranted(store.NewId(), 1_000_000_000_000_000, "bench")
            );
            await session.SaveChangesAsync(CancellationToken.None);
        }

        return workspaces;
    }

    private static async Task HoldAsync(EventStore store, Guid workspace)
    {
        await using var session = store.OpenSession(new SessionContext(workspace, "system", store.NewId()));
        Wallets.Hold(session, store.NewId(), store.NewId(), run: 1, 20480, "5f2c8e41d0aa");
        await session.SaveChangesAsync(CancellationToken.None);
    }
}
