using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Lectern.Tests.SharedKernel.Telemetry;

/// <summary>What a counter is counted under from now on, by one of its tags; everybody's in this process.</summary>
internal sealed class CountedTags : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<string> _seen = new();

    public CountedTags(string counter, string tag)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == counter)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>(
            (_, _, tags, _) =>
            {
                foreach (var (key, value) in tags)
                    if (key == tag)
                        _seen.Enqueue($"{value}");
            }
        );
        _listener.Start();
    }

    public IReadOnlyList<string> Seen => [.. _seen];

    public void Dispose() => _listener.Dispose();
}
