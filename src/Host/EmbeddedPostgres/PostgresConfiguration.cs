namespace Lectern.Host.EmbeddedPostgres;

/// <summary>The private server's postgresql.conf, written anew at every start.</summary>
internal static class PostgresConfiguration
{
    /// <summary>Settings for a machine of two cores that the host, its engines and ffmpeg share.</summary>
    public static string Text(string socketFolder) =>
        $"""
            # Written by Lectern at every start: changes here are lost.
            listen_addresses = ''
            unix_socket_directories = '{socketFolder.Replace("'", "''", StringComparison.Ordinal)}'
            unix_socket_permissions = 0700
            max_connections = 100

            # What was acknowledged survives a power cut.
            fsync = on
            synchronous_commit = on
            full_page_writes = on

            shared_buffers = 128MB
            effective_cache_size = 512MB
            work_mem = 8MB
            maintenance_work_mem = 64MB
            wal_compression = on
            max_wal_size = 1GB
            checkpoint_completion_target = 0.9
            # Our queries are short; compiling one costs more than running it.
            jit = off
            # The planner's default is for disks that seek.
            random_page_cost = 1.1

            # Queue and progress rows are rewritten all the time: clean up early and in small steps.
            autovacuum_naptime = 15s
            autovacuum_vacuum_scale_factor = 0.05
            autovacuum_analyze_scale_factor = 0.05
            autovacuum_max_workers = 2

            # A worker that died in a transaction must not hold back the readers of the log.
            idle_in_transaction_session_timeout = 60s

            timezone = 'UTC'
            log_timezone = 'UTC'
            lc_messages = 'C'
            log_min_messages = warning
            log_line_prefix = '%m [%p] '
            """ + "\n";
}
