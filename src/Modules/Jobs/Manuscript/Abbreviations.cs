namespace Lectern.Jobs.Manuscript;

/// <summary>Where an abbreviation stands, which decides whether its period can end a sentence.</summary>
internal enum AbbreviationUse
{
    /// <summary>Before a name: <c>Mr. Bennet</c>. Its period never ends a sentence.</summary>
    Title,

    /// <summary>In the middle of a sentence: <c>e.g.</c>, <c>vs.</c></summary>
    Inside,

    /// <summary>An abbreviation only before a number: <c>No. 5</c>, but <c>No. I won't.</c></summary>
    BeforeNumber,

    /// <summary>After what it belongs to: <c>etc.</c>, <c>Esq.</c> Its period may end the sentence as well.</summary>
    Trailing,
}

/// <summary>One abbreviation, without its last period.</summary>
/// <param name="Use">Where it stands.</param>
/// <param name="Spoken">What is said for it in English; <c>null</c> leaves it as it is.</param>
internal sealed record Abbreviation(AbbreviationUse Use, string? Spoken);

/// <summary>
/// The abbreviations that matter to sentence ends and to English speech. <c>St.</c> and other titles of French, German and
/// Spanish are here for the ends only.
/// </summary>
internal static class Abbreviations
{
    /// <summary>No abbreviation is longer; what is needn't be looked up.</summary>
    public const int MaxLength = 6;

    private static readonly Dictionary<string, Abbreviation> Table = new(StringComparer.Ordinal);

    static Abbreviations()
    {
        Add(
            AbbreviationUse.Title,
            "Mr Mister, Mrs Missus, Messrs Messieurs, Dr Doctor, Prof Professor, Rev Reverend, Capt Captain, Col Colonel, "
                + "Gen General, Lt Lieutenant, Sgt Sergeant, Maj Major, Adm Admiral, Gov Governor, Sen Senator, Rep Representative, "
                + "Pres President, Hon Honourable, Mt Mount, Wm William, Ms, St, Mme, Mlle, Hr, Fr, Sra, Srta, Ste"
        );
        Add(
            AbbreviationUse.Inside,
            "e.g for example, i.e that is, vs versus, cf compare, viz namely, z.B, d.h, p.ex, ca circa"
        );
        Add(
            AbbreviationUse.BeforeNumber,
            "No number, no number, Nos numbers, nos numbers, vol volume, Vol Volume, vols volumes, p page, pp pages, "
                + "ch chapter, Ch Chapter, fig figure, Fig Figure, sec section, Sec Section, "
                + "Jan, Feb, Mar, Apr, Jun, Jul, Aug, Sept, Sep, Oct, Nov, Dec, Nr"
        );
        Add(
            AbbreviationUse.Trailing,
            "etc et cetera, &c et cetera, Esq Esquire, Jr Junior, Sr Senior, Co Company, Inc, Ltd Limited, Bros Brothers, "
                + "a.m, p.m, A.M, P.M"
        );
    }

    /// <summary>Looks up what stands before a period.</summary>
    public static Abbreviation? Find(ReadOnlySpan<char> word) =>
        word.Length is > 0 and <= MaxLength
        && Table.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out var found)
            ? found
            : null;

    private static void Add(AbbreviationUse use, string entries)
    {
        foreach (var entry in entries.Split(", "))
        {
            var parts = entry.Split(' ', 2);
            Table[parts[0]] = new Abbreviation(use, parts.Length > 1 ? parts[1] : null);
            if (use == AbbreviationUse.Title && parts.Length > 1)
                Table[parts[0].ToUpperInvariant()] = Table[parts[0]];
        }
    }
}
