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

namespace Lectern.Billing.Caps;

/// <summary>Decides how much may be spent; what is left out has no cap. Both count by UTC.</summary>
/// <param name="Daily">Credits in a day.</param>
/// <param name="Monthly">Credits in a calendar month.</param>
internal sealed record SetCaps(string? Daily = null, string? Monthly = null);

/// <summary>What may be spent and what was, in credits.</summary>
/// <param name="Workspace">Of all that the workspace spends.</param>
/// <param name="Keys">Of each API key that was used or has a cap. What a key may spend in all stands with the key.</param>
internal sealed record CapsView(CapPeriods Workspace, IReadOnlyList<KeyCaps> Keys);

/// <summary>The caps of one API key.</summary>
/// <param name="ApiKey">The key's id.</param>
/// <param name="Day">Today, UTC.</param>
/// <param name="Month">This month, UTC.</param>
/// <param name="Used">What it has used in all.</param>
internal sealed record KeyCaps(string ApiKey, CapView Day, CapView Month, string Used);

/// <summary>The caps of the workspace.</summary>
/// <param name="Day">Today, UTC.</param>
/// <param name="Month">This month, UTC.</param>
internal sealed record CapPeriods(CapView Day, CapView Month);

/// <summary>A cap, in credits.</summary>
/// <param name="Cap">What may be used; null for no cap.</param>
/// <param name="Used">Spent, and held for running jobs.</param>
internal sealed record CapView(string? Cap, string Used);

/// <summary><c>GET</c> and <c>PUT /credits/caps</c>, and <c>PUT /credits/caps/{key}</c>.</summary>
internal static class CapsEndpoints
{
    private static readonly CapPeriods Periods = new(new CapView("5", "1.2"), new CapView(null, "14.6"));

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/credits/caps", GetAsync)
            .WithName("GetCaps")
            .WithTags("credits")
            .WithSummary("How much the workspace and its API keys may spend, and what they have")
            .WithExample(
                response: new CapsView(
                    Periods,
                    [
                        new KeyCaps(
                            "apikey_01h455vb4pex5vsknk084sn02q",
                            new CapView("1", "0.2"),
                            new CapView("10", "3"),
                            "7.5"
                        ),
                    ]
                )
            );
        api.MapPut("/credits/caps", SetOfWorkspaceAsync)
            .WithName("SetCaps")
            .WithTags("credits")
            .WithSummary("Cap what the workspace spends in a day and in a month")
            .WithDescription("A job that would exceed a cap is refused before it starts; what runs already goes on.")
            .ForAdmins()
            .WithExample(new SetCaps("5", "100"), Periods)
            .WithProblems(CommonProblems.InvalidValues);
        api.MapPut("/credits/caps/{key}", SetOfKeyAsync)
            .WithName("SetKeyCaps")
            .WithTags("credits")
            .WithSummary("Cap what an API key spends in a day and in a month")
            .WithDescription("What the key may spend in all was decided when it was made, and stays.")
            .ForAdmins()
            .WithExample(new SetCaps("1", "10"), Periods)
            .WithProblems(CommonProblems.InvalidValues, CommonProblems.NotFound);
    }

    private static async Task<Ok<CapsView>> GetAsync(Caller caller, EventStore store, CancellationToken cancel)
    {
        await using var session = store.OpenSession(caller);
        var workspace = await SpendingCaps.OfWorkspaceAsync(session, cancel);
        var keys = await SpendingCaps.OfKeysAsync(session, cancel);
        return TypedResults.Ok(
            new CapsView(
                Show(workspace),
                [
                    .. keys.GroupBy(use => use.ApiKey)
                        .Select(key =>
                        {
                            List<CapUse> uses = [.. key];
                            var periods = Show(uses);
                            return new KeyCaps(
                                AccountIds.ApiKey(key.Key),
                                periods.Day,
                                periods.Month,
                                Credits.Format(uses.Single(use => use.Period == "ever").Used)
                            );
                        }),
                ]
            )
        );
    }

    private static async Task<Results<Ok<CapPeriods>, ProblemResult>> SetOfWorkspaceAsync(
        SetCaps command,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        return await SetAsync(command, null, http, caller, session, store, cancel);
    }

    private static async Task<Results<Ok<CapPeriods>, ProblemResult>> SetOfKeyAsync(
        string key,
        SetCaps command,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        return await ApiKeyReader.FindAsync(session, key, cancel) is { } found
            ? await SetAsync(command, found, http, caller, session, store, cancel)
            : CommonProblems.NotFound.With("The workspace has no API key of this id.").AsResult();
    }

    private static async Task<Results<Ok<CapPeriods>, ProblemResult>> SetAsync(
        SetCaps command,
        Guid? key,
        HttpContext http,
        Caller caller,
        Session session,
        EventStore store,
        CancellationToken cancel
    )
    {
        var faults = new List<FieldError>();
        var daily = Read(command.Daily, "/daily", faults);
        var monthly = Read(command.Monthly, "/monthly", faults);
        if (faults.Count > 0)
            return CommonProblems.InvalidValues.With("The caps don't fit.", [.. faults]).AsResult();

        session.Append<Ledger.Wallet>(Ledger.Wallet.IdOf(caller.Workspace), new SpendingCapsSet(key, daily, monthly));
        AuditLog.Record(
            session,
            caller.Workspace,
            "credits.caps_set",
            key is { } id ? AccountIds.ApiKey(id) : null,
            new() { ["daily"] = command.Daily, ["monthly"] = command.Monthly },
            address: http.Connection.RemoteIpAddress?.ToString()
        );
        await session.SaveChangesAsync(cancel);

        await using var reading = store.OpenSession(caller);
        var uses = key is { } used
            ? await SpendingCaps.OfKeyAsync(reading, used, capInAll: null, cancel)
            : await SpendingCaps.OfWorkspaceAsync(reading, cancel);
        return TypedResults.Ok(Show(uses));
    }

    private static long? Read(string? credits, string pointer, List<FieldError> faults)
    {
        if (credits is null)
            return null;
        if (Credits.TryParse(credits, out var micro))
            return micro;
        faults.Add(new FieldError(pointer, "must be a number of credits such as \"12.5\", at most six decimals"));
        return null;
    }

    private static CapPeriods Show(IReadOnlyList<CapUse> uses) =>
        new(Show(uses.Single(use => use.Period == "day")), Show(uses.Single(use => use.Period == "month")));

    private static CapView Show(CapUse use) =>
        new(use.Cap is { } cap ? Credits.Format(cap) : null, Credits.Format(use.Used));
}
