using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Corrections;

/// <summary>Grants credits to a workspace.</summary>
/// <param name="Workspace">Its id.</param>
/// <param name="Credits">How many, above 0.</param>
/// <param name="Note">Why; the workspace reads it in its ledger. At most 500 characters.</param>
/// <param name="ExpiresAt">Until when they are good; for ever without it.</param>
internal sealed record GrantCredits(string Workspace, string Credits, string Note, DateTimeOffset? ExpiresAt = null);

internal static class GrantCreditsValidator
{
    public static FieldError[] Faults(GrantCredits command, DateTimeOffset now) =>
        [
            .. PositiveCredits.Read(command.Credits) is null
                ? new[] { new FieldError("/credits", PositiveCredits.Rule) }
                : [],
            .. CreditAct.FaultsOfNote(command.Note),
            .. command.ExpiresAt <= now ? new[] { new FieldError("/expiresAt", "must be in the future") } : [],
        ];
}

/// <summary><c>POST /admin/credits/grants</c>.</summary>
internal static class GrantCreditsEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/admin/credits/grants", HandleAsync)
            .WithName("GrantCredits")
            .WithTags("admin")
            .WithSummary("Grant a workspace credits")
            .ForPlatformAdmins()
            .Produces<CreditsMoved>(StatusCodes.Status201Created)
            .WithExample(
                new GrantCredits("workspace_01h455vb4pex5vsknk084sn02r", "5", "For the outage of Tuesday."),
                new CreditsMoved("grant_01h455vb4pex5vsknk084sn02q", "workspace_01h455vb4pex5vsknk084sn02r", "5")
            )
            .WithProblems(CreditActs.Problems);

    private static async Task<IResult> HandleAsync(
        GrantCredits command,
        HttpContext http,
        Caller caller,
        EventStore store,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        if (GrantCreditsValidator.Faults(command, time.GetUtcNow()) is { Length: > 0 } faults)
            return CommonProblems.InvalidValues.With("The grant can't be made like this.", faults).AsResult();
        var credits = PositiveCredits.Read(command.Credits)!.Value;
        return await CreditActs.DoAsync(
            new CreditAct(
                "grant",
                "POST /admin/credits/grants",
                "credits.granted",
                command,
                command.Workspace,
                command.Note
            ),
            http,
            caller,
            store,
            (session, grant) =>
            {
                Wallets.Grant(session, grant, credits, "admin", command.ExpiresAt?.ToUniversalTime());
                return Task.FromResult<(long, Problem?)>((credits, null));
            },
            (_, _) => Task.FromResult<Problem?>(null),
            cancel
        );
    }
}
