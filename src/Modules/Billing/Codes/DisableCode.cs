using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Billing.Codes;

/// <summary>
/// <c>DELETE /admin/credits/codes/{id}</c>. The row stays: it says how often the code was used, and keeps it from being
/// made again for those who had it already.
/// </summary>
internal static class DisableCodeEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapDelete("/admin/credits/codes/{id}", HandleAsync)
            .WithName("DisableCode")
            .WithTags("admin")
            .WithSummary("Disable a promotional code for good")
            .WithDescription("What it has given stays given.")
            .ForPlatformAdmins()
            .WithExample()
            .WithProblems(CommonProblems.NotFound);

    private static async Task<Results<NoContent, ProblemResult>> HandleAsync(
        string id,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(caller);
        if (!PublicId.TryParse(CodeView.Prefix, id, out var code))
            return NotThere();
        var found = await session.QueryAsync(
            "select disabled_at is not null from billing.codes where id = $1",
            row => row.GetBoolean(0),
            cancel,
            code
        );
        if (found is not [var isDisabled])
            return NotThere();
        if (isDisabled)
            return TypedResults.NoContent();
        // Not before the last use, however the clock may have been set in between.
        session.Execute(
            """
            update billing.codes set disabled_at = greatest(clock_timestamp(), last_used_at)
            where id = $1 and disabled_at is null
            """,
            code
        );
        AuditLog.Record(session, AuditLog.Platform, "codes.disabled", id);
        await session.SaveChangesAsync(cancel);
        return TypedResults.NoContent();
    }

    private static ProblemResult NotThere() => CommonProblems.NotFound.With("There is no such code.").AsResult();
}
