using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Lectern.SharedKernel.Processes;

/// <summary>
/// Sets limits on a process that just started. A system call costs microseconds, where the <c>prlimit</c> program as a
/// prefix costs a second exec per call. The program runs unlimited for that moment, which no input can make use of.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class KernelLimits
{
    // <bits/resource.h>; the same on x86-64 and arm64.
    private const int Cpu = 0;
    private const int FileSize = 1;
    private const int AddressSpace = 9;

    public static void Set(int pid, ProgramLimits limits)
    {
        Set(pid, Cpu, (ulong)Math.Ceiling(limits.Cpu.TotalSeconds));
        Set(pid, FileSize, (ulong)limits.FileBytes);
        Set(pid, AddressSpace, (ulong)limits.MemoryBytes);
    }

    private static void Set(int pid, int resource, ulong value)
    {
        var limit = new Limit(value, value);
        // The only error that can come is that the process has already ended, and then there is nothing to limit.
        _ = Prlimit(pid, resource, in limit, IntPtr.Zero);
    }

    [DllImport("libc", EntryPoint = "prlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Prlimit(int pid, int resource, in Limit limit, IntPtr old);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit(ulong Soft, ulong Hard);
}
