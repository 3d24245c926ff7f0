using Lectern.Accounts.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Tokens;

/// <summary>A ticket for one live connection.</summary>
/// <param name="Ticket">Pass it as <c>?ticket=</c>; it is good once.</param>
/// <param name="ExpiresIn">Seconds in which it must be used.</param>
internal sealed record LiveTicket(string Ticket, int ExpiresIn);

/// <summary><c>POST /live/tickets</c>.</summary>
internal static class LiveTicketEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/live/tickets", HandleAsync)
            .WithName("MakeLiveTicket")
            .WithTags("activity")
            .WithSummary("A ticket for one live connection")
            .WithDescription(
                "Browsers can't send an Authorization header with EventSource and WebSocket. A ticket is good once, for 30 seconds, "
                    + "and lets in as whoever made it; what was opened with it ends when the credential ends that made it."
            )
            .ForViewers()
            .WithMetadata(new LiveCredentials(TicketInQuery: false))
            .Produces<LiveTicket>(StatusCodes.Status201Created)
            .WithExample(
                response: new LiveTicket(
                    "llt_3f9yHcCw0PZ8bq1n5m7kq2VtJxXo6d4sRgUeWzLhAaI",
                    (int)LiveTickets.Life.TotalSeconds
                )
            );

    private static async Task<IResult> HandleAsync(
        Caller caller,
        HttpContext http,
        LiveTickets tickets,
        CancellationToken cancel
    )
    {
        var ticket = await tickets.IssueAsync(caller, http.Features.GetRequiredFeature<Standing>(), cancel);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(
            new LiveTicket(ticket, (int)LiveTickets.Life.TotalSeconds),
            statusCode: StatusCodes.Status201Created
        );
    }
}
