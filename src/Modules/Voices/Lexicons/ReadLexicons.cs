using System.Globalization;
using Lectern.Eventing;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Voices.Lexicons;

/// <summary>A version of a lexicon, and what it changed.</summary>
/// <param name="Version">Counted from 1.</param>
/// <param name="At">When it came to be.</param>
/// <param name="Change">created, changed or described (another name or language).</param>
/// <param name="Added">Entries that it added.</param>
/// <param name="Changed">Entries that it changed.</param>
/// <param name="Removed">Entries that it took out.</param>
/// <param name="Count">Entries that it has; null when it changed none.</param>
internal sealed record LexiconVersion(
    int Version,
    DateTimeOffset At,
    string Change,
    int Added,
    int Changed,
    int Removed,
    int? Count
)
{
    public static LexiconVersion Of(StoredEvent stored)
    {
        var (version, at) = (stored.Version!.Value, stored.At!.Value);
        return stored.Data switch
        {
            LexiconCreated created => new(version, at, "created", created.Entries, 0, 0, created.Entries),
            LexiconChanged c => new(version, at, "changed", c.Added, c.Changed, c.Removed, c.Entries),
            _ => new(version, at, "described", 0, 0, 0, null),
        };
    }
}

/// <summary>Versions of a lexicon, in order.</summary>
/// <param name="Versions">Up to 200.</param>
/// <param name="Next">Pass it as <c>after</c> for those behind them; null at the end.</param>
internal sealed record LexiconVersions(IReadOnlyList<LexiconVersion> Versions, int? Next);

/// <summary><c>GET</c> of lexicons, their versions, and their PLS form.</summary>
internal static class ReadLexiconsEndpoints
{
    private const int VersionsOfAPage = 200;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/lexicons", ListAsync)
            .WithName("ListLexicons")
            .WithTags("lexicons")
            .WithSummary("The lexicons of the workspace, newest first")
            .WithExample(response: new Page<LexiconSummary>([LexiconSummary.Example], null))
            .WithProblems(CommonProblems.InvalidValues);
        api.MapGet("/lexicons/{id}", GetAsync)
            .WithName("GetLexicon")
            .WithTags("lexicons")
            .WithSummary("A lexicon with its entries")
            .WithDescription("The ETag is its version: send it as If-Match with a change.")
            .Produces<LexiconView>()
            .Produces(StatusCodes.Status304NotModified)
            .WithExample(response: LexiconView.Example)
            .WithProblems(CommonProblems.NotFound);
        api.MapGet("/lexicons/{id}/versions", VersionsAsync)
            .WithName("ListLexiconVersions")
            .WithTags("lexicons")
            .WithSummary("Every version of a lexicon, and what it changed")
            .WithExample(
                response: new LexiconVersions(
                    [
                        new(1, LexiconSummary.Example.CreatedAt, "created", 1, 0, 0, 1),
                        new(2, LexiconSummary.Example.ChangedAt, "changed", 1, 0, 0, 2),
                    ],
                    null
                )
            )
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues);
        api.MapGet("/lexicons/{id}/versions/{version:int}", VersionAsync)
            .WithName("GetLexiconVersion")
            .WithTags("lexicons")
            .WithSummary("The entries of a version of a lexicon")
            .WithExample(response: LexiconView.Example.Entries)
            .WithProblems(CommonProblems.NotFound);
        api.MapGet("/lexicons/{id}/pls", PlsAsync)
            .WithName("ExportLexicon")
            .WithTags("lexicons")
            .WithSummary("A lexicon in the W3C's Pronunciation Lexicon Specification")
            .Produces<string>(StatusCodes.Status200OK, PlsDocument.MediaType)
            .WithExample()
            .WithProblems(CommonProblems.NotFound);
    }

    private static async Task<Results<Ok<Page<LexiconSummary>>, ProblemResult>> ListAsync(
        string? project,
        int? limit,
        string? cursor,
        Caller caller,
        EventStore store,
        PageCursor cursors,
        CancellationToken cancel
    )
    {
        Guid? only = null;
        if (project is not null)
        {
            if (!PublicId.TryParse(ProjectDirectory.Prefix, project, out var parsed))
                return CommonProblems
                    .InvalidValues.With(
                        "The project is not one.",
                        new FieldError("project", "must be the id of a project")
                    )
                    .AsResult();
            only = parsed;
        }
        var (page, refusal) = ListPage.Of(cursors, $"{caller.Workspace}/lexicons/{only}", limit, cursor);
        if (page is null)
            return refusal!.AsResult();
        await using var session = store.OpenSession(caller);
        var rows = await session.QueryAsync(
            $"""
            select {LexiconSummary.Columns} from voices.lexicons
            where workspace_id = $1 and ($2::uuid is null or project = $2) and (created_at, id) < ($3, $4)
            order by created_at desc, id desc limit $5
            """,
            row => new ListRow<LexiconSummary>(
                row.GetFieldValue<DateTimeOffset>(6),
                row.GetGuid(0),
                LexiconSummary.Read(row)
            ),
            cancel,
            caller.Workspace,
            Typed.Uuid(only),
            page.Before,
            page.BeforeId,
            page.Rows
        );
        return TypedResults.Ok(page.Cut(rows));
    }

    private static async Task<IResult> GetAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await FindAsync(session, id, cancel) is not ({ } lexicon, var entries))
            return LexiconSummary.NotFound.AsResult();
        return VersionTag.Answer(http, VersionTag.Of(lexicon.Version), new LexiconView(lexicon, entries));
    }

    private static async Task<IResult> PlsAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await FindAsync(session, id, cancel) is not ({ } lexicon, var entries))
            return LexiconSummary.NotFound.AsResult();
        VersionTag.Tell(http.Response, VersionTag.Of(lexicon.Version));
        return TypedResults.Bytes(
            PlsDocument.Write(lexicon.Language, entries),
            PlsDocument.MediaType,
            $"{lexicon.Id}.pls"
        );
    }

    private static async Task<Results<Ok<LexiconVersions>, ProblemResult>> VersionsAsync(
        string id,
        int? after,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        if (after < 0)
            return CommonProblems
                .InvalidValues.With("There is no such version.", new FieldError("after", "must be 0 or more"))
                .AsResult();
        await using var session = store.OpenSession(caller);
        if (await NamedAsync(session, id, cancel) is not ({ } lexicon, var known))
            return LexiconSummary.NotFound.AsResult();
        var events = await session.ReadStreamAsync(known, after ?? 0, VersionsOfAPage, cancel);
        int? next = events.Count == VersionsOfAPage && events[^1].Version < lexicon.Version ? events[^1].Version : null;
        return TypedResults.Ok(new LexiconVersions([.. events.Select(LexiconVersion.Of)], next));
    }

    private static async Task<Results<Ok<List<LexiconEntry>>, ProblemResult>> VersionAsync(
        string id,
        int version,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        if (await NamedAsync(session, id, cancel) is not ({ } lexicon, var known))
            return LexiconSummary.NotFound.AsResult();
        return version < 1 || version > lexicon.Version
            ? CommonProblems
                .NotFound.With(
                    string.Create(CultureInfo.InvariantCulture, $"The lexicon has the versions 1 to {lexicon.Version}.")
                )
                .AsResult()
            : TypedResults.Ok(await LexiconSummary.EntriesAsync(session, known, version, cancel));
    }

    /// <summary>A lexicon with the entries of its version.</summary>
    public static async Task<(LexiconSummary Lexicon, List<LexiconEntry> Entries)?> FindAsync(
        Session session,
        string id,
        CancellationToken cancel
    ) =>
        await NamedAsync(session, id, cancel) is ({ } lexicon, var known)
            ? (lexicon, await LexiconSummary.EntriesAsync(session, known, lexicon.Version, cancel))
            : null;

    private static async Task<(LexiconSummary Lexicon, Guid Id)?> NamedAsync(
        Session session,
        string id,
        CancellationToken cancel
    ) =>
        PublicId.TryParse(LexiconSummary.Prefix, id, out var known)
        && await LexiconSummary.FindAsync(session, known, cancel) is { } lexicon
            ? (lexicon, known)
            : null;
}
