using Lectern.Accounts.Contracts;
using Lectern.Accounts.Tokens;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Sessions;

/// <summary>Asks whether an access token is good.</summary>
/// <param name="Token">The access token.</param>
internal sealed record VerifyToken(string Token);

/// <summary>What an access token says (after RFC 7662, section 2.2). Of one that isn't good, only that.</summary>
/// <param name="Active">Whether it would be accepted now.</param>
/// <param name="Person">Whom it is for.</param>
/// <param name="Workspace">The workspace that it is for.</param>
/// <param name="Role">The role there.</param>
/// <param name="Session">The session that it belongs to.</param>
/// <param name="ExpiresAt">When it stops being accepted.</param>
internal sealed record TokenFacts(
    bool Active,
    string? Person = null,
    string? Workspace = null,
    string? Role = null,
    string? Session = null,
    DateTimeOffset? ExpiresAt = null
);

/// <summary><c>POST /auth/verify</c>. Whoever has a token may ask about it.</summary>
internal static class VerifyTokenEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/auth/verify", Handle)
            .WithTags("sign-in")
            .WithSummary("Whether an access token is good, and for what")
            .AllowAnonymous()
            .WithExample(
                new VerifyToken(SignIn.LogInEndpoint.Example.AccessToken),
                new TokenFacts(
                    true,
                    "person_01h455vb4pex5vsknk084sn02q",
                    "workspace_01h455vb4pex5vsknk084sn02r",
                    "admin",
                    "session_01h455vb4pex5vsknk084sn02s",
                    DateTimeOffset.UnixEpoch
                )
            );

    private static Ok<TokenFacts> Handle(VerifyToken command, VerifiedTokens tokens) =>
        TypedResults.Ok(
            tokens.Verify(command.Token).Token is not { } token
                ? new TokenFacts(false)
                : new TokenFacts(
                    true,
                    AccountIds.Person(token.Caller.Person),
                    AccountIds.Workspace(token.Caller.Workspace),
                    token.Caller.Role.Name(),
                    AccountIds.Session(token.Caller.Session!.Value),
                    DateTimeOffset.FromUnixTimeSeconds(token.Until)
                )
        );
}
