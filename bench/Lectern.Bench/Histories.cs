using Lectern.Billing.Ledger;
using Npgsql;

namespace Lectern.Bench;

/// <summary>
/// Jobs as the log keeps them, written by SQL since making them would take days: each of forty events, most of them passages,
/// in its own stream and its workspace's wallet, spread over a year. One of twenty fails.
/// </summary>
internal static class Histories
{
    public const int EventsPerJob = 40;

    public static async Task WriteAsync(NpgsqlDataSource database, Guid workspace, Guid person, int jobs)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(Sql, connection) { CommandTimeout = 0 };
        command.Parameters.Add(new NpgsqlParameter { Value = workspace });
        command.Parameters.Add(new NpgsqlParameter { Value = Wallet.IdOf(workspace) });
        command.Parameters.Add(new NpgsqlParameter { Value = $"person:{person}" });
        command.Parameters.Add(new NpgsqlParameter { Value = jobs });
        command.Parameters.Add(new NpgsqlParameter { Value = $"session:{Guid.CreateVersion7()}" });
        await command.ExecuteNonQueryAsync();
    }

    // Steps: 1 submitted, 2 held, 3 started, 4 prepared, 5-30 passages (every fourth was there already), 31-35 segments,
    // 36-37 chapters, 38 the file, 39 completed or failed, 40 paid or released.
    private const string Sql = """
        with jobs as materialized (
            select j, gen_random_uuid() as id, gen_random_uuid() as hold, j % 20 = 19 as fails,
                   now() - interval '1 day' - (365.0 * ($4 - j) / $4) * interval '1 day' as at
            from generate_series(1, $4) j),
        streams as (
            insert into eventing.streams (id, type, workspace_id, version)
            select id, 'job', $1, 38 from jobs),
        wallet as (
            update eventing.streams set version = version + 2 * $4 where id = $2 returning version - 2 * $4 as version)
        insert into eventing.events (id, stream_id, version, type, data, workspace_id, actor, correlation_id, at, credential)
        select gen_random_uuid(),
               case when i in (2, 40) then $2 else jobs.id end,
               case when i = 2 then wallet.version + 2 * j - 1 when i = 40 then wallet.version + 2 * j
                    when i = 1 then 1 else i - 1 end,
               case when i = 1 then 'jobs.job_submitted.v1' when i = 2 then 'billing.credits_held.v1'
                    when i = 3 then 'jobs.job_started.v1' when i = 4 then 'jobs.manuscript_prepared.v1'
                    when i <= 30 and i % 4 = 0 then 'jobs.chunk_reused.v1' when i <= 30 then 'jobs.chunk_synthesized.v1'
                    when i <= 35 then 'jobs.segment_encoded.v1' when i <= 37 then 'jobs.chapter_assembled.v1'
                    when i = 38 then 'jobs.audio_assembled.v1'
                    when i = 39 and fails then 'jobs.job_failed.v1' when i = 39 then 'jobs.job_completed.v1'
                    when fails then 'billing.hold_released.v1' else 'billing.credits_deducted.v1' end,
               case when i = 1 then jsonb_build_object('kind', 'audiobook', 'voice', (array['flite-slt', 'flite-rms', 'flite-awb'])[1 + j % 3],
                        'format', 'm4b', 'bitrate', 64, 'characters', 12000, 'hold', hold, 'held', 12000, 'priceVersion', '2026-01')
                    when i = 2 then jsonb_build_object('hold', hold, 'job', jobs.id, 'run', 1, 'amount', 12000, 'priceVersion', '2026-01')
                    when i = 3 then '{"run": 1}'
                    when i = 4 then '{"chapters": 2, "skipped": 0, "chunks": 26, "segments": 5, "words": 2100}'
                    when i <= 30 and i % 4 = 0 then jsonb_build_object('chunk', i - 5, 'audio', md5(i::text), 'samples', 160000, 'rate', 16000)
                    when i <= 30 then jsonb_build_object('chunk', i - 5, 'audio', md5(i::text), 'samples', 160000, 'rate', 16000,
                        'sha256', md5(j::text), 'bytes', 320044, 'provider', 'flite', 'tookMs', 170, 'characters', 460)
                    when i <= 35 then jsonb_build_object('segment', i - 31, 'encoding', md5(i::text), 'samples', 2293760, 'bytes', 400000)
                    when i <= 37 then jsonb_build_object('chapter', i - 36, 'durationMs', 130000)
                    when i = 38 then jsonb_build_object('artifact', hold, 'sha256', md5(j::text), 'bytes', 2000000, 'durationMs', 260000)
                    when i = 39 and fails then '{"step": "package", "code": "engine-failed", "charged": 0}'
                    when i = 39 then '{"charged": 12000}'
                    when fails then jsonb_build_object('hold', hold, 'job', jobs.id, 'amount', 12000, 'reason', 'failed')
                    else jsonb_build_object('hold', hold, 'job', jobs.id, 'kind', 'audiobook', 'held', 12000, 'captured', 12000,
                        'delivered', jsonb_build_object('characters', 12000, 'durationMs', 260000, 'provider', 'flite')) end,
               $1, case when i <= 2 then $3 else 'system' end, jobs.id, jobs.at + i * interval '1 second', case when i <= 2 then $5 end
        from jobs, wallet, generate_series(1, 40) i
        order by j, i
        """;
}
