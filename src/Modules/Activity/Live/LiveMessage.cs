using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Lectern.Activity.Catalogue;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel.Http;

namespace Lectern.Activity.Live;

/// <summary>How far a job is; it has no id, and a later one takes its place.</summary>
/// <param name="Type">Always <c>progress</c>.</param>
/// <param name="Progress">As <c>GET /jobs/{id}</c> says it.</param>
internal sealed record ProgressMessage(string Type, JobNow Progress);

/// <summary>The last message of a server-sent stream.</summary>
/// <param name="Type">Always <c>closed</c>.</param>
/// <param name="Reason">A stable code.</param>
internal sealed record ClosedMessage(string Type, string Reason);

/// <summary>
/// A message in the bytes in which it goes out: written once, however many clients get it, and gone when the last of them
/// has it.
/// </summary>
internal sealed class LiveMessage
{
    /// <summary>The name under which progress is sent and can be asked for.</summary>
    public const string Progress = "progress";

    private static readonly ConditionalWeakTable<StoredEvent, LiveMessage> Written = [];

    private LiveMessage(string type, object content)
    {
        Json = JsonSerializer.SerializeToUtf8Bytes(content, content.GetType(), StrictJson.Options);
        Frame = (byte[])[.. Encoding.UTF8.GetBytes($"event: {type}\ndata: "), .. Json.Span, .. "\n\n"u8];
    }

    /// <summary>The JSON, which is the whole of a WebSocket's text frame.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>The server-sent event (HTML Living Standard, 9.2.6) without its id.</summary>
    public ReadOnlyMemory<byte> Frame { get; }

    /// <summary>The line with the version as the id, for the stream of one job; empty for what has none.</summary>
    public ReadOnlyMemory<byte> VersionLine { get; private init; }

    /// <summary>The line with the event's public id.</summary>
    public ReadOnlyMemory<byte> IdLine { get; private init; }

    /// <summary>An event that is told outside.</summary>
    public static LiveMessage Of(StoredEvent stored) => Written.GetValue(stored, Write);

    /// <summary>How far a job is.</summary>
    public static LiveMessage Of(JobNow now) => new(Progress, new ProgressMessage(Progress, now));

    /// <summary>The last message.</summary>
    public static LiveMessage Of(LiveEnd end) => new("closed", new ClosedMessage("closed", end.Reason));

    private static LiveMessage Write(StoredEvent stored)
    {
        var told =
            PublicEvents.Tell(stored) ?? throw new InvalidOperationException($"{stored.Type} is not told outside.");
        return new LiveMessage(told.Type, told)
        {
            VersionLine = Encoding.UTF8.GetBytes($"id: {stored.Version}\n"),
            IdLine = Encoding.UTF8.GetBytes($"id: {told.Id}\n"),
        };
    }
}
