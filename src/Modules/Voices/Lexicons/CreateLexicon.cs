using Lectern.Eventing;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Voices.Lexicons;

/// <summary>Makes a lexicon.</summary>
/// <param name="Name">What people call it; at most 100 characters.</param>
/// <param name="Language">The texts that it is for: a BCP 47 tag.</param>
/// <param name="Project">The project that it is for; the whole workspace without one.</param>
/// <param name="Entries">Its first entries; none without.</param>
internal sealed record CreateLexicon(
    string Name,
    string Language,
    string? Project = null,
    IReadOnlyList<LexiconEntry>? Entries = null
);

/// <summary><c>POST /lexicons</c>.</summary>
internal static class CreateLexiconEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/lexicons", HandleAsync)
            .WithName("CreateLexicon")
            .WithTags("lexicons")
            .WithSummary("Make a lexicon: how words are to be said")
            .Produces<LexiconSummary>(StatusCodes.Status201Created)
            .WithExample(
                new CreateLexicon("Whalers", "en", null, LexiconView.Example.Entries),
                LexiconSummary.Example with
                {
                    Version = 1,
                }
            )
            .WithProblems(CommonProblems.InvalidValues, LexiconProblems.TooMany, LexiconProblems.UnknownProject);

    private static async Task<IResult> HandleAsync(
        CreateLexicon command,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        var entries = command.Entries ?? [];
        var faults = new List<FieldError>(LexiconRules.Faults(entries, "/entries"));
        if (LexiconRules.NameFault(command.Name) is { } badName)
            faults.Add(badName);
        if (LexiconRules.LanguageFault(command.Language) is { } badLanguage)
            faults.Add(badLanguage);
        Guid? project = null;
        if (command.Project is { } named)
        {
            if (PublicId.TryParse(ProjectDirectory.Prefix, named, out var parsed))
                project = parsed;
            else
                faults.Add(new FieldError("/project", "must be the id of a project"));
        }
        if (faults.Count > 0)
            return CommonProblems.InvalidValues.With("The lexicon can't be made like this.", [.. faults]).AsResult();

        var id = store.NewId();
        await using var session = store.OpenSession(caller);
        var there = await session.QueryAsync("select count(*) from voices.lexicons", row => row.GetInt64(0), cancel);
        if (there.Single() >= LexiconRules.MostLexicons)
            return LexiconProblems.TooMany.With($"The workspace has {there.Single()} lexicons.").AsResult();
        if (project is { } required)
            ProjectDirectory.Require(session, required);
        session.StartStream<LexiconState>(id, new LexiconCreated(project, command.Language, entries.Count));
        session.Execute(
            """
            insert into voices.lexicons (id, workspace_id, project, name, language, version, entries)
            values ($1, $2, $3, $4, $5, 1, $6)
            """,
            id,
            caller.Workspace,
            Typed.Uuid(project),
            command.Name,
            command.Language,
            entries.Count
        );
        LexiconChange.Insert(session, id, 1, entries);
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConstraintViolatedException e) when (ProjectDirectory.Refuses(e))
        {
            return LexiconProblems
                .UnknownProject.With(
                    "The workspace has no project with this id.",
                    new FieldError("/project", "is not a project of the workspace")
                )
                .AsResult();
        }

        await using var reading = store.OpenSession(caller);
        var made = await LexiconSummary.FindAsync(reading, id, cancel);
        http.Response.Headers.ETag = VersionTag.Of(1);
        return made is null
            ? LexiconSummary.NotFound.AsResult() // deleted meanwhile
            : TypedResults.Created($"/api/v1/lexicons/{made.Id}", made);
    }
}
