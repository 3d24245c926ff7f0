using System.Globalization;
using Lectern.Host.Settings;
using Lectern.SharedKernel.Telemetry;
using Microsoft.Extensions.Options;

namespace Lectern.Host.Telemetry;

/// <summary>
/// What the machine, or the container's share of it, has left. The process's own processor time and memory are in the
/// runtime's metrics.
/// </summary>
internal sealed class MachineGauges(IOptions<DataSettings> data) : IGaugePart
{
    private static readonly Gauge Free = new("lectern.disk.free", "Free space where the files are kept.", "By");
    private static readonly Gauge Size = new("lectern.disk.size", "All space where the files are kept.", "By");
    private static readonly Gauge Memory = new("lectern.memory.limit", "Memory that the process may have.", "By");
    private static readonly Gauge Used = new(
        "lectern.memory.used",
        "Memory that is in use on the machine or in the container.",
        "By"
    );
    private static readonly Gauge Processors = new("lectern.processors", "Processors that the process may use.");
    private static readonly Gauge Load = new(
        "lectern.processors.load",
        "Programs that run or want to, on the machine, averaged over a minute."
    );

    public string Name => "machine";

    public IReadOnlyList<Gauge> Gauges => [Free, Size, Memory, Used, Processors, Load];

    /// <summary>What is known now; the load only where the system tells it.</summary>
    public static MachineState Now()
    {
        var memory = GC.GetGCMemoryInfo();
        return new MachineState(
            memory.TotalAvailableMemoryBytes,
            memory.MemoryLoadBytes,
            Environment.ProcessorCount,
            LoadAverage()
        );
    }

    public Task<IReadOnlyList<GaugeReading>> ReadAsync(CancellationToken cancel)
    {
        var now = Now();
        var disk = new DriveInfo(Path.GetFullPath(data.Value.Folder));
        var readings = new List<GaugeReading>
        {
            new(Free, disk.AvailableFreeSpace),
            new(Size, disk.TotalSize),
            new(Memory, now.MemoryLimit),
            new(Used, now.MemoryUsed),
            new(Processors, now.Processors),
        };
        if (now.Load is { } load)
            readings.Add(new(Load, load));
        return Task.FromResult<IReadOnlyList<GaugeReading>>(readings);
    }

    // proc(5): the first field is the average over one minute.
    private static double? LoadAverage()
    {
        try
        {
            var first = File.ReadAllText("/proc/loadavg").Split(' ')[0];
            return double.TryParse(first, CultureInfo.InvariantCulture, out var load) ? load : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // no Linux, or a /proc that is closed
        }
    }
}

/// <summary>The machine at a moment.</summary>
/// <param name="MemoryLimit">Of the container, or else of the machine; in bytes.</param>
/// <param name="MemoryUsed">As of the last garbage collection; in bytes.</param>
/// <param name="Processors">That the process may use.</param>
/// <param name="Load">Over a minute; null where it isn't told.</param>
internal sealed record MachineState(long MemoryLimit, long MemoryUsed, int Processors, double? Load);
