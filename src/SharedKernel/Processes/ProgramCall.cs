namespace Lectern.SharedKernel.Processes;

/// <summary>One run of an external program: what to start, what to feed it and what it may use up.</summary>
/// <param name="Program">A path, or a name that is looked up in <c>PATH</c>.</param>
/// <param name="Arguments">The argument list as the program sees it; no shell ever reads it.</param>
public sealed record ProgramCall(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>Bytes for standard input. Empty means that the program reads end-of-file at once.</summary>
    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Writes standard input piece by piece instead of <see cref="Input"/>, for what is too large to hold.</summary>
    public Func<Stream, CancellationToken, Task>? WriteInput { get; init; }

    /// <summary>Receives standard output as it comes; without it the output is captured in memory.</summary>
    public Stream? Output { get; init; }

    /// <summary>Ends the run when the captured output grows beyond this many bytes.</summary>
    public int MaxCapturedBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>Where the program runs; by default where this process runs.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The longest that the run may take on the wall clock.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What the kernel lets the program use up; none by default.</summary>
    public ProgramLimits? Limits { get; init; }
}

/// <summary>Resource limits of one run, enforced by the kernel (Linux only; elsewhere only the wall clock holds).</summary>
/// <param name="Cpu">Processor time; the program is killed by SIGXCPU beyond it.</param>
/// <param name="MemoryBytes">Address space; allocations beyond it fail.</param>
/// <param name="FileBytes">The largest file that it may write; it is killed by SIGXFSZ beyond it.</param>
public sealed record ProgramLimits(TimeSpan Cpu, long MemoryBytes, long FileBytes);

/// <summary>What a successful run left behind.</summary>
/// <param name="Output">Captured standard output; empty when it was streamed.</param>
/// <param name="ErrorTail">The last 8 KB of standard error.</param>
public sealed record ProgramResult(ReadOnlyMemory<byte> Output, string ErrorTail);
