using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Sessions;

/// <summary>Ends this session.</summary>
/// <param name="Everywhere">All sessions of the person instead.</param>
internal sealed record LogOut(bool Everywhere = false);

/// <summary><c>POST /auth/logout</c>: the tokens of what was ended are refused from now on.</summary>
internal static class LogOutEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/auth/logout", HandleAsync)
            .WithTags("sign-in")
            .WithSummary("Log out, here or everywhere")
            .ForThePerson()
            .WithExample(new LogOut(Everywhere: true));

    private static async Task<NoContent> HandleAsync(
        LogOut command,
        Caller caller,
        EventStore store,
        SignInSessions sessions,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(caller);
        SignInSessions.End(session, caller.Person, command.Everywhere ? null : caller.Session, "log_out");
        await session.SaveChangesAsync(cancel);
        await sessions.EndedAsync(cancel);
        return TypedResults.NoContent();
    }
}
