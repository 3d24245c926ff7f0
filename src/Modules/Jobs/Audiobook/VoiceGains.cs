using System.Collections.Concurrent;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Audio;
using Lectern.Providers;
using Lectern.Voices.Contracts;

namespace Lectern.Jobs.Audiobook;

/// <summary>
/// The gain of each voice, measured once per engine version and kept: it never depends on a book, so an edit changes
/// the loudness of no other segment.
/// </summary>
internal sealed class VoiceGains(EventStore store, VoiceDirectory voices, Calibration calibration, EngineCalls calls)
{
    private readonly ConcurrentDictionary<(string Voice, string EngineVersion), double> _known = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _measuring = new();

    /// <summary>The gain of a voice, which need not be available if it was measured before.</summary>
    public async Task<double> GainDbAsync(string id, SessionContext context, CancellationToken stop)
    {
        if (await voices.FindAsync(context.Workspace, id, stop) is not { } voice)
            // Deleted since it spoke; what it has spoken is to be heard all the same.
            return await ReadLastAsync(id, context, stop) ?? throw VoiceDirectory.Unknown(id);
        var key = (voice.Voice.Id, voice.EngineVersion);
        if (_known.TryGetValue(key, out var known))
            return known;
        var measuring = _measuring.GetOrAdd(id, _ => new SemaphoreSlim(1, 1));
        await measuring.WaitAsync(stop); // segments that start together wait for one measurement
        try
        {
            return _known.TryGetValue(key, out known)
                ? known
                : _known[key] = await LookUpAsync(key, voice, context, stop);
        }
        finally
        {
            measuring.Release();
        }
    }

    private async Task<double> LookUpAsync(
        (string Voice, string EngineVersion) key,
        CatalogueVoice voice,
        SessionContext context,
        CancellationToken stop
    )
    {
        if (await ReadAsync(key, context, stop) is { } kept)
            return kept;
        if (voice.Unavailable is { } reason)
            throw new ProviderException(voice.Engine.Name, ProviderFailure.Outage, reason);
        // Nobody's job: all that use the voice afterwards have the good of it. A voice on the workspace's own account is
        // asked there.
        var purpose = new CallPurpose(store.NewId(), voice.Engine.Limits.IsRemote ? context.Workspace : null);
        var (call, speech) = await calls.SpeakAsync(voice, Calibration.Text, purpose, stop);
        var measured = await calibration.GainAsync(voice.Voice.Id, speech.Audio, stop);
        await using var session = store.OpenWorkerSession(context);
        session.Execute(
            "insert into jobs.voice_gains (voice, engine_version, gain_db) values ($1, $2, $3) on conflict do nothing",
            voice.Voice.Id,
            voice.EngineVersion,
            measured
        );
        RecordedCalls.Succeeded(session, call);
        await session.SaveChangesAsync(stop);
        // Another host may have been first; all use the one that is kept.
        return await ReadAsync(key, context, stop) ?? measured;
    }

    private async Task<double?> ReadAsync(
        (string Voice, string EngineVersion) key,
        SessionContext context,
        CancellationToken stop
    )
    {
        await using var session = store.OpenWorkerSession(context);
        var found = await session.QueryAsync(
            "select gain_db from jobs.voice_gains where voice = $1 and engine_version = $2",
            row => (double?)row.GetDouble(0),
            stop,
            key.Voice,
            key.EngineVersion
        );
        return found.SingleOrDefault();
    }

    private async Task<double?> ReadLastAsync(string id, SessionContext context, CancellationToken stop)
    {
        await using var session = store.OpenWorkerSession(context);
        var found = await session.QueryAsync(
            "select gain_db from jobs.voice_gains where voice = $1 limit 1",
            row => (double?)row.GetDouble(0),
            stop,
            id
        );
        return found.SingleOrDefault();
    }
}
