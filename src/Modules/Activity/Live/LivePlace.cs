using System.Globalization;
using Lectern.Activity.Catalogue;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Microsoft.AspNetCore.Http;

namespace Lectern.Activity.Live;

/// <summary>The place behind which a connection goes on.</summary>
/// <param name="Seq">In the log.</param>
internal readonly record struct LivePlace(long Seq)
{
    /// <summary>Before everything.</summary>
    public static readonly LivePlace Beginning = new(0);

    private const string Header = "Last-Event-ID";

    /// <summary>What the client says that it had last; the header first, which a browser sends when it comes again.</summary>
    public static string? LastIdOf(HttpContext http) =>
        http.Request.Headers[Header].ToString() is { Length: > 0 } header ? header
        : http.Request.Query["after"].ToString() is { Length: > 0 } query ? query
        : null;

    /// <summary>The place of an event; null when the workspace, or the job, has no such event.</summary>
    /// <param name="session">Of the caller.</param>
    /// <param name="job">The job, whose versions are ids, too; null for all of the workspace.</param>
    /// <param name="id">An event's public id or a version.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<LivePlace?> FindAsync(Session session, Guid? job, string id, CancellationToken cancel)
    {
        if (job is { } one && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            return version == 0 ? Beginning
                : await session.ReadStreamAsync(one, version - 1, 1, cancel) is [var stored] ? new LivePlace(stored.Seq)
                : null;
        if (
            !PublicId.TryParse(PublicEvents.Prefix, id, out var @event)
            || await session.PositionOfAsync(@event, cancel) is not { } seq
        )
            return null;
        return job is null || await session.ReadLogAsync(job, null, seq - 1, seq, 1, cancel) is [_]
            ? new LivePlace(seq)
            : null;
    }

    /// <summary>The refusal of an id that is none of ours.</summary>
    public static Problem Unknown =>
        CommonProblems.MalformedRequest.With(
            "The last id is not that of an event here.",
            new FieldError(Header, "must be the id of an event that was received, there or as after in the query")
        );
}
