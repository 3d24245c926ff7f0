using Lectern.SharedKernel;

namespace Lectern.Bench;

/// <summary>A thousand workspaces on a host that accepts jobs and works on none of them.</summary>
internal sealed class HttpLoad : IAsyncDisposable
{
    public const int Workspaces = 1000;

    /// <summary>A page of prose, without signs that JSON, Lua, SQL or pgbench would take for their own.</summary>
    public static readonly string Text = string.Join(
        ' ',
        Enumerable.Repeat("It was the best of times and the worst of times and nobody in the house knew which.", 12)
    );

    private readonly BenchAccount[] _accounts;

    /// <summary>Who has them.</summary>
    public IReadOnlyList<BenchAccount> Accounts => _accounts;

    private HttpLoad(Installation installation, ChildProcess host, BenchAccount[] accounts) =>
        (Installation, Host, _accounts) = (installation, host, accounts);

    public Installation Installation { get; }

    public ChildProcess Host { get; }

    public static async Task<HttpLoad> StartAsync(
        Postgres postgres,
        IReadOnlyDictionary<string, string>? settings = null
    )
    {
        var installation = await Installation.CreateAsync(postgres);
        var host = await installation.StartHostAsync(settings);
        // The lane's only place is taken by a message that is never done, so accepted jobs wait and no work on them mixes
        // with the accepting.
        await installation.ExecuteAsync(
            """
            insert into eventing.lanes (name, max_concurrency, concurrency) values ('jobs', 1, 1);
            insert into eventing.messages (id, lane, type, data, workspace_id, actor, correlation_id, state, leased_by, leased_until)
            select gen_random_uuid(), 'jobs', 'jobs.start_jobs.v1', '{}', gen_random_uuid(), 'system', gen_random_uuid(), 'leased',
                   last_value, now() + interval '1 day' from eventing.host_numbers
            """
        );
        return new HttpLoad(installation, host, await installation.SignUpAsync(Workspaces));
    }

    /// <summary>Jobs accepted per second; recounted.</summary>
    public async Task<double> PostAsync(int seconds)
    {
        var before = await JobsAsync();
        var rate = await Wrk.RunAsync(
            Host.Url,
            $$"""
            local n, run = 0, "{{Guid.NewGuid():n}}"
            local body = '{"text":"{{Text}}","title":"A page","voice":"flite-slt"}'
            function request()
              n = n + 1
              return wrk.format("POST", "/api/v1/jobs", {
                ["Authorization"] = "Bearer " .. lines[n % #lines + 1], ["Content-Type"] = "application/json",
                ["Idempotency-Key"] = run .. n }, body)
            end
            """,
            _accounts.Select(a => a.Token),
            seconds
        );
        var jobs = await JobsAsync() - before;
        if (jobs < rate * seconds * 0.99)
            throw new InvalidOperationException($"{rate} jobs a second for {seconds} seconds left {jobs} jobs.");
        // In one statement, for what wrk had under way when it ended may still be committing.
        var torn = await Installation.ScalarAsync<bool>(
            """
            with jobs as (select count(*) as jobs from jobs.job_view)
            select bool_or(rows <> jobs) from jobs, (
                select count(*) from jobs.manuscripts
                union all select count(*) from billing.holds
                union all select count(*) from eventing.idempotency_keys
                union all select count(*) from eventing.messages where state = 'ready'
                union all select count(*) from eventing.events where type = 'jobs.job_submitted.v1'
                union all select count(*) from eventing.events where type = 'billing.credits_held.v1') counts (rows)
            """
        );
        if (torn)
            throw new InvalidOperationException("A job was accepted in part.");
        return rate;
    }

    /// <summary>One job of each workspace as a line for <see cref="GetAsync"/>: its path and a token for it.</summary>
    public async Task<List<string>> JobLinesAsync()
    {
        var tokens = _accounts.ToDictionary(a => a.Workspace, a => a.Token);
        var lines = new List<string>();
        await using var command = Installation.Plain.CreateCommand(
            "select distinct on (workspace_id) workspace_id, id from jobs.job_view order by workspace_id, id"
        );
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            lines.Add($"/api/v1/jobs/{PublicId.Format("job", reader.GetGuid(1))} {tokens[reader.GetGuid(0)]}");
        return lines;
    }

    /// <summary>Requests per second for the jobs in turn.</summary>
    public static Task<double> GetAsync(string url, List<string> lines, int seconds) =>
        Wrk.RunAsync(
            url,
            """
            local n, requests = 0, {}
            function request()
              n = n + 1
              local i = n % #lines + 1
              if requests[i] == nil then
                local path, token = lines[i]:match("(%S+) (%S+)")
                requests[i] = wrk.format("GET", path, { ["Authorization"] = "Bearer " .. token })
              end
              return requests[i]
            end
            """,
            lines,
            seconds
        );

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Installation.DisposeAsync();
    }

    private Task<long> JobsAsync() => Installation.ScalarAsync<long>("select count(*) from jobs.job_view");
}
