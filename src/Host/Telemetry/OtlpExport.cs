using Lectern.Host.Http;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Lectern.Host.Telemetry;

/// <summary>Sends traces and metrics to a collector, over HTTP with protobuf, as long as the host runs.</summary>
internal sealed class OtlpExport(string endpoint) : IHostedService, IDisposable
{
    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var resource = ResourceBuilder.CreateDefault().AddService("lectern", serviceVersion: ApiRoot.Version.Version);
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource("Microsoft.AspNetCore", "Npgsql", "Lectern.*")
            .AddOtlpExporter(exporter => Aim(exporter, "v1/traces"))
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter("Microsoft.AspNetCore.Hosting", "System.Runtime", "Npgsql", "Lectern.*")
            .AddOtlpExporter(exporter => Aim(exporter, "v1/metrics"))
            .Build();
        return Task.CompletedTask;
    }

    // Disposing sends what is left.
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    private void Aim(OtlpExporterOptions exporter, string signal)
    {
        exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = new Uri($"{endpoint.TrimEnd('/')}/{signal}");
    }
}
