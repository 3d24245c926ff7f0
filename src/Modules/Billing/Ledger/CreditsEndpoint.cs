using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Ledger;

/// <summary>A balance as the API shows it, in credits.</summary>
/// <param name="Posted">Granted and not spent.</param>
/// <param name="Held">The part of it that is set aside for running jobs.</param>
/// <param name="Available">What a new job can use: posted less held.</param>
internal sealed record CreditsView(string Posted, string Held, string Available)
{
    public static CreditsView Of(Balance balance) =>
        new(Credits.Format(balance.Posted), Credits.Format(balance.Held), Credits.Format(balance.Available));
}

/// <summary><c>GET /credits</c>.</summary>
internal static class CreditsEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/credits", HandleAsync)
            .WithName("GetCredits")
            .WithTags("credits")
            .WithSummary("The workspace's balance")
            .WithDescription("All amounts of the API are credits, as decimal numbers in strings, exact to six places.")
            .WithExample(response: new CreditsView("20", "9.4", "10.6"));

    private static async Task<Ok<CreditsView>> HandleAsync(Caller caller, EventStore store, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        return TypedResults.Ok(CreditsView.Of(await Wallets.BalanceAsync(session, cancel)));
    }
}

/// <summary>The balance, as <c>credits</c> in <c>GET /me</c>.</summary>
internal sealed class CreditsOfMe(EventStore store) : IMePart
{
    public string Name => "credits";

    public async Task<object> GetAsync(Caller caller, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        return CreditsView.Of(await Wallets.BalanceAsync(session, cancel));
    }
}
