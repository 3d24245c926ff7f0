using System.Globalization;
using Lectern.Eventing;
using Lectern.SharedKernel.Http;

namespace Lectern.SharedKernel.History;

/// <summary>A point of a history, as a client names it: a version, or a time.</summary>
internal readonly record struct Moment(int? Version, DateTimeOffset? Time)
{
    private static readonly string[] Utc = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];
    private static readonly string[] WithOffset = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    /// <summary>Reads an ISO 8601 time that says where it is meant.</summary>
    // In a query a plus sign means a space, and few write it as %2B.
    public static DateTimeOffset? ReadTime(string? text) => ReadEscapedTime(text?.Replace(' ', '+'));

    private static DateTimeOffset? ReadEscapedTime(string? text) =>
        DateTimeOffset.TryParseExact(
            text,
            Utc,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var utc
        )
            ? utc
        : DateTimeOffset.TryParseExact(
            text,
            WithOffset,
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var time
        )
            ? time.ToUniversalTime()
        : null;

    /// <summary>Reads a version or a time; null when it is neither.</summary>
    public static Moment? Read(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? new Moment(version, null)
        : ReadTime(text) is { } time ? new Moment(null, time)
        : null;

    /// <summary>422 for what is not even a time.</summary>
    /// <param name="parameter">Which parameter.</param>
    /// <param name="what">What it must be.</param>
    public static Problem None(string parameter, string what) =>
        CommonProblems.InvalidValues.With(
            "There is no such moment.",
            new FieldError(parameter, $"must be {what} such as 2026-01-05T09:30:00Z")
        );

    /// <summary>The version that a stream had, which may be one that it never had.</summary>
    public async Task<int> VersionAsync(Session session, Guid stream, CancellationToken cancel) =>
        Version ?? await session.VersionAtAsync(stream, Time!.Value, cancel);
}
