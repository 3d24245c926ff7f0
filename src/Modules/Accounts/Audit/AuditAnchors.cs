using System.Text.Json;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.Extensions.Logging;

namespace Lectern.Accounts.Audit;

/// <summary>How far a chain of the audit log had come at a time.</summary>
/// <param name="At">When it was written down.</param>
/// <param name="Chain">The workspace's id; zero for the platform.</param>
/// <param name="Entries">How many entries it had.</param>
/// <param name="Head">The hash of the last one, in hexadecimal.</param>
internal sealed record AuditAnchor(DateTimeOffset At, Guid Chain, long Entries, string Head);

/// <summary>
/// Writes the heads of the audit log's chains into a file outside of the database, every quarter of an hour. Whoever
/// could rewrite the database could compute all hashes anew, or cut off the end of a chain and set its head back; against
/// the file both show. Copy it away from this machine, and they show to whoever took the machine, too.
/// </summary>
internal sealed class AuditAnchors(EventStore store, DataFolder folder, TimeProvider time, ILogger<AuditAnchors> log)
    : PeriodicWork(Every, time, log)
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(15);

    /// <summary>Anchors of one line each, oldest first; only this user may read it.</summary>
    public string File { get; } = Path.Combine(folder.Path, "audit-anchors.jsonl");

    // What this process has read of the file: each chain's last head, and the end of the last whole line.
    private readonly Dictionary<Guid, string> _known = [];
    private long _readTo;

    /// <summary>Writes down each chain that has grown since it was last written down; answers how many did.</summary>
    public async Task<int> WriteAsync(CancellationToken cancel)
    {
        // Held until the lines are written: the command and the host may do this at once, and share the file.
        await using var file = await OpenAsync(cancel);
        await ReadOnAsync(file, cancel);
        await using var session = store.OpenSystemSession();
        var heads = await session.QueryAsync(
            "select now(), workspace_id, entries, head from accounts.audit_chains where entries > 0 order by workspace_id",
            row => new AuditAnchor(
                row.GetFieldValue<DateTimeOffset>(0),
                row.GetGuid(1),
                row.GetInt64(2),
                Convert.ToHexStringLower(row.GetFieldValue<byte[]>(3))
            ),
            cancel
        );
        var grown = heads.Where(head => _known.GetValueOrDefault(head.Chain) != head.Head).ToList();
        // A power cut may have left half a line behind the last whole one.
        file.SetLength(_readTo);
        file.Position = _readTo;
        foreach (var anchor in grown)
        {
            await JsonSerializer.SerializeAsync(file, anchor, AccountsJson.Default.AuditAnchor, cancel);
            file.WriteByte((byte)'\n');
        }

        file.Flush(flushToDisk: true);
        return grown.Count;
    }

    /// <summary>Every anchor that was written; null for a line that is none.</summary>
    public async IAsyncEnumerable<AuditAnchor?> ReadAllAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel
    )
    {
        if (!System.IO.File.Exists(File))
            yield break;
        await using var file = await OpenAsync(cancel);
        await foreach (var (anchor, _) in ReadAsync(file, cancel))
            yield return anchor;
    }

    protected override Task DoAsync(CancellationToken stop) => WriteAsync(stop);

    /// <summary>Reads what was appended since this process last looked; another file in its place is read anew.</summary>
    private async Task ReadOnAsync(FileStream file, CancellationToken cancel)
    {
        if (file.Length < _readTo)
        {
            _known.Clear();
            _readTo = 0;
        }

        file.Position = _readTo;
        await foreach (var (anchor, end) in ReadAsync(file, cancel))
        {
            _readTo = end;
            if (anchor is not null)
                _known[anchor.Chain] = anchor.Head;
        }
    }

    /// <summary>The whole lines, each with the position behind it.</summary>
    private static async IAsyncEnumerable<(AuditAnchor? Anchor, long End)> ReadAsync(
        FileStream file,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel
    )
    {
        var line = new MemoryStream();
        var buffer = new byte[64 * 1024];
        var end = file.Position;
        int read;
        while ((read = await file.ReadAsync(buffer, cancel)) > 0)
        {
            var start = 0;
            while (Array.IndexOf(buffer, (byte)'\n', start, read - start) is var at && at >= 0)
            {
                line.Write(buffer, start, at - start);
                end += line.Length + 1;
                yield return (Parse(line.GetBuffer().AsSpan(0, (int)line.Length)), end);
                line.SetLength(0);
                start = at + 1;
            }

            line.Write(buffer, start, read - start);
        }
    }

    private static AuditAnchor? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, AccountsJson.Default.AuditAnchor);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<FileStream> OpenAsync(CancellationToken cancel)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None, // another process that has it open makes this one wait
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Directory.CreateDirectory(folder.Path);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(File, options);
            }
            catch (IOException) when (attempt < Tries)
            {
                await Task.Delay(Pause, cancel);
            }
        }
    }

    private const int Tries = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
}
