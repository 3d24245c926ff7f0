using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using NpgsqlTypes;

namespace Lectern.Library.Contracts;

/// <summary>
/// Projects, for modules whose things are in one. Who keeps a project's id asks on reading whether it is still there: a
/// deleted project lets go of everything at once, whatever it held, without an event for each.
/// </summary>
public static class ProjectDirectory
{
    /// <summary>Of a project's public id.</summary>
    public const string Prefix = "project";

    /// <summary>404: the one answer for a project that isn't there, is somebody else's, or no id at all.</summary>
    public static readonly Problem NotThere = CommonProblems.NotFound.With("There is no such project.");

    /// <summary>
    /// Makes the unit of work one that needs the project: it fails if the session's workspace doesn't have it, and the
    /// project can't be deleted before it is saved. To be called before an event is appended, so that in the log nothing
    /// comes into a project behind its deletion. <see cref="Refuses"/> tells a refusal.
    /// </summary>
    /// <param name="session">An API session.</param>
    /// <param name="project">The project.</param>
    public static void Require(Session session, Guid project) =>
        session.Execute("select library.require_project($1, $2)", project, session.Context.Workspace);

    /// <summary>Whether saving failed because a project that is required is not there.</summary>
    public static bool Refuses(ConstraintViolatedException violated) => violated.Constraint == "project_is_there";

    /// <summary>Those of some projects that the session's workspace has.</summary>
    public static async Task<HashSet<Guid>> ThereAsync(
        Session session,
        IEnumerable<Guid> projects,
        CancellationToken cancel
    )
    {
        Guid[] asked = [.. projects.Distinct()];
        if (asked.Length == 0)
            return [];
        var found = await session.QueryAsync(
            "select id from library.projects where id = any($1) and workspace_id = $2",
            row => row.GetGuid(0),
            cancel,
            new Typed(asked, NpgsqlDbType.Array | NpgsqlDbType.Uuid),
            session.Context.Workspace
        );
        return [.. found];
    }

    /// <summary>Whether the session's workspace has a project.</summary>
    public static async Task<bool> IsThereAsync(Session session, Guid project, CancellationToken cancel) =>
        (await ThereAsync(session, [project], cancel)).Count > 0;
}
