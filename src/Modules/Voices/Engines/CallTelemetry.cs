using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Lectern.Providers;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Engines;

/// <summary>
/// One call of an engine as the metrics and the trace have it: whom, for what, how long, and how it ended. The wait for a
/// place is in the trace only. Neither voice nor model, which may be somebody's own; no address, no key, no text.
/// </summary>
internal sealed class CallTelemetry : IDisposable
{
    private const string Succeeded = "succeeded";

    private static readonly ActivitySource Activities = new("Lectern.Providers");
    private static readonly Meter Meter = new("Lectern.Providers");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "lectern.provider.call.duration",
        "s",
        "How long a provider took for a call, or had it wait when it was not asked, by provider, ability, outcome (succeeded, or why not) and account.",
        advice: new() { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600] }
    );
    private static readonly Counter<long> Units = Meter.CreateCounter<long>(
        "lectern.provider.units",
        description: "What providers were asked for and gave, in the unit that each counts."
    );

    private readonly string _provider;
    private readonly string _ability;
    private readonly Activity? _activity;
    private long _begun = Stopwatch.GetTimestamp();
    private bool _wasAsked;
    private string _outcome = "broken_off";
    private string _account = "platform";

    private CallTelemetry(IEngine engine)
    {
        _provider = engine.Name;
        _ability = CatalogueEngine.NameOf(engine.Ability);
        if (Activities.HasListeners()) // else the name alone would cost more than the rest
            _activity = Activities.StartActivity($"{_ability} {_provider}", ActivityKind.Client);
    }

    /// <summary>Makes the metrics known before the first call.</summary>
    public static void Begin() => _ = Duration.Enabled || Units.Enabled;

    public static CallTelemetry Of(IEngine engine) => new(engine);

    /// <summary>Whose account it is made on, once that is known.</summary>
    public void On(ProviderAccount account) => _account = account.IsWorkspaces ? "workspace" : "platform";

    /// <summary>Now the engine is asked: from here on it takes its time.</summary>
    public void Ask() => (_begun, _wasAsked) = (Stopwatch.GetTimestamp(), true);

    public void Succeed(string unit, long units)
    {
        _outcome = Succeeded;
        Units.Add(
            units,
            new TagList
            {
                { "provider", _provider },
                { "ability", _ability },
                { "unit", unit },
            }
        );
    }

    public void Fail(ProviderException failed)
    {
        var code = JsonNamingPolicy.SnakeCaseLower.ConvertName($"{failed.Failure}");
        _outcome = _wasAsked ? code : $"not_asked_{code}";
    }

    public void Dispose()
    {
        Duration.Record(
            Stopwatch.GetElapsedTime(_begun).TotalSeconds,
            new TagList
            {
                { "provider", _provider },
                { "ability", _ability },
                { "outcome", _outcome },
                { "account", _account },
            }
        );
        if (_activity is null)
            return;
        _activity.SetTag("provider", _provider).SetTag("ability", _ability).SetTag("outcome", _outcome);
        if (_outcome != Succeeded)
            _activity.SetStatus(ActivityStatusCode.Error, _outcome).SetTag("error.type", _outcome);
        _activity.Dispose();
    }
}
