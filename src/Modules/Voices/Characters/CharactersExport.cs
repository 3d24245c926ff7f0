using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Privacy;

namespace Lectern.Voices.Characters;

/// <summary>A character, as an export has it.</summary>
internal sealed record ExportedCharacter(
    string Id,
    string Name,
    string Description,
    bool Public,
    DateTimeOffset CreatedAt,
    string? ConsentStatement,
    string? ConsentBy,
    DateTimeOffset? ConsentGivenAt
);

/// <summary>A star, as an export has it.</summary>
internal sealed record ExportedStar(string Character, DateTimeOffset StarredAt);

/// <summary>What characters add to an export: those of the personal workspace with their files, and the person's stars.</summary>
internal sealed class CharactersExport(EventStore store, IBlobStore blobs) : IExportPart
{
    public string Name => "characters";

    public string About => "the characters of your personal workspace with their samples and images, and your stars.";

    public async Task WriteAsync(DataSubject subject, ExportFolder folder, CancellationToken cancel)
    {
        await using var session = store.OpenSession(subject);
        var characters = await session.QueryAsync(
            """
            select c.id, c.name, c.description, v.public, v.created_at, n.statement, n.given_by, n.given_at, s.blob
            from voices.character_view v join voices.characters c on c.id = v.id
            join voices.samples s on s.character_id = v.id left join voices.consents n on n.character_id = v.id
            where v.workspace_id = $1 order by v.created_at, v.id
            """,
            row =>
                (
                    Id: row.GetGuid(0),
                    Character: new ExportedCharacter(
                        PublicId.Format(Character.Prefix, row.GetGuid(0)),
                        row.GetString(1),
                        row.GetString(2),
                        row.GetBoolean(3),
                        row.GetFieldValue<DateTimeOffset>(4),
                        row.IsDBNull(5) ? null : row.GetString(5),
                        row.IsDBNull(6) ? null : row.GetString(6),
                        row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7)
                    ),
                    Sample: row.GetString(8)
                ),
            cancel,
            subject.Workspace
        );
        foreach (var (id, character, sample) in characters)
        {
            var own = folder.Folder(character.Id);
            await own.WriteJsonAsync("character.json", character, cancel);
            await WriteAsync(own, "sample.wav", sample, cancel);
            var images = await session.QueryAsync(
                "select expression, blob from voices.character_images where character_id = $1 order by 1",
                row => (Expression: row.GetString(0), Blob: row.GetString(1)),
                cancel,
                id
            );
            foreach (var (expression, blob) in images)
                await WriteAsync(own, $"image-{expression}.png", blob, cancel);
        }

        var stars = await session.QueryAsync(
            "select character_id, starred_at from voices.character_stars where person_id = $1 order by 2",
            row => new ExportedStar(
                PublicId.Format(Character.Prefix, row.GetGuid(0)),
                row.GetFieldValue<DateTimeOffset>(1)
            ),
            cancel,
            subject.Person
        );
        await folder.WriteJsonAsync("stars.json", stars, cancel);
    }

    private async Task WriteAsync(ExportFolder folder, string name, string blob, CancellationToken cancel)
    {
        if (await blobs.OpenReadAsync(blob, cancel) is not { } file)
            return; // deleted in between
        await using var content = file;
        await folder.WriteFileAsync(name, content, cancel);
    }
}
