using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Media;
using Lectern.Voices.Characters;
using Lectern.Voices.Characters.Samples;
using Lectern.Voices.Characters.Speaking;
using Npgsql;

namespace Lectern.Voices.Contracts;

/// <summary>Finds what speaks as a character. A character is a voice, named <c>character-…</c>.</summary>
public sealed class CharacterVoices
{
    private const string VoicePrefix = "character-";

    /// <summary>The columns that <see cref="Read"/> takes, of the view <c>v</c> and the samples <c>s</c>.</summary>
    internal const string Columns =
        "v.workspace_id, v.language, v.gender, v.speed, v.steps, v.cross_fade, v.remove_silences, v.clone_provider, "
        + "v.clone_voice, s.blob, s.sha256, "
        + SampleView.Columns;

    private readonly EventStore _store;
    private readonly BaseVoices _bases;

    internal CharacterVoices(EventStore store, BaseVoices bases) => (_store, _bases) = (store, bases);

    /// <summary>Whether an id names a character rather than a voice of the catalogue.</summary>
    public static bool IsCharacter(string voiceId) => voiceId.StartsWith(VoicePrefix, StringComparison.Ordinal);

    /// <summary>A character's id as a voice.</summary>
    public static string IdOf(Guid character) => VoicePrefix + PublicId.Format("", character)[1..];

    /// <summary>The character that a workspace may speak as: its own, or a public one; null when there is none.</summary>
    /// <param name="workspace">Who wants to speak.</param>
    /// <param name="voiceId">The id of the voice.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<CharacterVoice?> FindAsync(Guid workspace, string voiceId, CancellationToken cancel)
    {
        if (
            !IsCharacter(voiceId)
            || !PublicId.TryParse(Character.Prefix, $"{Character.Prefix}_{voiceId[VoicePrefix.Length..]}", out var id)
        )
            return null;
        // Row security decides what the workspace can see.
        await using var session = _store.OpenSession(
            new SessionContext(workspace, "system", CallerSessions.RequestCorrelation())
        );
        var found = await session.QueryAsync(
            $"""
            select c.name, {Columns} from voices.character_view v
            join voices.characters c on c.id = v.id join voices.samples s on s.character_id = v.id
            where v.id = $1
            """,
            row => (Name: row.GetString(0), Speaker: Read(row, 1)),
            cancel,
            id
        );
        if (found is not [var (name, speaker)])
            return null;
        var way = await WayAsync(speaker, workspace, cancel);
        return new CharacterVoice(
            voiceId,
            speaker.Workspace,
            name,
            speaker.Language,
            speaker.Gender,
            speaker.Parameters,
            way,
            VersionOf(speaker, way)
        );
    }

    internal static Speaker Read(NpgsqlDataReader row, int at) =>
        new(
            row.GetGuid(at),
            row.GetString(at + 1),
            row.GetString(at + 2),
            new CharacterParameters(
                row.GetDouble(at + 3),
                row.GetInt32(at + 4),
                row.GetDouble(at + 5),
                row.GetBoolean(at + 6)
            ),
            row.IsDBNull(at + 7) ? null : row.GetString(at + 7),
            row.IsDBNull(at + 8) ? null : row.GetString(at + 8),
            row.GetString(at + 9),
            row.GetString(at + 10),
            SampleView.Read(row, at + 11)
        );

    /// <summary>
    /// By whose voice. A clone is in the vendor's account of who made it, so only its own workspace speaks with it; a
    /// sample can go along with anybody's request.
    /// </summary>
    internal async Task<SpeakingWay> WayAsync(Speaker speaker, Guid workspace, CancellationToken cancel) =>
        speaker switch
        {
            { CloneProvider: { } provider, CloneVoice: null } => new ReferenceVoice(provider, speaker.SampleBlob),
            { CloneProvider: { } provider, CloneVoice: { } voice } when speaker.Workspace == workspace =>
                new ClonedVoice(provider, voice),
            _ => await ShiftedAsync(speaker, cancel),
        };

    private async Task<ShiftedVoice> ShiftedAsync(Speaker speaker, CancellationToken cancel)
    {
        if (
            await _bases.NearestAsync(speaker.Language, speaker.Gender, speaker.Sample.Pitch, cancel) is not { } nearest
        )
            return new ShiftedVoice(null, 0, ShiftedVoice.Mute);
        var semitones = speaker.Sample.Pitch is { } pitch ? PitchShift.Semitones(nearest.Median, pitch.Median) : 0;
        return new ShiftedVoice(nearest.Voice.Voice.Id, semitones, ShiftedVoice.LabelOf(nearest.Voice.Voice.Name));
    }

    private static string VersionOf(Speaker speaker, SpeakingWay way)
    {
        var by = way switch
        {
            ClonedVoice cloned => $"cloned\n{cloned.Provider}\n{cloned.EngineVoice}",
            ReferenceVoice reference => $"reference\n{reference.Provider}",
            ShiftedVoice shifted => string.Create(
                CultureInfo.InvariantCulture,
                $"shifted\n{shifted.Voice}\n{shifted.Semitones}"
            ),
            _ => throw new InvalidOperationException($"{way.GetType()} has no version."),
        };
        var parameters = speaker.Parameters;
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"character.v1\n{speaker.SampleSha256}\n{parameters.Speed}\n{parameters.Steps}\n{parameters.CrossFade}\n{parameters.RemoveSilences}\n{by}"
        );
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}

/// <summary>What decides by whose voice a character speaks.</summary>
internal sealed record Speaker(
    Guid Workspace,
    string Language,
    string Gender,
    CharacterParameters Parameters,
    string? CloneProvider,
    string? CloneVoice,
    string SampleBlob,
    string SampleSha256,
    SampleDescription Sample
);
