using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using Lectern.SharedKernel.Secrets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Lectern.SharedKernel.Telemetry;

/// <summary>
/// Tells of security events, in a log category of their own and in a counter. Ids only; the client's network is a keyed
/// hash, by which lines of one origin are found together and nobody is found. Each event is written some times a second
/// at most, since whoever floods us must not fill the disk as well; what was left out is counted in the next line, and
/// the counter counts all.
/// </summary>
public sealed class SecurityEvents
{
    /// <summary>The log category.</summary>
    public const string Category = "Lectern.Security";

    internal const int MostPerSecond = 20;

    private static readonly Meter Meter = new("Lectern.Security");
    private static readonly Counter<long> Counted = Meter.CreateCounter<long>(
        "lectern.security.events",
        description: "Security events by code and reason; docs/operations.md says what each means."
    );

    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly byte[] _key;
    private readonly Dictionary<SecurityEvent, Pace> _paces = SecurityEvent.All.ToDictionary(e => e, _ => new Pace());

    /// <summary>Made once by the host.</summary>
    public SecurityEvents(ILoggerFactory logs, MasterKey master, TimeProvider time)
    {
        _log = logs.CreateLogger(Category);
        _time = time;
        _key = master.Derive("telemetry/origins", 32);
        // A series that begins at one is no increase to Prometheus: the first of a kind would raise no alert.
        foreach (var known in SecurityEvent.All)
            Counted.Add(0, new KeyValuePair<string, object?>("event", known.Code));
    }

    /// <summary>Tells that something has happened.</summary>
    /// <param name="happened">What.</param>
    /// <param name="http">In which request; who calls and where from is taken from it.</param>
    /// <param name="reason">Which kind of it, as a code from a list in the program: it is a label of the counter.</param>
    /// <param name="subject">A public id of what it was done to; nothing that anybody typed.</param>
    public void Record(SecurityEvent happened, HttpContext? http, string? reason = null, string? subject = null)
    {
        var tags = new TagList { { "event", happened.Code } };
        if (reason is not null)
            tags.Add("reason", reason);
        Counted.Add(1, tags);
        if (!_log.IsEnabled(happened.Level) || _paces[happened].Left(_time.GetTimestamp(), _time) is not { } leftOut)
            return;
        var caller = http?.Features.Get<Caller>();
        var endpoint = http?.GetEndpoint() as RouteEndpoint;
        Write(
            happened,
            reason,
            subject,
            caller,
            OriginOf(http?.Connection.RemoteIpAddress),
            http?.Request.Method,
            endpoint?.RoutePattern.RawText,
            leftOut
        );
    }

    /// <summary>A keyed hash of an IPv4 address or an IPv6 network, 16 hexadecimal digits.</summary>
    internal string? OriginOf(IPAddress? address)
    {
        if (address is null)
            return null;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        // Whoever has one address of an IPv6 network has all of them.
        var network = bytes.AsSpan(0, bytes.Length == 4 ? 4 : 8);
        return Convert.ToHexStringLower(HMACSHA256.HashData(_key, network).AsSpan(0, 8));
    }

    private void Write(
        SecurityEvent happened,
        string? reason,
        string? subject,
        Caller? caller,
        string? origin,
        string? method,
        string? route,
        long leftOut
    )
    {
        var line = new Line { new("event", happened.Code) };
        Add("reason", reason);
        Add("subject", subject);
        Add("person", caller?.Person);
        Add("workspace", caller?.Workspace);
        Add("session", caller?.Session);
        Add("apiKey", caller?.ApiKey?.Id);
        Add("origin", origin);
        Add("method", method);
        Add("route", route);
        Add("trace", Activity.Current?.TraceId.ToHexString());
        if (leftOut > 0)
            Add("leftOut", leftOut);
        _log.Log(
            happened.Level,
            new EventId(happened.Number, happened.Code),
            line,
            null,
            (state, _) => state.ToString()
        );

        void Add(string name, object? value)
        {
            if (value is not null)
                line.Add(new(name, value));
        }
    }

    /// <summary>Fields for those who read fields, and a text for those who read texts.</summary>
    private sealed class Line : List<KeyValuePair<string, object?>>
    {
        public override string ToString() => string.Join(' ', this.Select(pair => $"{pair.Key}={pair.Value}"));
    }

    /// <summary>How many lines of one kind were written in the current second.</summary>
    private sealed class Pace
    {
        private readonly Lock _lock = new();
        private long _since;
        private int _written;
        private long _leftOut;

        /// <summary>Null if this one is not to be written, else how many were not since the last one that was.</summary>
        public long? Left(long now, TimeProvider time)
        {
            lock (_lock)
            {
                if (_written == 0 || time.GetElapsedTime(_since, now) >= TimeSpan.FromSeconds(1))
                    (_since, _written) = (now, 0);
                if (_written >= MostPerSecond)
                {
                    _leftOut++;
                    return null;
                }

                _written++;
                var before = _leftOut;
                _leftOut = 0;
                return before;
            }
        }
    }
}
