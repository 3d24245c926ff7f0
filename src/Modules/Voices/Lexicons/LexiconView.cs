using Lectern.Eventing;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Npgsql;

namespace Lectern.Voices.Lexicons;

/// <summary>A lexicon as lists show it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Language">The texts that it is for: BCP 47; <c>en</c> is for <c>en-GB</c>, too.</param>
/// <param name="Project">The project that it is for; the whole workspace without one.</param>
/// <param name="Version">Counted from 1; its ETag.</param>
/// <param name="Count">How many entries it has.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ChangedAt">When its version came to be.</param>
internal sealed record LexiconSummary(
    string Id,
    string Name,
    string Language,
    string? Project,
    int Version,
    int Count,
    DateTimeOffset CreatedAt,
    DateTimeOffset ChangedAt
)
{
    public const string Prefix = "lexicon";
    public const string Columns = "id, name, language, project, version, entries, created_at, changed_at";

    public static readonly LexiconSummary Example = new(
        "lexicon_01h455vb4pex5vsknk084sn02q",
        "Whalers",
        "en",
        null,
        2,
        2,
        new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero),
        new DateTimeOffset(2026, 1, 5, 9, 45, 0, TimeSpan.Zero)
    );

    public static readonly Problem NotFound = CommonProblems.NotFound.With(
        "There is no lexicon with this id in the workspace."
    );

    public static LexiconSummary Read(NpgsqlDataReader row) =>
        new(
            PublicId.Format(Prefix, row.GetGuid(0)),
            row.GetString(1),
            row.GetString(2),
            row.IsDBNull(3) ? null : PublicId.Format(ProjectDirectory.Prefix, row.GetGuid(3)),
            row.GetInt32(4),
            row.GetInt32(5),
            row.GetFieldValue<DateTimeOffset>(6),
            row.GetFieldValue<DateTimeOffset>(7)
        );

    /// <summary>The lexicon, or null when there is none in the session's workspace.</summary>
    public static async Task<LexiconSummary?> FindAsync(Session session, Guid id, CancellationToken cancel) =>
        (
            await session.QueryAsync($"select {Columns} from voices.lexicons where id = $1", Read, cancel, id)
        ).SingleOrDefault();

    /// <summary>The entries that were in force in a version, by their words.</summary>
    public static Task<List<LexiconEntry>> EntriesAsync(
        Session session,
        Guid id,
        int version,
        CancellationToken cancel
    ) =>
        session.QueryAsync(
            """
            select word, alias, ipa from voices.lexicon_entries
            where lexicon_id = $1 and since <= $2 and (until is null or until > $2) order by word collate "C"
            """,
            row => new LexiconEntry(
                row.GetString(0),
                row.IsDBNull(1) ? null : row.GetString(1),
                row.IsDBNull(2) ? null : row.GetString(2)
            ),
            cancel,
            id,
            version
        );
}

/// <summary>A lexicon with its entries.</summary>
/// <param name="Lexicon">The lexicon.</param>
/// <param name="Entries">In the order of their words.</param>
internal sealed record LexiconView(LexiconSummary Lexicon, IReadOnlyList<LexiconEntry> Entries)
{
    public static readonly LexiconView Example = new(
        LexiconSummary.Example,
        [new("Nantucket", null, "nænˈtʌkɪt"), new("Queequeg", "Kweekweg", "ˈkwiːkwɛɡ")]
    );
}
