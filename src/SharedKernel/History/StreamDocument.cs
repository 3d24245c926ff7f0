using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lectern.Eventing;

namespace Lectern.SharedKernel.History;

/// <summary>A stream as one document: all that a replay needs, and what tells whether something is missing.</summary>
/// <param name="Format"><c>lectern.stream</c>.</param>
/// <param name="FormatVersion">1.</param>
/// <param name="Kind">The kind of stream: <c>job</c>.</param>
/// <param name="Stream">The stream's public id.</param>
/// <param name="Workspace">The workspace that it belongs to.</param>
/// <param name="Version">Its version.</param>
/// <param name="ExportedAt">When it was exported, by the database's clock.</param>
/// <param name="Events">
/// All of its events in order, as they are stored, but for the session or key that was used: it is told to nobody else.
/// </param>
/// <param name="Count">How many there are.</param>
/// <param name="Sha256">Of the events, each as one line of JSON without spaces, ended by a line feed; in hexadecimal.</param>
public sealed record StreamDocument(
    string Format,
    int FormatVersion,
    string Kind,
    string Stream,
    string Workspace,
    int Version,
    DateTimeOffset ExportedAt,
    IReadOnlyList<DocumentEvent> Events,
    int Count,
    string Sha256
)
{
    /// <summary>The name of the format.</summary>
    public const string FormatName = "lectern.stream";

    /// <summary>The only version of the format so far.</summary>
    public const int FormatNumber = 1;
}

/// <summary>An event of a document.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its place in the stream, from 1.</param>
/// <param name="Type">The stored name.</param>
/// <param name="Data">What happened, in the version that the type names.</param>
/// <param name="Actor">Who caused it: <c>person:&lt;id&gt;</c> or <c>system</c>.</param>
/// <param name="Correlation">The request that started it.</param>
/// <param name="Causation">The message whose handling it followed from.</param>
/// <param name="Traceparent">The W3C trace context that it was appended in.</param>
/// <param name="At">When it was appended, by the database's clock.</param>
public sealed record DocumentEvent(
    Guid Id,
    int Version,
    string Type,
    JsonElement Data,
    string Actor,
    Guid Correlation,
    Guid? Causation,
    string? Traceparent,
    DateTimeOffset At
)
{
    // Postgres counts microseconds. Relaxed, so that jq -c writes the same bytes.
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
    private static readonly JsonWriterOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static DocumentEvent Of(RecordedEvent e) =>
        new(e.Id, e.Version, e.Type, e.Data, e.Actor, e.Correlation, e.Causation, e.Traceparent, e.At);

    internal static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>The event's line, which the hash is made of.</summary>
    internal byte[] Line()
    {
        var line = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(line, Form))
        {
            json.WriteStartObject();
            json.WriteString("id", Id);
            json.WriteNumber("version", Version);
            json.WriteString("type", Type);
            json.WritePropertyName("data");
            Data.WriteTo(json);
            json.WriteString("actor", Actor);
            json.WriteString("correlation", Correlation);
            if (Causation is { } cause)
                json.WriteString("causation", cause);
            else
                json.WriteNull("causation");
            json.WriteString("traceparent", Traceparent);
            json.WriteString("at", Text(At));
            json.WriteEndObject();
        }

        return line.WrittenSpan.ToArray();
    }
}
