using System.Text;

namespace Lectern.SharedKernel.Processes;

internal sealed class OutputLimitException : Exception;

/// <summary>Holds what a program writes, up to a limit.</summary>
internal sealed class BoundedBuffer(int limit) : MemoryStream
{
    /// <summary>What has been written so far, without a copy.</summary>
    public ReadOnlyMemory<byte> Written => GetBuffer().AsMemory(0, (int)Length);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Length + buffer.Length > limit)
            throw new OutputLimitException();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Keeps the end of what a program writes, so that a chatty failure can't fill the memory or the log.</summary>
internal sealed class TailBuffer(int limit) : MemoryStream
{
    /// <summary>The kept end as text; a character that the cut went through shows as U+FFFD.</summary>
    public string Text => Encoding.UTF8.GetString(GetBuffer(), 0, (int)Length);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var kept = buffer.Length > limit ? buffer[^limit..] : buffer;
        var room = limit - kept.Length;
        if (Length > room)
        {
            var old = GetBuffer().AsSpan((int)Length - room, room);
            old.CopyTo(GetBuffer());
            SetLength(room);
            Position = room;
        }
        Write(kept.Span);
        return ValueTask.CompletedTask;
    }
}
