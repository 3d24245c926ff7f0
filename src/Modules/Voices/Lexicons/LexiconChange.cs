using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Http;

namespace Lectern.Voices.Lexicons;

/// <summary>What becomes of the entries of a lexicon.</summary>
/// <param name="Set">Words that are new or said otherwise.</param>
/// <param name="Ended">Words whose entry of before ends: changed and removed ones.</param>
/// <param name="Event">What happened; null when nothing did.</param>
internal sealed record EntryChanges(IReadOnlyList<LexiconEntry> Set, IReadOnlyList<string> Ended, LexiconChanged? Event)
{
    /// <summary>From the entries that are there to those that are wanted.</summary>
    public static EntryChanges Between(IReadOnlyList<LexiconEntry> there, IReadOnlyList<LexiconEntry> wanted)
    {
        var before = there.ToDictionary(entry => entry.Word, StringComparer.Ordinal);
        var after = wanted.Select(entry => entry.Word).ToHashSet(StringComparer.Ordinal);
        var added = wanted.Where(entry => !before.ContainsKey(entry.Word)).ToList();
        var changed = wanted.Where(e => before.TryGetValue(e.Word, out var old) && old != e).ToList();
        var removed = there.Where(entry => !after.Contains(entry.Word)).Select(entry => entry.Word).ToList();
        var isNothing = added.Count + changed.Count + removed.Count == 0;
        return new EntryChanges(
            [.. added, .. changed],
            [.. changed.Select(entry => entry.Word), .. removed],
            isNothing ? null : new LexiconChanged(added.Count, changed.Count, removed.Count, wanted.Count)
        );
    }
}

/// <summary>
/// What every change of a lexicon does: it expects the version that the client read (If-Match), or the one that is there,
/// and makes the next one. The stream's version decides between two who change it at the same time.
/// </summary>
internal static class LexiconChange
{
    public static readonly ProblemType[] Problems =
    [
        CommonProblems.NotFound,
        CommonProblems.InvalidValues,
        CommonProblems.PreconditionFailed,
        CommonProblems.Conflict,
    ];

    /// <summary>Replaces the entries by what is wanted of them.</summary>
    /// <param name="store">The store.</param>
    /// <param name="id">Which lexicon, as the client names it.</param>
    /// <param name="http">The request.</param>
    /// <param name="caller">Who.</param>
    /// <param name="wanted">From the lexicon and its entries to those that it is to have, or why not.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static Task<IResult> EntriesAsync(
        EventStore store,
        string id,
        HttpContext http,
        Caller caller,
        Func<
            LexiconSummary,
            IReadOnlyList<LexiconEntry>,
            (IReadOnlyList<LexiconEntry>? Entries, Problem? Refusal)
        > wanted,
        CancellationToken cancel
    ) =>
        DoAsync(
            store,
            id,
            http,
            caller,
            async (session, stream, lexicon) =>
            {
                var there = await LexiconSummary.EntriesAsync(session, stream.Id, stream.Version, cancel);
                var (entries, refusal) = wanted(lexicon, there);
                if (refusal is not null)
                    return refusal;
                var changes = EntryChanges.Between(there, entries!);
                if (changes.Event is not { } changed)
                    return null;
                stream.Append(changed);
                End(session, stream.Id, stream.Version, changes.Ended);
                Insert(session, stream.Id, stream.Version, changes.Set);
                session.Execute(
                    "update voices.lexicons set version = $2, entries = $3, changed_at = now() where id = $1",
                    stream.Id,
                    stream.Version,
                    changed.Entries
                );
                return null;
            },
            cancel
        );

    /// <summary>Any change of a lexicon that is there in the version that is expected; answers what it is then.</summary>
    public static async Task<IResult> DoAsync(
        EventStore store,
        string id,
        HttpContext http,
        Caller caller,
        Func<Session, StreamForWriting<LexiconState>, LexiconSummary, Task<Problem?>> change,
        CancellationToken cancel
    )
    {
        if (!PublicId.TryParse(LexiconSummary.Prefix, id, out var lexicon))
            return LexiconSummary.NotFound.AsResult();
        await using var session = store.OpenSession(caller);
        var stream = await session.FetchForWriting<LexiconState>(lexicon, cancel);
        var before = await LexiconSummary.FindAsync(session, lexicon, cancel);
        if (stream is null or { State.IsDeleted: true } || before is null)
            return LexiconSummary.NotFound.AsResult();
        var inVersion = $"The lexicon is in version {stream.Version}.";
        if (VersionTag.Stale(http.Request, VersionTag.Of(stream.Version), inVersion) is { } stale)
            return stale.AsResult();
        if (await change(session, stream, before) is { } refusal)
            return refusal.AsResult();
        try
        {
            await session.SaveChangesAsync(cancel);
        }
        catch (ConcurrencyException)
        {
            return Outrun(http).AsResult();
        }
        catch (ConstraintViolatedException gone) when (gone.Constraint == "entry_of_a_lexicon")
        {
            return LexiconSummary.NotFound.AsResult();
        }
        if (stream.State.IsDeleted)
            return TypedResults.NoContent();
        await using var reading = store.OpenSession(caller);
        return await LexiconSummary.FindAsync(reading, lexicon, cancel) is { } after
            ? Answer(http, after)
            : LexiconSummary.NotFound.AsResult();
    }

    /// <summary>The lexicon with its version as the ETag.</summary>
    public static IResult Answer(HttpContext http, LexiconSummary lexicon) =>
        VersionTag.Answer(http, VersionTag.Of(lexicon.Version), lexicon);

    /// <summary>New entries, in force from a version on.</summary>
    public static void Insert(Session session, Guid lexicon, int version, IReadOnlyList<LexiconEntry> entries)
    {
        if (entries.Count == 0)
            return;
        session.Execute(
            """
            insert into voices.lexicon_entries (lexicon_id, workspace_id, word, alias, ipa, since)
            select $1, $2, word, nullif(alias, ''), nullif(ipa, ''), $3
            from unnest($4::text[], $5::text[], $6::text[]) e (word, alias, ipa)
            """,
            lexicon,
            session.Context.Workspace,
            version,
            entries.Select(entry => entry.Word).ToArray(),
            entries.Select(entry => entry.Alias ?? "").ToArray(),
            entries.Select(entry => entry.Ipa ?? "").ToArray()
        );
    }

    private static void End(Session session, Guid lexicon, int version, IReadOnlyList<string> words)
    {
        if (words.Count == 0)
            return;
        session.Execute(
            "update voices.lexicon_entries set until = $2 where lexicon_id = $1 and until is null and word = any($3)",
            lexicon,
            version,
            words.ToArray()
        );
    }

    private static Problem Outrun(HttpContext http) =>
        http.Request.Headers.IfMatch.Count > 0
            ? CommonProblems.PreconditionFailed.With("Somebody else changed the lexicon at the same time.")
            : CommonProblems.Conflict.With("Somebody else changed the lexicon at the same time.");
}
