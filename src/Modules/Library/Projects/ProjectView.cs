using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.Library.Contracts;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Npgsql;

namespace Lectern.Library.Projects;

/// <summary>A project.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it; others may have the same name.</param>
/// <param name="Description">What it is for; empty when nobody said.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="Version">Counted from 1; its ETag.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ChangedAt">When its version came to be.</param>
internal sealed record ProjectView(
    string Id,
    string Name,
    string Description,
    string CreatedBy,
    int Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset ChangedAt
)
{
    public const string Columns = "id, name, description, created_by, version, created_at, changed_at";

    public static readonly ProjectView Example = new(
        "project_01jbrc2ahvfh68wqz0e60r18x5",
        "Jane Austen",
        "All six novels, read by one voice.",
        AccountIds.Person(Guid.Parse("0192f0c1-2a3b-7c4d-8e5f-60718293a4b5")),
        1,
        new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero),
        new DateTimeOffset(2026, 1, 5, 9, 30, 0, TimeSpan.Zero)
    );

    public static ListRow<ProjectView> Read(NpgsqlDataReader row)
    {
        var (id, at) = (row.GetGuid(0), row.GetFieldValue<DateTimeOffset>(5));
        var project = new ProjectView(
            PublicId.Format(ProjectDirectory.Prefix, id),
            row.GetString(1),
            row.GetString(2),
            AccountIds.Person(row.GetGuid(3)),
            row.GetInt32(4),
            at,
            row.GetFieldValue<DateTimeOffset>(6)
        );
        return new ListRow<ProjectView>(at, id, project);
    }

    /// <summary>The project, or null when there is none in the session's workspace.</summary>
    public static async Task<ProjectView?> FindAsync(Session session, Guid id, CancellationToken cancel) =>
        (await session.QueryAsync($"select {Columns} from library.projects where id = $1", Read, cancel, id))
            .SingleOrDefault()
            ?.Item;
}
