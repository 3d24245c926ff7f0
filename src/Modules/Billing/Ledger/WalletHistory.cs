using System.Text.Json;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel.History;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Ledger;

/// <summary>The history of the workspace's wallet, for whoever may read its ledger.</summary>
internal static class WalletHistoryEndpoints
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapHistory<Wallet>(
            "/credits",
            new HistorySubject(
                "wallet",
                "Wallet",
                "the workspace's wallet",
                "credits",
                "wallet",
                ["billing."],
                CommonProblems.NotFound.With("The workspace has no wallet yet."),
                FindAsync,
                new HistoryExample(
                    "billing.wallet_opened.v1",
                    JsonSerializer.SerializeToElement(new WalletOpened(), BillingJson.Default.WalletOpened),
                    JsonSerializer.SerializeToElement(Wallet.Initial, BillingJson.Default.Wallet)
                )
            )
        );

    private static async Task<Guid?> FindAsync(Session session, Guid? _, CancellationToken cancel)
    {
        var found = await session.QueryAsync(
            "select id from billing.wallets where id = $1",
            row => row.GetGuid(0),
            cancel,
            Wallet.IdOf(session.Context.Workspace)
        );
        return found is [var wallet] ? wallet : null;
    }
}
