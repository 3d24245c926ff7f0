using Lectern.Eventing;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Characters;

/// <summary>One row a character: what it is, and what became of its clone.</summary>
internal sealed class CharacterViewProjection : InlineProjection
{
    public override string Name => "voices.character_view";

    public override Type Stream => typeof(Character);

    public override IReadOnlyList<ProjectedTable> Tables => [new("voices.character_view", "id", ["id"])];

    public override void Apply(StoredEvent stored, SqlStatements sql)
    {
        switch (stored.Data)
        {
            case CharacterCreated e:
                sql.Add(
                    """
                    insert into voices.character_view (id, workspace_id, created_by, public, language, gender, speed, steps,
                        cross_fade, remove_silences, version, created_at, changed_at)
                    values ($1, $2, $3, false, $4, $5, $6, $7, $8, $9, $10, coalesce($11, now()), coalesce($11, now()))
                    """,
                    stored.Stream,
                    stored.Workspace,
                    stored.Actor,
                    e.Language,
                    e.Gender,
                    e.Parameters.Speed,
                    e.Parameters.Steps,
                    e.Parameters.CrossFade,
                    e.Parameters.RemoveSilences,
                    stored.Version,
                    stored.At
                );
                break;
            case CharacterChanged e:
                Set(
                    "speed = $4, steps = $5, cross_fade = $6, remove_silences = $7",
                    e.Parameters.Speed,
                    e.Parameters.Steps,
                    e.Parameters.CrossFade,
                    e.Parameters.RemoveSilences
                );
                break;
            case CharacterPublished:
                Set("public = true");
                break;
            case CharacterUnpublished:
                Set("public = false");
                break;
            case ConsentWithdrawn:
                Set("clone_provider = null, clone_voice = null, clone_failure = null");
                break;
            case VoiceCloned e:
                Set("clone_provider = $4, clone_voice = $5, clone_failure = null", e.Provider, Typed.Text(e.Voice));
                break;
            case CloneFailed e:
                Set("clone_failure = $4", e.Code);
                break;
            case CharacterDeleted:
                Clear(stored.Stream, sql);
                break;
            default: // a picture, a consent: told by rows of their own
                Set("public = public");
                break;
        }

        void Set(string assignments, params object?[] values) =>
            sql.Add(
                $"""
                update voices.character_view set version = coalesce($2, version + 1), changed_at = coalesce($3, now()), {assignments}
                where id = $1
                """,
                [stored.Stream, Typed.Int(stored.Version), Time(stored.At), .. values]
            );
    }

    private static Typed Time(DateTimeOffset? at) => new(at, NpgsqlTypes.NpgsqlDbType.TimestampTz);
}
