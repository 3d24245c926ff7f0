using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Corrections;

/// <summary>Sets an entry of a workspace's ledger right by another one that names it.</summary>
/// <param name="Workspace">Its id.</param>
/// <param name="Entry">The number of the entry that was wrong.</param>
/// <param name="Credits">How many to give; with a minus before it, to take back.</param>
/// <param name="Note">Why; the workspace reads it in its ledger. At most 500 characters.</param>
internal sealed record CorrectEntry(string Workspace, int Entry, string Credits, string Note);

internal static class CorrectEntryValidator
{
    public static FieldError[] Faults(CorrectEntry command) =>
        [
            .. CreditsOf(command) is null
                ? new[]
                {
                    new FieldError(
                        "/credits",
                        "must be a number of credits other than 0 with at most six decimals, with a minus to take back"
                    ),
                }
                : [],
            .. CreditAct.FaultsOfNote(command.Note),
        ];

    /// <summary>Micro-credits with their sign.</summary>
    public static long? CreditsOf(CorrectEntry command)
    {
        var takesBack = command.Credits.StartsWith('-');
        return
            SharedKernel.Credits.TryParse(takesBack ? command.Credits[1..] : command.Credits, out var credits)
            && credits != 0
            ? takesBack
                ? -credits
                : credits
            : null;
    }
}

/// <summary><c>POST /admin/credits/corrections</c>.</summary>
internal static class CorrectEntryEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/admin/credits/corrections", HandleAsync)
            .WithName("CorrectEntry")
            .WithTags("admin")
            .WithSummary("Correct an entry of a workspace's ledger")
            .WithDescription("The entry stays as it is; the correction is an entry of its own that names it.")
            .ForPlatformAdmins()
            .Produces<CreditsMoved>(StatusCodes.Status201Created)
            .WithExample(
                new CorrectEntry("workspace_01h455vb4pex5vsknk084sn02r", 7, "-2.5", "Granted to the wrong workspace."),
                new CreditsMoved(
                    "correction_01h455vb4pex5vsknk084sn02t",
                    "workspace_01h455vb4pex5vsknk084sn02r",
                    "-2.5"
                )
            )
            .WithProblems([.. CreditActs.Problems, BillingProblems.NoSuchEntry, BillingProblems.TooFewCredits]);

    private static async Task<IResult> HandleAsync(
        CorrectEntry command,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (CorrectEntryValidator.Faults(command) is { Length: > 0 } faults)
            return CommonProblems.InvalidValues.With("The correction can't be made like this.", faults).AsResult();
        var credits = CorrectEntryValidator.CreditsOf(command)!.Value;
        return await CreditActs.DoAsync(
            new CreditAct(
                "correction",
                "POST /admin/credits/corrections",
                "credits.corrected",
                command,
                command.Workspace,
                command.Note
            ),
            http,
            caller,
            store,
            AddAsync,
            RefuseAsync,
            cancel
        );

        async Task<(long, Problem?)> AddAsync(Session session, Guid correction)
        {
            // The constraint would take the correction's own number for one that the ledger has.
            if (!await HasAsync(session, command.Entry, cancel))
                return (0, NoSuchEntry());
            Wallets.Correct(session, correction, command.Entry, credits, "admin");
            return (credits, null);
        }

        async Task<Problem?> RefuseAsync(Session reading, string constraint) =>
            constraint switch
            {
                Wallets.CorrectionOfAnEntry => NoSuchEntry(),
                Wallets.Overdrawn => TooFew((await Wallets.BalanceAsync(reading, cancel)).Available),
                _ => null,
            };
    }

    private static async Task<bool> HasAsync(Session session, int entry, CancellationToken cancel) =>
        (
            await session.QueryAsync(
                "select 1 from billing.ledger where workspace_id = $1 and number = $2",
                row => row.GetInt32(0),
                cancel,
                session.Context.Workspace,
                entry
            )
        ).Count > 0;

    private static Problem NoSuchEntry() => BillingProblems.NoSuchEntry.With("No entry has this number.");

    private static Problem TooFew(long available) =>
        BillingProblems.TooFewCredits.With($"{Credits.Format(available)} credits are available.") with
        {
            Extensions = new Dictionary<string, object?> { ["available"] = Credits.Format(available) },
        };
}
