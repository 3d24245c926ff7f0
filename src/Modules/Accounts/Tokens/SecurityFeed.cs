using Lectern.Eventing;
using Lectern.SharedKernel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lectern.Accounts.Tokens;

/// <summary>
/// Keeps a host's memory of revocations and signing keys up to date, so that no request asks the database whether its
/// token still stands. It is read before the first request is served, then every second, and at once by whoever revokes:
/// what this host revokes is refused by its next request, and by the other hosts' within a second.
/// </summary>
internal sealed partial class SecurityFeed(
    EventStore store,
    Revocations revocations,
    SigningKeys keys,
    TimeProvider time,
    ILogger<SecurityFeed> log
) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    // No access token lives longer than an hour, and a bit for the clocks.
    private static readonly TimeSpan Keep = TimeSpan.FromMinutes(70);

    // One look at a time: an older one that ended later would bring back what was revoked in between.
    private readonly SemaphoreSlim _looking = new(1, 1);

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Looks now.</summary>
    public async Task RefreshAsync(CancellationToken cancel)
    {
        await _looking.WaitAsync(cancel);
        try
        {
            await LookAsync(cancel);
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _looking.Dispose();
        base.Dispose();
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        await using var session = store.OpenSystemSession();
        var rows = await session.QueryAsync(
            """
            select subject, null::int, null::bool from accounts.revocations where at > now() - $1
            union all
            select null, generation, signs_from <= now() from accounts.signing_keys
            where verifies_until is null or verifies_until > now()
            """,
            row =>
                (
                    Subject: row.IsDBNull(0) ? (Guid?)null : row.GetGuid(0),
                    Key: row.IsDBNull(1) ? null : new KeyGeneration(row.GetInt32(1), row.GetBoolean(2))
                ),
            cancel,
            Keep
        );
        revocations.Use(rows.Select(row => row.Subject).OfType<Guid>());
        keys.Use([.. rows.Select(row => row.Key).OfType<KeyGeneration>()]);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RefreshAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(log, e); // without a database nobody is served anyway; the next second tries again
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "What was revoked could not be read; the last reading stays in force.")]
    private static partial void LogFailed(ILogger log, Exception error);
}
