using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Lectern.Voices.Lexicons;

/// <summary>Gives a lexicon another name or language; what isn't named stays.</summary>
internal sealed record DescribeLexicon(string? Name = null, string? Language = null);

/// <summary>All entries that a lexicon is to have.</summary>
internal sealed record ReplaceEntries(IReadOnlyList<LexiconEntry> Entries);

/// <summary>Some entries of a lexicon.</summary>
/// <param name="Set">Entries to add, or to say otherwise.</param>
/// <param name="Remove">Words to take out; those that aren't there do no harm.</param>
internal sealed record ChangeEntries(IReadOnlyList<LexiconEntry>? Set = null, IReadOnlyList<string>? Remove = null);

/// <summary><c>PATCH</c> and <c>DELETE</c> of a lexicon, and every way to change its entries.</summary>
internal static class ChangeLexiconEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        Document(
                api.MapPatch("/lexicons/{id}", DescribeAsync),
                "DescribeLexicon",
                "Rename a lexicon, or change its language"
            )
            .WithExample(new DescribeLexicon("Whalers", "en"), LexiconSummary.Example);
        Document(
                api.MapPut("/lexicons/{id}/entries", ReplaceAsync),
                "ReplaceLexiconEntries",
                "Replace all entries of a lexicon"
            )
            .WithExample(new ReplaceEntries(LexiconView.Example.Entries), LexiconSummary.Example);
        Document(
                api.MapPatch("/lexicons/{id}/entries", ChangeAsync),
                "ChangeLexiconEntries",
                "Add, change or remove entries of a lexicon"
            )
            .WithExample(new ChangeEntries([LexiconView.Example.Entries[1]], ["Ahab"]), LexiconSummary.Example);
        Document(
                api.MapPut("/lexicons/{id}/pls", ImportAsync),
                "ImportLexicon",
                "Replace all entries of a lexicon by a W3C PLS document"
            )
            .WithDescription(
                "The body is PLS 1.0 of at most 4 MB, without a DTD, of the lexicon's language. Each grapheme is an entry, with the preferred or first phoneme and alias of its lexeme."
            )
            .Accepts<string>(PlsDocument.MediaType, "application/xml", "text/xml")
            .WithExample(null, LexiconSummary.Example)
            .WithProblems([
                .. LexiconChange.Problems,
                LexiconProblems.Unreadable,
                CommonProblems.TooLarge,
                CommonProblems.UnsupportedMediaType,
            ]);
        api.MapDelete("/lexicons/{id}", DeleteAsync)
            .WithName("DeleteLexicon")
            .WithTags("lexicons")
            .WithSummary("Delete a lexicon with all of its versions")
            .Produces(StatusCodes.Status204NoContent)
            .WithExample()
            .WithProblems(CommonProblems.NotFound, CommonProblems.PreconditionFailed, CommonProblems.Conflict);
    }

    private static RouteHandlerBuilder Document(RouteHandlerBuilder endpoint, string name, string summary) =>
        endpoint
            .WithName(name)
            .WithTags("lexicons")
            .WithSummary(summary)
            .WithDescription(
                "Makes a new version, unless nothing changes. With If-Match, only if it is the one that is there."
            )
            .Produces<LexiconSummary>()
            .WithProblems(LexiconChange.Problems);

    private static Task<IResult> DescribeAsync(
        string id,
        DescribeLexicon command,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    ) =>
        LexiconChange.DoAsync(
            store,
            id,
            http,
            caller,
            (session, stream, before) =>
            {
                var (name, language) = (command.Name ?? before.Name, command.Language ?? before.Language);
                FieldError?[] faults = [LexiconRules.NameFault(name), LexiconRules.LanguageFault(language)];
                if (faults.Any(fault => fault is not null))
                    return Task.FromResult<Problem?>(Refuse([.. faults.OfType<FieldError>()]));
                if (name == before.Name && language == before.Language)
                    return Task.FromResult<Problem?>(null);
                stream.Append(new LexiconDescribed(language));
                session.Execute(
                    "update voices.lexicons set name = $2, language = $3, version = $4, changed_at = now() where id = $1",
                    stream.Id,
                    name,
                    language,
                    stream.Version
                );
                return Task.FromResult<Problem?>(null);
            },
            cancel
        );

    private static Task<IResult> ReplaceAsync(
        string id,
        ReplaceEntries command,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    ) =>
        LexiconChange.EntriesAsync(
            store,
            id,
            http,
            caller,
            (_, _) =>
                LexiconRules.Faults(command.Entries, "/entries") is { Length: > 0 } faults
                    ? (null, Refuse(faults))
                    : (command.Entries, null),
            cancel
        );

    private static Task<IResult> ChangeAsync(
        string id,
        ChangeEntries command,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    ) =>
        LexiconChange.EntriesAsync(
            store,
            id,
            http,
            caller,
            (_, there) =>
            {
                if (LexiconRules.Faults(command.Set ?? [], "/set") is { Length: > 0 } faults)
                    return (null, Refuse(faults));
                var set = (command.Set ?? []).ToDictionary(entry => entry.Word, StringComparer.Ordinal);
                var gone = (command.Remove ?? []).ToHashSet(StringComparer.Ordinal);
                if (set.Keys.FirstOrDefault(gone.Contains) is { } both)
                    return (null, Refuse([new FieldError("/remove", $"must not have what is in set: {both}")]));
                var kept = there.Where(entry => !set.ContainsKey(entry.Word) && !gone.Contains(entry.Word));
                List<LexiconEntry> wanted = [.. kept, .. set.Values];
                return wanted.Count > LexiconRules.MostEntries
                    ? (null, Refuse([new FieldError("/set", $"makes more than {LexiconRules.MostEntries} entries")]))
                    : (wanted, null);
            },
            cancel
        );

    private static async Task<IResult> ImportAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    )
    {
        await using (var session = store.OpenSession(caller))
            if (await ReadLexiconsEndpoints.FindAsync(session, id, cancel) is null)
                return LexiconSummary.NotFound.AsResult(); // before megabytes are read for it
        if (
            !MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
            || type.MediaType.Value?.ToLowerInvariant()
                is not (PlsDocument.MediaType or "application/xml" or "text/xml")
        )
            return CommonProblems.UnsupportedMediaType.With($"Send {PlsDocument.MediaType}.").AsResult();
        if (await BodyAsync(http.Request.Body, cancel) is not { } body)
            return CommonProblems
                .TooLarge.With($"A lexicon may have at most {PlsDocument.MostBytes} bytes.")
                .AsResult();
        var read = PlsDocument.Read(body);
        if (read.Fault is { } fault)
            return LexiconProblems.Unreadable.With(fault).AsResult();
        return await LexiconChange.EntriesAsync(
            store,
            id,
            http,
            caller,
            (lexicon, _) =>
            {
                if (read.Language is { } language && !SameLanguage(language, lexicon.Language))
                    return (
                        null,
                        LexiconProblems.Unreadable.With(
                            $"It is for {language}, and the lexicon for {lexicon.Language}."
                        )
                    );
                // A word may be in several lexemes there; the first counts, as everywhere (section 4.9.3).
                var entries = read.Entries.DistinctBy(entry => entry.Word, StringComparer.Ordinal).ToList();
                return LexiconRules.Faults(entries, "/lexeme") is { Length: > 0 } faults
                    ? (null, Refuse(faults))
                    : (entries, null);
            },
            cancel
        );
    }

    private static Task<IResult> DeleteAsync(
        string id,
        HttpContext http,
        Caller caller,
        EventStore store,
        CancellationToken cancel
    ) =>
        LexiconChange.DoAsync(
            store,
            id,
            http,
            caller,
            (session, stream, _) =>
            {
                stream.Append(new LexiconDeleted(stream.State.Entries));
                session.Execute("delete from voices.lexicons where id = $1", stream.Id);
                return Task.FromResult<Problem?>(null);
            },
            cancel
        );

    private static Problem Refuse(FieldError[] faults) =>
        CommonProblems.InvalidValues.With("The lexicon can't be changed like this.", faults);

    private static bool SameLanguage(string one, string other) =>
        one.Split('-')[0].Equals(other.Split('-')[0], StringComparison.OrdinalIgnoreCase);

    private static async Task<byte[]?> BodyAsync(Stream body, CancellationToken cancel)
    {
        using var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, cancel)) > 0)
        {
            if (content.Length + read > PlsDocument.MostBytes)
                return null;
            content.Write(buffer, 0, read);
        }
        return content.ToArray();
    }
}
