using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.People;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Administration;

/// <summary>Changes what administrators decide about a person. What is left out stays as it is.</summary>
/// <param name="Name">What they are called; at most 100 characters.</param>
/// <param name="Plan">A code of lower-case letters, digits, <c>-</c> and <c>_</c>.</param>
/// <param name="Disabled">Whether they are kept out: all of their sessions end at once.</param>
/// <param name="PlatformAdmin">Whether they administer the platform.</param>
internal sealed record ChangePerson(
    string? Name = null,
    string? Plan = null,
    bool? Disabled = null,
    bool? PlatformAdmin = null
);

internal static partial class PersonRules
{
    public static FieldError[] Faults(string? name, string? plan) =>
        [
            .. DisplayName.Fault(name) is { } badName ? [new FieldError("/name", badName)] : Nothing,
            .. plan is not null && !PlanCode().IsMatch(plan)
                ? [new FieldError("/plan", "must be 1 to 32 lower-case letters, digits, - or _")]
                : Nothing,
        ];

    private static readonly FieldError[] Nothing = [];

    [GeneratedRegex(@"\A[a-z0-9_-]{1,32}\z")]
    private static partial Regex PlanCode();
}

/// <summary><c>PATCH /admin/people/{id}</c>.</summary>
internal static class ChangePersonEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPatch("/admin/people/{id}", HandleAsync)
            .WithTags("admin")
            .WithSummary("Change a person's name, plan and rights, or keep them out")
            .ForPlatformAdmins()
            .WithExample(new ChangePerson(Plan: "studio"), AdminPerson.Example with { Plan = "studio" })
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues, AccountsProblems.LastPlatformAdmin);

    private static async Task<Results<Ok<AdminPerson>, ProblemResult>> HandleAsync(
        string id,
        ChangePerson command,
        Caller caller,
        EventStore store,
        SignInSessions sessions,
        CancellationToken cancel
    )
    {
        if (PersonRules.Faults(command.Name, command.Plan) is { Length: > 0 } faults)
            return CommonProblems.InvalidValues.With("The person can't be like this.", faults).AsResult();
        if (
            !PublicId.TryParse(AccountIds.PersonPrefix, id, out var person)
            || await ShowPersonEndpoint.FindAsync(store, caller, person, cancel) is null
        )
            return ShowPersonEndpoint.NotThere().AsResult();
        await using var session = store.OpenWorkerSession(caller);
        var ends = PersonChanges.Add(session, person, command);
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException last) when (last.Constraint == PersonChanges.LastPlatformAdmin)
        {
            return AccountsProblems.LastPlatformAdmin.With("This is the last one.").AsResult();
        }

        if (ends)
            await sessions.EndedAsync(cancel);
        return await ShowPersonEndpoint.FindAsync(store, caller, person, cancel) is { } changed
            ? TypedResults.Ok(changed)
            : ShowPersonEndpoint.NotThere().AsResult();
    }
}

/// <summary>What a change of a person comes to in a unit of work; administrators and operators do the same.</summary>
internal static class PersonChanges
{
    /// <summary>The constraint that refuses to leave the platform without an administrator.</summary>
    public const string LastPlatformAdmin = "platform_has_an_admin";

    /// <summary>Adds the change to a worker session; says whether sessions end, for <see cref="SignInSessions.EndedAsync"/>.</summary>
    public static bool Add(Session session, Guid person, ChangePerson change)
    {
        session.Execute(
            """
            update accounts.people set
                name = coalesce($2, name),
                plan = coalesce($3, plan),
                disabled_at = case when $4 then coalesce(disabled_at, now()) when not $4 then null else disabled_at end,
                platform_admin = coalesce($5, platform_admin)
            where id = $1 and erased_at is null
            """,
            person,
            Typed.Text(change.Name),
            Typed.Text(change.Plan),
            new Typed(change.Disabled, NpgsqlTypes.NpgsqlDbType.Boolean),
            new Typed(change.PlatformAdmin, NpgsqlTypes.NpgsqlDbType.Boolean)
        );
        // An access token says that its bearer administers the platform, so it must not outlive that either.
        var ends = change.Disabled == true || change.PlatformAdmin == false;
        if (ends)
            SignInSessions.End(session, person, null, change.Disabled == true ? "disabled" : "demoted");
        foreach (var (action, detail) in Actions(change))
            AuditLog.Record(session, AuditLog.Platform, action, AccountIds.Person(person), detail);
        return ends;
    }

    private static IEnumerable<(string Action, JsonObject? Detail)> Actions(ChangePerson change)
    {
        if (change.Name is not null)
            yield return ("people.renamed", null);
        if (change.Plan is not null)
            yield return ("people.plan_changed", new JsonObject { ["plan"] = change.Plan });
        if (change.Disabled is { } disabled)
            yield return (disabled ? "people.disabled" : "people.enabled", null);
        if (change.PlatformAdmin is { } admin)
            yield return (admin ? "people.promoted" : "people.demoted", null);
    }
}
