using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using NpgsqlTypes;

namespace Lectern.Billing.Codes;

/// <summary>Makes a promotional code.</summary>
/// <param name="Credits">What each use gives.</param>
/// <param name="Uses">How many people can use it, from 1 to a million.</param>
/// <param name="Code">What people type: 6 to 64 letters, digits, dashes and spaces; made at random without it, and then nobody guesses it.</param>
/// <param name="ExpiresAt">Until when it can be used; for ever without it.</param>
/// <param name="CreditsExpireAfterDays">For how many days the credits are good after the use; for ever without it.</param>
/// <param name="Note">What it is for; at most 500 characters. It is kept for good, so it names no person.</param>
internal sealed record CreateCode(
    string Credits,
    int Uses,
    string? Code = null,
    DateTimeOffset? ExpiresAt = null,
    int? CreditsExpireAfterDays = null,
    string? Note = null
);

internal static class CreateCodeValidator
{
    private const int MostUses = 1_000_000;
    private const int MostDays = 3650;
    private const int LongestNote = 500;

    public static FieldError[] Faults(CreateCode command, DateTimeOffset now) => [.. Find(command, now)];

    private static IEnumerable<FieldError> Find(CreateCode command, DateTimeOffset now)
    {
        if (PositiveCredits.Read(command.Credits) is null)
            yield return new FieldError("/credits", PositiveCredits.Rule);
        if (command.Uses is < 1 or > MostUses)
            yield return new FieldError("/uses", $"must be from 1 to {MostUses}");
        if (command.Code is { } code && CodeText.Normalize(code) is null)
            yield return new FieldError(
                "/code",
                $"must have {CodeText.Shortest} to {CodeText.Longest} letters and digits; dashes and spaces don't count"
            );
        if (command.ExpiresAt <= now)
            yield return new FieldError("/expiresAt", "must be in the future");
        if (command.CreditsExpireAfterDays is < 1 or > MostDays)
            yield return new FieldError("/creditsExpireAfterDays", $"must be from 1 to {MostDays}");
        if (command.Note is { } note && (note.Length > LongestNote || string.IsNullOrWhiteSpace(note)))
            yield return new FieldError("/note", $"must have 1 to {LongestNote} characters");
    }
}

/// <summary><c>POST /admin/credits/codes</c>.</summary>
internal static class CreateCodeEndpoint
{
    private const string Taken = "codes_code";

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/admin/credits/codes", HandleAsync)
            .WithName("CreateCode")
            .WithTags("admin")
            .WithSummary("Make a promotional code")
            .ForPlatformAdmins()
            .WithExample(
                new CreateCode("5", 100, "SPRING-2026", CodeView.Example.ExpiresAt, 90, CodeView.Example.Note),
                CodeView.Example with
                {
                    Used = 0,
                    LastUsedAt = null,
                }
            )
            .WithProblems(CommonProblems.InvalidValues, BillingProblems.CodeTaken);

    private static async Task<Results<Created<CodeView>, ProblemResult>> HandleAsync(
        CreateCode command,
        Caller caller,
        EventStore store,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        if (CreateCodeValidator.Faults(command, time.GetUtcNow()) is { Length: > 0 } faults)
            return CommonProblems.InvalidValues.With("The code can't be made like this.", faults).AsResult();

        var code = command.Code?.Trim() ?? CodeText.New();
        var credits = PositiveCredits.Read(command.Credits)!.Value;
        var id = store.NewId();
        var publicId = PublicId.Format(CodeView.Prefix, id);
        await using var session = store.OpenWorkerSession(caller);
        session.Execute(
            """
            insert into billing.codes
                (id, code, normalized, credits, uses, expires_at, credits_expire_after_days, note)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            id,
            code,
            CodeText.Normalize(code),
            credits,
            command.Uses,
            new Typed(command.ExpiresAt?.ToUniversalTime(), NpgsqlDbType.TimestampTz),
            Typed.Int(command.CreditsExpireAfterDays),
            Typed.Text(command.Note)
        );
        AuditLog.Record(
            session,
            AuditLog.Platform,
            "codes.created",
            publicId,
            new() { ["credits"] = Credits.Format(credits), ["uses"] = command.Uses }
        );
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException taken) when (taken.Constraint == Taken)
        {
            return BillingProblems
                .CodeTaken.With("There is such a code already.", new FieldError("/code", "is taken"))
                .AsResult();
        }

        await using var reading = store.OpenWorkerSession(caller);
        var made = await reading.QueryAsync(
            $"select {CodeView.Columns} from billing.codes where id = $1",
            CodeView.Read,
            cancel,
            id
        );
        return TypedResults.Created((string?)null, made.Single());
    }
}
