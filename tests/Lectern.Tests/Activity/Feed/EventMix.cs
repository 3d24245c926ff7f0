using System.Text;
using Lectern.Eventing;
using Lectern.Jobs.Contracts;
using Lectern.SharedKernel;
using Lectern.Tests.Events;
using Npgsql;
using NpgsqlTypes;

namespace Lectern.Tests.Activity.Feed;

/// <summary>An event that is to stand in a log.</summary>
internal sealed record MixedEvent(
    Guid Workspace,
    Guid Stream,
    string Type,
    byte[] Data,
    string Actor,
    string? Credential,
    bool InBackground
)
{
    public Guid Id { get; } = Guid.CreateVersion7();
}

/// <summary>
/// Logs with every type of event that there is: jobs as they happen, and between them the stored samples of all others.
/// They are written past the streams, since followers read the log only.
/// </summary>
internal sealed class EventMix(EventTypes types, int seed)
{
    private static readonly Dictionary<string, byte[]> Samples = Directory
        .GetFiles(StoredEventsTests.Folder, "*.json")
        .ToDictionary(file => Path.GetFileNameWithoutExtension(file), File.ReadAllBytes);

    private readonly Random _random = new(seed);
    private readonly Guid[] _workspaces = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];
    private readonly Guid?[] _projects = [Guid.CreateVersion7(), Guid.CreateVersion7(), null];
    private readonly Guid[] _people = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];

    /// <summary>Jobs that happen at the same time, with everything else between them.</summary>
    public List<MixedEvent> Interleaved(int jobs, int chunks)
    {
        var scripts = Enumerable.Range(0, jobs).Select(_ => new Queue<MixedEvent>(Job(chunks))).ToList();
        foreach (var (name, data) in Samples.Where(sample => !sample.Key.StartsWith("jobs.", StringComparison.Ordinal)))
            scripts.Add(
                new Queue<MixedEvent>([
                    new(
                        Pick(_workspaces),
                        Guid.CreateVersion7(),
                        name,
                        data,
                        Actor(),
                        Credential(),
                        _random.Next(4) == 0
                    ),
                ])
            );
        var log = new List<MixedEvent>();
        while (scripts.Count > 0)
        {
            var script = Pick(scripts);
            log.Add(script.Dequeue());
            if (script.Count == 0)
                scripts.Remove(script);
        }

        return log;
    }

    /// <summary>What happens to a job, with retries and all kinds of end.</summary>
    public IEnumerable<MixedEvent> Job(int chunks)
    {
        var (workspace, job) = (Pick(_workspaces), Guid.CreateVersion7());
        yield return Of(
            new JobSubmitted(
                "audiobook",
                "flite-slt",
                "m4b",
                64,
                1000,
                Guid.CreateVersion7(),
                1_000_000,
                "p1",
                Project: Pick(_projects)
            ),
            background: false
        );
        for (var run = 1; ; run++)
        {
            yield return Of(new JobStarted(run));
            if (_random.Next(3) == 0) // into a project, into another one, or out of it
                yield return Of(new JobMoved(Pick(_projects)), background: false);
            yield return Of(new ManuscriptPrepared(1, 0, chunks, 1, 200));
            for (var chunk = 0; chunk < chunks; chunk++)
                yield return Of(new ChunkSynthesized(chunk, "ab12", 22050, 22050, "cd34", 44100));
            var end = _random.Next(10);
            if (end < 6)
            {
                yield return Of(new ChapterAssembled(0, 1000));
                yield return Of(new AudioAssembled(Guid.CreateVersion7(), "ef56", 1000, 1000));
                yield return Of(new JobCompleted(1_000_000));
            }
            else if (end < 8)
                yield return Of(new JobFailed("synthesize", "engine-failed", 0));
            else
                yield return Of(new JobCancelled(0), background: end == 8);
            if (end < 7)
                break;
            yield return Of(new JobReopened(run + 1, Guid.CreateVersion7(), 1_000_000, "p1"), background: false);
        }

        if (_random.Next(5) == 0)
            yield return Of(new JobDeleted());

        MixedEvent Of(object data, bool background = true)
        {
            var (name, json) = types.Write(data);
            return new MixedEvent(workspace, job, name, json, Actor(), Credential(), background);
        }
    }

    /// <summary>Appends them to the log, over some days; those that are there already stay as they are.</summary>
    public async Task AppendAsync(NpgsqlDataSource owner, IReadOnlyList<MixedEvent> events, CancellationToken cancel)
    {
        await using var insert = owner.CreateCommand(
            """
            insert into eventing.events
                (id, stream_id, version, type, data, workspace_id, actor, correlation_id, causation_id, credential, at)
            select id, stream, (random() * 2000000000)::int, type, data::jsonb, workspace, actor,
                   gen_random_uuid(), case when background then gen_random_uuid() end, credential, now() - day * interval '7 hours'
            from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[], $8::int[], $9::uuid[])
                with ordinality as e (workspace, stream, type, data, actor, credential, background, day, id, place)
            order by place on conflict (id) do nothing
            """
        );
        insert.Parameters.Add(new() { Value = events.Select(e => e.Workspace).ToArray() });
        insert.Parameters.Add(new() { Value = events.Select(e => e.Stream).ToArray() });
        insert.Parameters.Add(new() { Value = events.Select(e => e.Type).ToArray() });
        insert.Parameters.Add(new() { Value = events.Select(e => Encoding.UTF8.GetString(e.Data)).ToArray() });
        insert.Parameters.Add(new() { Value = events.Select(e => e.Actor).ToArray() });
        insert.Parameters.Add(
            new()
            {
                Value = events.Select(e => e.Credential).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
            }
        );
        insert.Parameters.Add(new() { Value = events.Select(e => e.InBackground).ToArray() });
        insert.Parameters.Add(new() { Value = events.Select(_ => _random.Next(9)).ToArray() });
        insert.Parameters.Add(new() { Value = events.Select(e => e.Id).ToArray() });
        await insert.ExecuteNonQueryAsync(cancel);
    }

    private string Actor() => _random.Next(5) == 0 ? "system" : CallerSessions.ActorOf(Pick(_people));

    private string? Credential() =>
        _random.Next(3) switch
        {
            0 => null,
            1 => $"key:{Guid.CreateVersion7()}",
            _ => $"session:{Guid.CreateVersion7()}",
        };

    private T Pick<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];
}
