namespace Lectern.Bench;

/// <summary>
/// What a hold writes, as pgbench sends it: variables <c>:n</c> for the workspace and <c>:r</c> for what is unique.
/// </summary>
internal static class HoldSql
{
    /// <summary>The statements of one hold by a person, inside a transaction whose role and workspace are set.</summary>
    public const string Statements = """
        update eventing.streams set version = version + 1 where id = md5('wallet' || :n)::uuid;
        insert into eventing.events (stream_id, id, version, type, data, workspace_id, actor, correlation_id)
        values (md5('wallet' || :n)::uuid, gen_random_uuid(), (select version from eventing.streams where id = md5('wallet' || :n)::uuid),
                'billing.credits_held.v1', '{"job": "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5", "run": 1, "hold": "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5", "amount": 20480, "priceVersion": "5f2c8e41d0aa", "lifeSeconds": 604800}',
                md5('workspace' || :n)::uuid, 'person:0192f0c1-2a3b-7c4d-8e5f-60718293a4b5', md5('workspace' || :n)::uuid);
        with hold as (
            insert into billing.holds (id, wallet_id, workspace_id, job_id, run, amount, price_version, held_at, expires_at, billing_stopped)
            values (md5('hold' || :r)::uuid, md5('wallet' || :n)::uuid, md5('workspace' || :n)::uuid, md5('job' || :r)::uuid, 1, 20480, '5f2c8e41d0aa', now(), now() + interval '7 days',
                (select count(stopped_at) > 0 from billing.wallets where id = md5('wallet' || :n)::uuid))
            returning *)
        insert into billing.open_holds (hold_id, wallet_id, workspace_id, job_id, run, amount, held_at, expires_at)
        select id, wallet_id, workspace_id, job_id, run, amount, held_at, expires_at from hold;
        insert into billing.spending as s (wallet_id, workspace_id, api_key, period, starts, used, room)
        select md5('wallet' || :n)::uuid, md5('workspace' || :n)::uuid, '00000000-0000-0000-0000-000000000000', p.period, p.starts, 20480,
            case p.period when 'day' then c.daily when 'month' then c.monthly end - 20480
        from (select (now() at time zone 'utc')::date as day) d
        cross join lateral (values ('day', d.day), ('month', date_trunc('month', d.day)::date)) p (period, starts)
        left join billing.caps c on c.wallet_id = md5('wallet' || :n)::uuid and c.api_key = '00000000-0000-0000-0000-000000000000'
        on conflict (wallet_id, api_key, period, starts) do update set used = s.used + excluded.used, room = excluded.room - s.used;
        with wallet as (
            update billing.wallets set posted = posted, held = held + 20480, version = version + 1 where id = md5('wallet' || :n)::uuid returning *)
        insert into billing.ledger (wallet_id, number, workspace_id, kind, posted_change, held_change, posted, held, hold_id, job_id, at)
        select id, version, workspace_id, 'held', 0, 20480, posted, held, md5('hold' || :r)::uuid, md5('job' || :r)::uuid, now() from wallet;
        """;

    /// <summary>A transaction with nothing but a hold, in the API's role with row security.</summary>
    /// <param name="wallets">On how many wallets.</param>
    public static string Transaction(int wallets) =>
        $$"""
            \set n random(1, {{wallets}})
            \set r random(1, 9000000000000000000)
            \startpipeline
            select set_config('lectern.workspace', md5('workspace' || :n), true), set_config('lectern.actor', 'person:0192f0c1-2a3b-7c4d-8e5f-60718293a4b5', true);
            {{Statements}}
            \endpipeline
            """;

    /// <summary>Wallets that are full, numbered from 1.</summary>
    public static string FullWallets(int wallets) =>
        $"""
            insert into eventing.streams (id, type, workspace_id, version)
            select md5('wallet' || n)::uuid, 'wallet', md5('workspace' || n)::uuid, 2 from generate_series(1, {wallets}) n;
            insert into billing.wallets (id, workspace_id, posted, held, version, opened_at)
            select md5('wallet' || n)::uuid, md5('workspace' || n)::uuid, 1000000000000000, 0, 2, now() from generate_series(1, {wallets}) n
            """;
}
