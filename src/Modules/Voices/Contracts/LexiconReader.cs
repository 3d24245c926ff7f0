using Lectern.Eventing;

namespace Lectern.Voices.Contracts;

/// <summary>Finds the pronunciations that are in force for a text.</summary>
public static class LexiconReader
{
    /// <summary>
    /// All lexicons of a workspace that fit a text, as one: those of its project go before those of the whole workspace,
    /// those of its region before those of its language, and newer before older ones.
    /// </summary>
    /// <param name="session">An API session of the workspace, or a worker's.</param>
    /// <param name="workspace">Whose.</param>
    /// <param name="project">The project of the text, if it has one.</param>
    /// <param name="language">The language of the text, as a BCP-47 tag. A lexicon of <c>en</c> fits <c>en-GB</c>, too.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<Lexicon> FindAsync(
        Session session,
        Guid workspace,
        Guid? project,
        string language,
        CancellationToken cancel
    )
    {
        var entries = await session.QueryAsync(
            """
            select e.word, e.alias, e.ipa from voices.lexicons l
            join voices.lexicon_entries e on e.lexicon_id = l.id and e.until is null
            where l.workspace_id = $1 and (l.project is null or l.project = $2)
            and (lower(l.language) = lower($3) or starts_with(lower($3), lower(l.language) || '-'))
            order by l.project is null, length(l.language) desc, l.created_at desc, l.id desc
            """,
            row => new LexiconEntry(
                row.GetString(0),
                row.IsDBNull(1) ? null : row.GetString(1),
                row.IsDBNull(2) ? null : row.GetString(2)
            ),
            cancel,
            workspace,
            Typed.Uuid(project),
            language
        );
        return entries.Count == 0 ? Lexicon.Empty : Lexicon.Of(entries);
    }
}
