using Lectern.Eventing;
using Npgsql;

namespace Lectern.Tests.Eventing;

/// <summary>
/// Numbers are drawn before transactions commit. Writers that touch two streams, one of which all of them want, make
/// that show: the reader that just asks for what lies behind its last number misses events, ours must not.
/// </summary>
public sealed class LogOrderTests : MeterTest
{
    [Fact]
    public async Task The_fenced_reader_misses_and_inverts_nothing_where_a_naive_one_misses()
    {
        var jobs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => InstallAsync()));
        var wallet = await InstallAsync();
        using var done = new CancellationTokenSource();
        var naive = ReadNaivelyAsync(done.Token);
        var fenced = ReadFencedAsync(done.Token);

        await Task.WhenAll(jobs.Select((job, writer) => WriteAsync(job, wallet, new Random(writer))));
        await done.CancelAsync();
        var (naiveSeen, _) = await naive;
        var (fencedSeen, inversions) = await fenced;

        var all = await CountAsync("eventing.events");
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{all} events: the naive reader missed {all - naiveSeen}, the fenced one {all - fencedSeen}, with {inversions} inversions."
        );
        naiveSeen.ShouldBeLessThan(all, "the test would not notice a reader that misses events");
        fencedSeen.ShouldBe(all);
        inversions.ShouldBe(0);
    }

    private async Task WriteAsync(Guid job, Guid wallet, Random random)
    {
        for (var i = 0; i < 150; i++)
        {
            await using var session = Store.OpenSession(Context);
            session.Append<Meter>(job, new MeterRead(1));
            if (random.Next(3) == 0)
                session.Execute("select pg_sleep($1)", random.NextDouble() / 500); // between number and commit
            if (random.Next(2) == 0)
                session.Append<Meter>(wallet, new MeterRead(1)); // waits for all that have it
            if (random.Next(50) == 0)
                session.Append<Meter>(job, 1, new MeterRead(1)); // is rolled back, and leaves a gap
            await Record.ExceptionAsync(() => session.SaveChangesAsync(Cancel));
        }
    }

    private async Task<(long Seen, int Inversions)> ReadFencedAsync(CancellationToken done)
    {
        var reader = new LogReader(Store);
        return await FollowAsync(() => reader.FinalHeadAsync(Cancel), done);
    }

    private Task<(long Seen, int Inversions)> ReadNaivelyAsync(CancellationToken done) =>
        FollowAsync(() => Task.FromResult(long.MaxValue), done);

    private async Task<(long Seen, int Inversions)> FollowAsync(Func<Task<long>> head, CancellationToken done)
    {
        long last = 0,
            seen = 0;
        var inversions = 0;
        var versions = new Dictionary<Guid, int>();
        for (var isLast = false; ; )
        {
            var upTo = await head();
            await using var connection = await Store.Worker.OpenConnectionAsync(Cancel);
            var events = await LogReader.ReadAsync(connection, Store.Model.EventTypes, [], last, upTo, 10_000, Cancel);
            foreach (var stored in events)
            {
                seen++;
                last = stored.Seq;
                if (stored.Version != versions.GetValueOrDefault(stored.Stream) + 1)
                    inversions++;
                versions[stored.Stream] = stored.Version!.Value;
            }

            if (isLast)
                return (seen, inversions);
            isLast = done.IsCancellationRequested; // once more, for what came last
        }
    }

    [Fact]
    public async Task A_writer_that_takes_its_time_holds_up_what_is_behind_it_and_nothing_is_lost()
    {
        var slow = await InstallAsync();
        var quick = await InstallAsync();
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await using var append = new NpgsqlCommand(
            """
            update eventing.streams set version = version + 1 where id = $1;
            """,
            connection
        )
        {
            Parameters = { new() { Value = slow } },
        };
        await append.ExecuteNonQueryAsync(Cancel);
        await ReadAsync(quick, 1);

        var head = new LogReader(Store).FinalHeadAsync(Cancel);
        await EventuallyAsync(
            async () =>
                await CountAsync(
                    "pg_stat_activity where application_name = 'lectern-worker' and query like '%pg_snapshot_xmin%'"
                ) > 0,
            "the reader waits at the fence"
        );
        head.IsCompleted.ShouldBeFalse();
        await transaction.RollbackAsync(Cancel);
        (await head).ShouldBe(await ScalarAsync<long>("select max(seq) from eventing.events"));
    }
}
