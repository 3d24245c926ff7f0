using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Corrections;

/// <summary>Gives back what a workspace paid for a job's run, or a part of it.</summary>
/// <param name="Workspace">Its id.</param>
/// <param name="Hold">The hold that was captured, as its ledger shows it.</param>
/// <param name="Note">Why; the workspace reads it in its ledger. At most 500 characters.</param>
/// <param name="Credits">How many, above 0; without it, all that was paid and not refunded yet.</param>
internal sealed record RefundCredits(string Workspace, string Hold, string Note, string? Credits = null);

/// <summary><c>POST /admin/credits/refunds</c>.</summary>
internal static class RefundCreditsEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/admin/credits/refunds", HandleAsync)
            .WithName("RefundCredits")
            .WithTags("admin")
            .WithSummary("Refund what a workspace paid for a job's run")
            .ForPlatformAdmins()
            .Produces<CreditsMoved>(StatusCodes.Status201Created)
            .WithExample(
                new RefundCredits(
                    "workspace_01h455vb4pex5vsknk084sn02r",
                    "hold_01h455vb4pex5vsknk084sn02q",
                    "The last chapter is silent."
                ),
                new CreditsMoved("refund_01h455vb4pex5vsknk084sn02s", "workspace_01h455vb4pex5vsknk084sn02r", "9.4")
            )
            .WithProblems([
                .. CreditActs.Problems,
                BillingProblems.NoSuchCapture,
                BillingProblems.RefundExceedsCapture,
            ]);

    private static async Task<IResult> HandleAsync(
        RefundCredits command,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        var credits = PositiveCredits.Read(command.Credits);
        FieldError[] faults =
        [
            .. command.Credits is not null && credits is null
                ? new[] { new FieldError("/credits", PositiveCredits.Rule) }
                : [],
            .. CreditAct.FaultsOfNote(command.Note),
        ];
        if (faults.Length > 0)
            return CommonProblems.InvalidValues.With("The refund can't be made like this.", faults).AsResult();
        return await CreditActs.DoAsync(
            new CreditAct(
                "refund",
                "POST /admin/credits/refunds",
                "credits.refunded",
                command,
                command.Workspace,
                command.Note
            ),
            http,
            caller,
            store,
            AddAsync,
            (_, constraint) => Task.FromResult(Refusal(constraint)),
            cancel
        );

        async Task<(long, Problem?)> AddAsync(Session session, Guid refund)
        {
            if (
                !PublicId.TryParse("hold", command.Hold, out var hold)
                || await LeftOfAsync(session, hold, cancel) is not { } left
            )
                return (0, Refusal(Wallets.RefundOfACapture));
            if (left == 0 || credits > left)
                return (0, Refusal(Wallets.RefundsWithinCapture));
            Wallets.Refund(session, refund, hold, credits ?? left, "admin");
            return (credits ?? left, null);
        }
    }

    /// <summary>
    /// Micro-credits that were captured and not refunded; null when nothing was captured. Others may refund at the same
    /// time, so it makes an amount and a good answer, and the constraints decide.
    /// </summary>
    private static async Task<long?> LeftOfAsync(Session session, Guid hold, CancellationToken cancel)
    {
        var found = await session.QueryAsync(
            """
            select captured - refunded from billing.hold_ends
            where hold_id = $1 and workspace_id = $2 and captured > 0
            """,
            row => row.GetInt64(0),
            cancel,
            hold,
            session.Context.Workspace
        );
        return found is [var left] ? left : null;
    }

    private static Problem? Refusal(string constraint) =>
        constraint switch
        {
            Wallets.RefundOfACapture => BillingProblems.NoSuchCapture.With("Nothing was captured of such a hold."),
            Wallets.RefundsWithinCapture => BillingProblems.RefundExceedsCapture.With(
                "So much of what was captured is not left."
            ),
            _ => null,
        };
}
