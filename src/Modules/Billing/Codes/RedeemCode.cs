using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Codes;

/// <summary>Uses a promotional code.</summary>
/// <param name="Code">Case, dashes and spaces don't matter.</param>
internal sealed record RedeemCode(string Code);

/// <summary>What a code gave.</summary>
/// <param name="Credits">The workspace has them now.</param>
/// <param name="ExpireAt">Until when they are good; for ever without it.</param>
internal sealed record CodeRedeemed(string Credits, DateTimeOffset? ExpireAt);

/// <summary>
/// <c>POST /credits/codes</c>. A use changes the code's row, whose checks judge it by the database's clock; and the grant's
/// id follows from the code and the person, so that nobody uses a code twice, in whatever workspace.
/// </summary>
internal static class RedeemCodeEndpoint
{
    private const string Expired = "code_not_expired";
    private const string Disabled = "code_not_disabled";
    private const string UsedUp = "code_not_used_up";

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/credits/codes", HandleAsync)
            .WithName("RedeemCode")
            .WithTags("credits")
            .WithSummary("Get credits for a promotional code")
            .WithDescription("Each person can use a code once.")
            .ForEditorsInPerson()
            .LimitedAs(RateLimit.SignIn)
            .WithExample(
                new RedeemCode(CodeView.Example.Code),
                new CodeRedeemed("5", DateTimeOffset.UnixEpoch.AddDays(93))
            )
            .WithProblems(BillingProblems.CodeNotValid, BillingProblems.CodeUsedUp, BillingProblems.CodeAlreadyUsed);

    private static async Task<Results<Ok<CodeRedeemed>, ProblemResult>> HandleAsync(
        RedeemCode command,
        Caller caller,
        EventStore store,
        IRateLimits limits,
        HttpContext http,
        CancellationToken cancel
    )
    {
        // Guesses count, by whom they are made; so the permit is taken before the look, and given back unless it was one.
        var who = $"codes|{caller.Person}";
        if (limits.Take(http, RateLimit.SignIn, who) is { } tooMany)
            return tooMany.AsResult();
        var (redeemed, refusal) = await RedeemAsync(command.Code, caller, store, cancel);
        if (refusal?.Type != BillingProblems.CodeNotValid)
            limits.GiveBack(http, RateLimit.SignIn, who);
        return redeemed is null ? refusal!.AsResult() : TypedResults.Ok(redeemed);
    }

    private static async Task<(CodeRedeemed? Redeemed, Problem? Refusal)> RedeemAsync(
        string text,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(caller);
        if (CodeText.Normalize(text) is not { } normalized)
            return (null, NotValid());
        var found = await session.QueryAsync(
            """
            select id, credits, now() + make_interval(days => credits_expire_after_days) from billing.codes
            where normalized = $1 and disabled_at is null and (expires_at is null or expires_at > now())
            """,
            row =>
                (
                    Id: row.GetGuid(0),
                    Credits: row.GetInt64(1),
                    ExpireAt: row.IsDBNull(2) ? (DateTimeOffset?)null : row.GetFieldValue<DateTimeOffset>(2)
                ),
            cancel,
            normalized
        );
        if (found is not [var code])
            return (null, NotValid());

        var grant = DerivedId.From($"billing.code_use.{code.Id:n}", caller.Person);
        session.Execute(
            "update billing.codes set used = used + 1, last_used_at = clock_timestamp() where id = $1",
            code.Id
        );
        Wallets.Grant(session, grant, code.Credits, "promotional_code", code.ExpireAt);
        try
        {
            await session.SaveChangesAsync(cancel);
            return (new CodeRedeemed(Credits.Format(code.Credits), code.ExpireAt), null);
        }
        catch (ConstraintViolatedException refused) when (refused.Constraint is Expired or Disabled)
        {
            return (null, NotValid());
        }
        catch (ConstraintViolatedException refused) when (refused.Constraint == Wallets.GrantedOnce)
        {
            return (null, AlreadyUsed());
        }
        catch (ConstraintViolatedException refused) when (refused.Constraint == UsedUp)
        {
            // Whoever tries again, not sure whether it worked, is told that it did, also when it was the last use.
            return (null, await HasUsedAsync(grant, caller, store, cancel) ? AlreadyUsed() : NothingLeft());
        }
    }

    private static async Task<bool> HasUsedAsync(Guid grant, Caller caller, EventStore store, CancellationToken cancel)
    {
        await using var reading = store.OpenWorkerSession(caller); // the use may have been in another workspace
        return (
                await reading.QueryAsync(
                    "select 1 from billing.ledger where cause_id = $1 and kind = 'granted'",
                    row => row.GetInt32(0),
                    cancel,
                    grant
                )
            ).Count > 0;
    }

    private static Problem NotValid() => BillingProblems.CodeNotValid.With("There is no code like this to be used.");

    private static Problem AlreadyUsed() => BillingProblems.CodeAlreadyUsed.With("You have used this code before.");

    private static Problem NothingLeft() => BillingProblems.CodeUsedUp.With("Others have used all that there was.");
}
