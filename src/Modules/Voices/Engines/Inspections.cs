using System.Collections.Concurrent;
using System.Text.Json;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.Voices.Contracts;
using Microsoft.Extensions.Logging;
using NpgsqlTypes;

namespace Lectern.Voices.Engines;

/// <summary>
/// What engines have said of themselves, by account. A service's last good answer on the platform's
/// account is kept in the database, too: a host
/// that starts while the service is away still knows its voices.
/// </summary>
internal sealed partial class Inspections(EventStore store, TimeProvider time, ILogger<Inspections> log)
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(string Account, IEngine Engine), Entry> _known = new();

    /// <summary>What is known, however old; asked first where nothing is, and again in the background when it is stale.</summary>
    public async Task<EngineInspection> OfAsync(IEngine engine, ProviderAccount account, CancellationToken cancel)
    {
        if (!_known.TryGetValue((account.Id, engine), out var known))
            return await AskAsync(engine, account, FirstPatience, cancel);
        if (time.GetElapsedTime(known.At) > FreshFor && known.TryBeginRefresh())
            _ = AskAsync(engine, account, FirstPatience, CancellationToken.None);
        return known.Found;
    }

    /// <summary>Asks now. A service that can't answer keeps what it had, as unavailable, with the reason.</summary>
    public async Task<EngineInspection> AskAsync(
        IEngine engine,
        ProviderAccount account,
        TimeSpan patience,
        CancellationToken stop
    )
    {
        var found = await TryAskAsync(engine, account, patience, stop);
        _known[(account.Id, engine)] = new Entry(found, time.GetTimestamp());
        foreach (var (key, _) in _known.Where(k => time.GetElapsedTime(k.Value.At) > KeptFor))
            _known.TryRemove(key, out _); // of keys that are gone, or workspaces that have not come again
        return found;
    }

    private async Task<EngineInspection> TryAskAsync(
        IEngine engine,
        ProviderAccount account,
        TimeSpan patience,
        CancellationToken stop
    )
    {
        string reason;
        using var deadline = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
        try
        {
            var found = await engine.InspectAsync(account.Key, either.Token).WaitAsync(either.Token);
            if (found.Unavailable is null)
            {
                await KeepAsync(engine, account, found, stop);
                return found;
            }
            LogUnavailable(log, engine.Name, engine.Ability, found.Unavailable);
            reason = found.Unavailable;
            if (found.Voices.Count + found.Models.Count > 0)
                return found; // it said itself what is known of it
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            reason =
                $"{engine.Name} has not answered within {patience.TotalSeconds:0.#} s. It is asked again by itself.";
            LogUnavailable(log, engine.Name, engine.Ability, reason);
        }
        catch (ProviderException away)
        {
            reason = $"{away.Message} It is asked again by itself.";
            LogUnavailable(log, engine.Name, engine.Ability, reason);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            reason = $"{engine.Name} could not be inspected; the log says why.";
            LogFailed(log, e, engine.Name, engine.Ability);
        }
        var before = await LastAsync(engine, account, stop);
        return new EngineInspection(before?.Version, reason, before?.Voices ?? []) { Models = before?.Models ?? [] };
    }

    private async Task<EngineInspection?> LastAsync(IEngine engine, ProviderAccount account, CancellationToken stop)
    {
        if (_known.TryGetValue((account.Id, engine), out var known))
            return known.Found;
        if (!engine.Limits.IsRemote)
            return null;
        await using var session = Open();
        var found = await session.QueryAsync(
            "select found from voices.inspections where account = $1 and ability = $2",
            row => JsonSerializer.Deserialize(row.GetString(0), InspectionJson.Default.EngineInspection),
            stop,
            account.Id,
            CatalogueEngine.NameOf(engine.Ability)
        );
        return found.SingleOrDefault();
    }

    private async Task KeepAsync(
        IEngine engine,
        ProviderAccount account,
        EngineInspection found,
        CancellationToken stop
    )
    {
        if (!engine.Limits.IsRemote || account.IsWorkspaces)
            return; // an account's own voices may bear people's names, and are the workspace's business
        await using var session = Open();
        session.Execute(
            """
            insert into voices.inspections (account, ability, provider, found) values ($1, $2, $3, $4)
            on conflict (account, ability) do update set found = excluded.found, inspected_at = now()
            where inspections.found is distinct from excluded.found
            """,
            account.Id,
            CatalogueEngine.NameOf(engine.Ability),
            engine.Name,
            new Typed(JsonSerializer.Serialize(found, InspectionJson.Default.EngineInspection), NpgsqlDbType.Jsonb)
        );
        await session.SaveChangesAsync(stop);
    }

    private Session Open() => store.OpenSystemSession();

    [LoggerMessage(LogLevel.Information, "{Engine} is not available for {Ability}: {Reason}")]
    private static partial void LogUnavailable(ILogger log, string engine, Ability ability, string reason);

    [LoggerMessage(LogLevel.Error, "{Engine} could not be inspected for {Ability}.")]
    private static partial void LogFailed(ILogger log, Exception error, string engine, Ability ability);

    private sealed class Entry(EngineInspection found, long at)
    {
        private int _refreshing;

        public EngineInspection Found => found;

        public long At => at;

        public bool TryBeginRefresh() => Interlocked.Exchange(ref _refreshing, 1) == 0;
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(EngineInspection))]
internal sealed partial class InspectionJson : System.Text.Json.Serialization.JsonSerializerContext;
