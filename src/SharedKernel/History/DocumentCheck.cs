using System.Security.Cryptography;
using System.Text.Json;
using Lectern.Eventing;
using Lectern.SharedKernel.Http;

namespace Lectern.SharedKernel.History;

/// <summary>Whether a document is one that this program exported, and its events; each fault with its pointer.</summary>
internal sealed class DocumentCheck(HistorySubject subject, ScratchReplay scratch)
{
    private const int ShownFaults = 20;

    /// <summary>A job of 10,000 chunks has some 12,500 events, and each retry adds few.</summary>
    public const int MaxEvents = 25_000;

    /// <summary>Some 600 bytes an event; those of a job have about 450.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private readonly List<FieldError> _faults = [];

    /// <summary>The document's events, all of one stream; or 422.</summary>
    public (IReadOnlyList<StoredEvent> Events, Problem? Refusal) Read(StreamDocument document)
    {
        Expect(document.Format == StreamDocument.FormatName, "/format", $"must be {StreamDocument.FormatName}");
        Expect(
            document.FormatVersion == StreamDocument.FormatNumber,
            "/formatVersion",
            $"must be {StreamDocument.FormatNumber}; a newer one needs a newer Lectern"
        );
        Expect(
            document.Kind == subject.Kind,
            "/kind",
            $"must be {subject.Kind}; other kinds have addresses of their own"
        );
        Expect(
            PublicId.TryParse(subject.Prefix, document.Stream, out var stream),
            "/stream",
            $"must be an id that begins with {subject.Prefix}_"
        );
        Expect(
            PublicId.TryParse("workspace", document.Workspace, out var workspace),
            "/workspace",
            "must be the id of a workspace"
        );
        Expect(
            document.Events.Count is >= 1 and <= MaxEvents,
            "/events",
            $"must be 1 to {MaxEvents} events, and is {document.Events.Count}"
        );
        Expect(document.Version == document.Events.Count, "/version", "must be the version of the last event");
        Expect(document.Count == document.Events.Count, "/count", "must be the number of events: some are missing");
        if (_faults.Count == 0)
        {
            var events = ReadEvents(document.Events, stream, workspace);
            if (_faults.Count == 0)
                Expect(
                    string.Equals(document.Sha256, HashOf(document.Events), StringComparison.OrdinalIgnoreCase),
                    "/sha256",
                    "is not that of the events: something was changed"
                );
            if (_faults.Count == 0)
                return (events, null);
        }

        return ([], CommonProblems.InvalidValues.With("The document can't be replayed.", [.. _faults]));
    }

    /// <summary>SHA-256 of the events' lines.</summary>
    public static string HashOf(IEnumerable<DocumentEvent> events)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var e in events)
        {
            hash.AppendData(e.Line());
            hash.AppendData("\n"u8);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private List<StoredEvent> ReadEvents(IReadOnlyList<DocumentEvent?> events, Guid stream, Guid workspace)
    {
        var read = new List<StoredEvent>(events.Count);
        var ids = new HashSet<Guid>();
        for (var i = 0; i < events.Count && _faults.Count < ShownFaults; i++)
        {
            var place = $"/events/{i}";
            if (events[i] is not { } e)
            {
                _faults.Add(new FieldError(place, "must not be null"));
                continue;
            }

            Expect(e.Version == i + 1, $"{place}/version", $"must be {i + 1}: versions go up by one, in order");
            Expect(ids.Add(e.Id), $"{place}/id", "must be of one event only");
            if (ReadData(e, place) is { } data)
                read.Add(
                    new StoredEvent(
                        0,
                        e.Id,
                        stream,
                        e.Version,
                        data,
                        e.Type,
                        workspace,
                        e.Actor,
                        e.Correlation,
                        e.Causation,
                        e.At.ToUniversalTime()
                    )
                );
        }

        return read;
    }

    private object? ReadData(DocumentEvent e, string place)
    {
        try
        {
            if (subject.Has(e.Type))
                return scratch.Read(e.Type, e.Data);
            _faults.Add(new FieldError($"{place}/type", $"must be an event of {subject.Called}"));
        }
        catch (UnknownTypeException)
        {
            _faults.Add(new FieldError($"{place}/type", "is unknown to this version of Lectern"));
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            var inside = JsonPointer.OfPath((wrong as JsonException)?.Path);
            _faults.Add(new FieldError($"{place}/data{inside}", "doesn't fit the type of event"));
        }

        return null;
    }

    private void Expect(bool isSo, string pointer, string detail)
    {
        if (!isSo)
            _faults.Add(new FieldError(pointer, detail));
    }
}
