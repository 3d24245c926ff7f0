using Lectern.Accounts.Contracts;
using Lectern.Activity.Live;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.Tests.Http;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Lectern.Tests.Activity.Live;

/// <summary>How often it is asked what connections stand on.</summary>
public sealed class LiveStandingsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_is_looked_up_once_a_round_for_all_its_connections_and_an_outage_is_said_once()
    {
        using var connections = new LiveConnections(
            Options.Create(new LiveSettings()),
            new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance),
            TimeProvider.System,
            NullLogger<LiveConnections>.Instance
        );
        var person = new Caller(Guid.NewGuid(), Guid.NewGuid(), Role.Viewer);
        var program = person with { ApiKey = new CallerKey(Guid.NewGuid(), new HashSet<string>(), null) };
        var (token, key) = (new Asked(null), new Asked(new IOException("The database is away.")));
        using var byToken = Connect(person, token);
        using var first = Connect(program, key);
        using var second = Connect(program, key);
        foreach (var connection in new[] { byToken, first, second })
            connections.Add(connection);
        var log = new Lines();
        using var standings = new LiveStandings(connections, TimeProvider.System, log);

        await standings.StartAsync(Cancel);
        await Eventually.IsAsync(() => Task.FromResult(key.Times), times => times >= 3, "it was asked some times");
        await standings.StopAsync(Cancel);

        key.Times.ShouldBeLessThanOrEqualTo(token.Times);
        log.Count.ShouldBe(1);
        first.Closing.IsCancellationRequested.ShouldBeFalse();
    }

    private static LiveConnection Connect(Caller caller, Standing standing) =>
        new(
            caller,
            standing,
            LiveScope.OfJob(caller.Workspace, Guid.NewGuid()),
            null!,
            TimeProvider.System,
            CancellationToken.None
        );

    private sealed class Asked(Exception? failure) : Standing
    {
        private int _times;

        public int Times => _times;

        public override ValueTask<StandingEnd?> EndAsync(CancellationToken cancel)
        {
            Interlocked.Increment(ref _times);
            return failure is null ? new((StandingEnd?)null) : ValueTask.FromException<StandingEnd?>(failure);
        }
    }

    private sealed class Lines : ILogger<LiveStandings>
    {
        private int _count;

        public int Count => _count;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Interlocked.Increment(ref _count);
    }
}
