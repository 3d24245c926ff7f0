using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json;
using Lectern.Host.Telemetry;
using Lectern.SharedKernel.Secrets;
using Lectern.SharedKernel.Telemetry;
using Lectern.Tests.Host;
using Lectern.Tests.Host.Http.RateLimits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lectern.Tests.SharedKernel.Telemetry;

/// <summary>The type itself, and the file that it can be written to.</summary>
public sealed class SecurityEventsTests
{
    private static readonly MasterKey Master = new(new byte[MasterKey.Length]);

    private readonly HandMovedClock _clock = new();

    [Fact]
    public void A_flood_is_counted_in_full_and_written_in_part()
    {
        var log = new SecurityLines();
        var events = new SecurityEvents(LoggerFactory.Create(logging => logging.AddProvider(log)), Master, _clock);
        var counted = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, from) =>
        {
            if (instrument.Name == "lectern.security.events")
                from.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>(
            (_, value, tags, _) =>
            {
                foreach (var tag in tags)
                    if (tag is { Key: "reason", Value: "a-flood" })
                        Interlocked.Add(ref counted, value);
            }
        );
        listener.Start();

        for (var i = 0; i < 1000; i++)
            events.Record(SecurityEvent.RateLimited, null, "a-flood");
        events.Record(SecurityEvent.SealBroken, null);
        _clock.Pass(TimeSpan.FromSeconds(1));
        events.Record(SecurityEvent.RateLimited, null, "a-flood");

        Interlocked.Read(ref counted).ShouldBe(1001);
        log.Of("rate_limited").Count.ShouldBe(SecurityEvents.MostPerSecond + 1);
        log.Of("rate_limited")[^1]["leftOut"].ShouldBe(980L);
        log.Of("seal_broken").Count.ShouldBe(1, "one kind's flood hides no other");
    }

    [Fact]
    public void An_origin_is_the_same_for_a_network_and_tells_no_address()
    {
        var events = new SecurityEvents(LoggerFactory.Create(_ => { }), Master, _clock);
        var other = new SecurityEvents(
            LoggerFactory.Create(_ => { }),
            new MasterKey([.. Enumerable.Repeat((byte)1, MasterKey.Length)]),
            _clock
        );

        var v4 = events.OriginOf(IPAddress.Parse("203.0.113.7"))!;
        v4.ShouldBe(events.OriginOf(IPAddress.Parse("::ffff:203.0.113.7")));
        v4.ShouldNotBe(events.OriginOf(IPAddress.Parse("203.0.113.8")));
        v4.ShouldNotBe(other.OriginOf(IPAddress.Parse("203.0.113.7")), "it is keyed");
        v4.ShouldMatch("^[0-9a-f]{16}$");
        events
            .OriginOf(IPAddress.Parse("2001:db8:1:2::1"))
            .ShouldBe(events.OriginOf(IPAddress.Parse("2001:db8:1:2:ffff::9")));
    }

    [Fact]
    public void The_file_has_a_json_object_a_line_is_its_owners_and_is_put_aside_when_it_is_full()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "logs", "security.jsonl");
        using (var file = new SecurityLogFile(path, mostBytes: 1000, kept: 2, TimeProvider.System))
        {
            var events = new SecurityEvents(LoggerFactory.Create(logging => logging.AddProvider(file)), Master, _clock);
            for (var i = 0; i < 40; i++)
            {
                var http = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Loopback } };
                events.Record(SecurityEvent.ApiKeyRefused, http, "it \"quotes\"", $"key_{i}");
                _clock.Pass(TimeSpan.FromSeconds(1));
            }
        }

        Directory
            .GetFiles(Path.GetDirectoryName(path)!)
            .Order(StringComparer.Ordinal)
            .ShouldBe([path, $"{path}.1", $"{path}.2"]);
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var subjects = new List<string>();
        foreach (var each in new[] { $"{path}.2", $"{path}.1", path })
        {
            new FileInfo(each).Length.ShouldBeLessThanOrEqualTo(1000);
            foreach (var line in File.ReadLines(each))
            {
                var entry = JsonDocument.Parse(line).RootElement;
                entry.GetProperty("id").GetInt32().ShouldBe(9008);
                entry.GetProperty("event").GetString().ShouldBe("api_key_refused");
                entry.GetProperty("reason").GetString().ShouldBe("it \"quotes\"");
                entry.GetProperty("level").GetString().ShouldBe("Warning");
                subjects.Add(entry.GetProperty("subject").GetString()!);
            }
        }

        subjects.ShouldBe(
            Enumerable.Range(40 - subjects.Count, subjects.Count).Select(i => $"key_{i}"),
            "the last ones"
        );
    }

    [Fact]
    public void A_folder_that_takes_no_file_stops_nobody()
    {
        using var folder = new TemporaryFolder();
        using var file = new SecurityLogFile(folder.Path, mostBytes: 1000, kept: 1, TimeProvider.System);

        Log(file, "x");
    }

    [Fact]
    public void A_disk_that_is_full_stops_nobody_and_has_the_next_line_when_it_has_room_again()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "Linux has a disk that is always full.");
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "security.jsonl");
        File.CreateSymbolicLink(path, "/dev/full");
        using var file = new SecurityLogFile(path, mostBytes: 1000, kept: 1, TimeProvider.System);

        Log(file, "lost");
        Log(file, "lost, too");
        File.Delete(path);
        Log(file, "kept");

        File.ReadLines(path).Single().ShouldContain("kept");
    }

    private static void Log(SecurityLogFile file, string what) =>
        file.Log(
            LogLevel.Warning,
            1,
            new List<KeyValuePair<string, object?>> { new("event", what) },
            null,
            (_, _) => ""
        );
}
