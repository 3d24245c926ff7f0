using System.Text.Json.Nodes;
using Lectern.Accounts.Contracts;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Lectern.Billing.TopUps;

/// <summary>Says who gets the credits for an unmatched payment.</summary>
/// <param name="Workspace">Whose payment it is.</param>
/// <param name="Credits">How many; without it, what the amount buys, if its currency is taken.</param>
internal sealed record MatchPayment(string Workspace, string? Credits = null);

/// <summary><c>POST /admin/payments/{id}/match</c>.</summary>
internal static class MatchPaymentEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/admin/payments/{id}/match", HandleAsync)
            .WithName("MatchPayment")
            .WithTags("admin")
            .WithSummary("Grant a workspace what an unmatched payment paid for, once")
            .ForPlatformAdmins()
            .WithExample(
                new MatchPayment("workspace_01h455vb4pex5vsknk084sn02r"),
                PaymentView.Example with
                {
                    Outcome = Outcomes.Granted,
                    Reason = null,
                    Workspace = "workspace_01h455vb4pex5vsknk084sn02r",
                }
            )
            .WithProblems(
                CommonProblems.NotFound,
                CommonProblems.InvalidValues,
                BillingProblems.UnknownWorkspace,
                BillingProblems.PaymentNotUnmatched
            );

    private static async Task<Results<Ok<PaymentView>, ProblemResult>> HandleAsync(
        string id,
        MatchPayment command,
        Caller caller,
        EventStore store,
        IOptions<PaymentSettings> settings,
        CancellationToken cancel
    )
    {
        await using var reading = store.OpenWorkerSession(caller);
        if (
            !PublicId.TryParse(Payment.Prefix, id, out var payment)
            || await PaymentView.FindAsync(reading, payment, cancel) is not { } view
        )
            return CommonProblems.NotFound.With("There is no such payment.").AsResult();
        if (view.Outcome != Outcomes.Unmatched)
            return NotUnmatched(view.Outcome);
        if (await LivingWorkspaces.FindAsync(reading, command.Workspace, cancel) is not { } workspace)
            return BillingProblems.UnknownWorkspace.With("There is no such workspace.").AsResult();
        if (CreditsOf(command, view, settings.Value) is not { } credits)
            return CommonProblems
                .InvalidValues.With(
                    "It can't be said how many credits this is.",
                    new FieldError(
                        "/credits",
                        command.Credits is null
                            ? "is required, since the amount has no price here"
                            : PositiveCredits.Rule
                    )
                )
                .AsResult();

        await using var session = store.OpenWorkerSession(caller with { Workspace = workspace });
        session.Execute(
            """
            update billing.payments set outcome = 'granted', reason = null, workspace_id = $2, changed_at = now()
            where id = $1 and outcome = 'unmatched'
            """,
            payment,
            workspace
        );
        Wallets.Grant(session, payment, credits, Payment.Reason);
        var detail = new JsonObject { ["credits"] = Credits.Format(credits) };
        AuditLog.Record(session, workspace, "payments.matched", id, detail.DeepClone().AsObject());
        detail["workspace"] = AccountIds.Workspace(workspace);
        AuditLog.Record(session, AuditLog.Platform, "payments.matched", id, detail);
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException late) when (late.Constraint == Wallets.GrantedOnce)
        {
            return NotUnmatched(Outcomes.Granted);
        }

        return TypedResults.Ok(await PaymentView.FindAsync(reading, payment, cancel));
    }

    private static long? CreditsOf(MatchPayment command, PaymentView payment, PaymentSettings settings) =>
        command.Credits is not null ? PositiveCredits.Read(command.Credits)
        : payment is { Amount: { } amount, Currency: { } currency } ? settings.CreditsFor(amount, currency)
        : null;

    private static ProblemResult NotUnmatched(string outcome) =>
        BillingProblems.PaymentNotUnmatched.With($"The payment is {outcome}.").AsResult();
}
