using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Media;
using Lectern.Voices.Characters.Samples;
using Lectern.Voices.Contracts;
using Npgsql;

namespace Lectern.Voices.Characters;

/// <summary>Where to go from a character.</summary>
/// <param name="Self">The character.</param>
/// <param name="Images">POST adds some.</param>
/// <param name="Sample">The normalised recording; for its workspace only.</param>
/// <param name="Preview">A sentence in its voice.</param>
/// <param name="Star">PUT and DELETE.</param>
internal sealed record CharacterLinks(string Self, string Images, string Sample, string Preview, string Star)
{
    public static CharacterLinks Of(Guid character)
    {
        var self = $"/api/v1/characters/{PublicId.Format(Character.Prefix, character)}";
        return new CharacterLinks(self, $"{self}/images", $"{self}/sample", $"{self}/preview", $"{self}/star");
    }
}

/// <summary>A picture of one expression.</summary>
/// <param name="Expression">Its key.</param>
/// <param name="Url">The picture.</param>
/// <param name="Thumbnail">The same, small.</param>
/// <param name="Bytes">Of the picture.</param>
internal sealed record CharacterImageView(string Expression, string Url, string Thumbnail, long Bytes)
{
    public static CharacterImageView Of(Guid character, string expression, long bytes)
    {
        var url = $"{CharacterLinks.Of(character).Images}/{expression}";
        return new CharacterImageView(expression, url, url + "/thumbnail", bytes);
    }
}

/// <summary>That the voice may be cloned.</summary>
/// <param name="By">self or permitted.</param>
/// <param name="GivenAt">When.</param>
internal sealed record ConsentView(string By, DateTimeOffset GivenAt);

/// <summary>How a character speaks at present.</summary>
/// <param name="Way">
/// <c>cloned</c>: by a clone at a provider; <c>reference</c>: by an engine that imitates the sample with each request;
/// <c>shifted</c>: by another voice, moved to the sample's pitch.
/// </param>
/// <param name="Provider">The engine; null when none can speak.</param>
/// <param name="BasedOn">Of <c>shifted</c>, the voice that speaks.</param>
/// <param name="Semitones">Of <c>shifted</c>, how far it is moved.</param>
/// <param name="Label">A sentence to show with it; null for a clone.</param>
/// <param name="CloneFailure">Why the last attempt at a clone failed.</param>
internal sealed record CharacterVoiceView(
    string Way,
    string? Provider,
    string? BasedOn,
    double? Semitones,
    string? Label,
    string? CloneFailure
);

/// <summary>A character as the API shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="VoiceId">Name it as a voice.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">For people.</param>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Gender">female, male or neutral.</param>
/// <param name="Visibility">Who may see it.</param>
/// <param name="Mine">Whether it belongs to the workspace.</param>
/// <param name="Parameters">How it speaks.</param>
/// <param name="Sample">What was heard in its sample.</param>
/// <param name="Images">By expression.</param>
/// <param name="Consent">Null without one, and for who isn't of its workspace.</param>
/// <param name="Voice">How it speaks at present.</param>
/// <param name="Stars">How many people starred it.</param>
/// <param name="Starred">Whether the caller did.</param>
/// <param name="Version">The ETag.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ChangedAt">When it last changed.</param>
/// <param name="Links">Where to go from here.</param>
internal sealed record CharacterView(
    string Id,
    string VoiceId,
    string Name,
    string Description,
    string Language,
    string Gender,
    CharacterVisibility Visibility,
    bool Mine,
    CharacterParameters Parameters,
    SampleView Sample,
    IReadOnlyList<CharacterImageView> Images,
    ConsentView? Consent,
    CharacterVoiceView Voice,
    long Stars,
    bool Starred,
    int Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset ChangedAt,
    CharacterLinks Links
)
{
    public static readonly CharacterView Example = new(
        "character_01jbrc2ahvfh68wqz0e60r18x5",
        "character-01jbrc2ahvfh68wqz0e60r18x5",
        "Anne",
        "Reads quietly, and smiles between the lines.",
        "en-GB",
        "female",
        CharacterVisibility.Private,
        true,
        new CharacterParameters(),
        new SampleView(14.2, -21.4, -3.2, -61.8, 0, new PitchRange(203.5, 168.2, 251), []),
        [CharacterImageView.Of(Guid.Parse("0192f0c1-2a3b-7c4d-8e5f-60718293a4b5"), "neutral", 183_204)],
        new ConsentView("self", new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero)),
        new CharacterVoiceView("shifted", "flite", "flite-slt", 2.1, ShiftedVoice.LabelOf("Sally"), null),
        12,
        true,
        1,
        new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero),
        new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero),
        CharacterLinks.Of(Guid.Parse("0192f0c1-2a3b-7c4d-8e5f-60718293a4b5"))
    );
}

/// <summary>Characters as the database has them, before it is known how they speak.</summary>
internal sealed class CharacterRows(CharacterVoices voices)
{
    /// <summary>In their order, with how each speaks.</summary>
    /// <param name="session">Whose row security decides which there are.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="condition">Of the view <c>v</c> and the characters <c>c</c>; $1 to $3 are the caller's ids.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <param name="values">From $3 on.</param>
    public async Task<List<ListRow<CharacterView>>> FindAsync(
        Session session,
        Caller caller,
        string condition,
        CancellationToken cancel,
        params object?[] values
    )
    {
        var rows = await session.QueryAsync(
            $"""
            select v.id, c.name, c.description, v.workspace_id = $1, v.public, v.created_at, v.changed_at, v.version,
                   v.clone_failure, n.given_by, n.given_at,
                   (select count(*) from voices.character_stars t where t.character_id = v.id),
                   exists (select from voices.character_stars t where t.character_id = v.id and t.person_id = $2),
                   array(select i.expression from voices.character_images i where i.character_id = v.id order by 1),
                   array(select i.bytes from voices.character_images i where i.character_id = v.id order by i.expression),
                   {CharacterVoices.Columns}
            from voices.character_view v
            join voices.characters c on c.id = v.id
            join voices.samples s on s.character_id = v.id
            left join voices.consents n on n.character_id = v.id
            where {condition}
            """,
            Read,
            cancel,
            [caller.Workspace, caller.Person, .. values]
        );
        var found = new List<ListRow<CharacterView>>();
        foreach (var row in rows)
            found.Add(
                new ListRow<CharacterView>(row.View.CreatedAt, row.Id, row.View with { Voice = await VoiceAsync(row) })
            );
        return found;

        async Task<CharacterVoiceView> VoiceAsync(Row row) =>
            Show(await voices.WayAsync(row.Speaker, caller.Workspace, cancel), row.CloneFailure);
    }

    private static CharacterVoiceView Show(SpeakingWay way, string? cloneFailure) =>
        way switch
        {
            ClonedVoice cloned => new CharacterVoiceView("cloned", cloned.Provider, null, null, null, null),
            ReferenceVoice reference => new CharacterVoiceView("reference", reference.Provider, null, null, null, null),
            ShiftedVoice shifted => new CharacterVoiceView(
                "shifted",
                shifted.Voice is { } voice ? VoiceCatalogue.EngineOf(voice) : null,
                shifted.Voice,
                shifted.Voice is null ? null : shifted.Semitones,
                shifted.Label,
                cloneFailure
            ),
            _ => throw new InvalidOperationException($"{way.GetType()} is not shown."),
        };

    private static Row Read(NpgsqlDataReader row)
    {
        var id = row.GetGuid(0);
        var speaker = CharacterVoices.Read(row, 15);
        var expressions = row.GetFieldValue<string[]>(13).Zip(row.GetFieldValue<long[]>(14));
        var view = new CharacterView(
            PublicId.Format(Character.Prefix, id),
            CharacterVoices.IdOf(id),
            row.GetString(1),
            row.GetString(2),
            speaker.Language,
            speaker.Gender,
            row.GetBoolean(4) ? CharacterVisibility.Public : CharacterVisibility.Private,
            row.GetBoolean(3),
            speaker.Parameters,
            SampleView.Of(speaker.Sample),
            [.. expressions.Select(image => CharacterImageView.Of(id, image.First, image.Second))],
            row.IsDBNull(9) ? null : new ConsentView(row.GetString(9), row.GetFieldValue<DateTimeOffset>(10)),
            CharacterView.Example.Voice,
            row.GetInt64(11),
            row.GetBoolean(12),
            row.GetInt32(7),
            row.GetFieldValue<DateTimeOffset>(5),
            row.GetFieldValue<DateTimeOffset>(6),
            CharacterLinks.Of(id)
        );
        return new Row(id, view, speaker, row.IsDBNull(8) ? null : row.GetString(8));
    }

    private sealed record Row(Guid Id, CharacterView View, Speaker Speaker, string? CloneFailure);
}
