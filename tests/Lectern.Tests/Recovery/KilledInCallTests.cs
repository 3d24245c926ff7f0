using Lectern.Tests.Postgres;

namespace Lectern.Tests.Recovery;

/// <summary>The host dies while the engine works: nobody knows how that call ended, and its cost may have been spent.</summary>
public class KilledInCallTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_call_is_unknown_in_the_end_and_the_chunk_is_spoken_by_another_one()
    {
        await using var installation = await Installation.CreateAsync(await PostgresCluster.SharedAsync());
        await using var witness = new Witness(installation);
        installation.Engine.Pause = TimeSpan.FromSeconds(5);
        await installation.SubmitAsync(Book.Write(new Random(41), chapters: 1, sentences: 3, "wav"));
        await installation.EngineIsCalledAsync(1); // with the first chunk, alone
        await installation.KillAsync();
        (await OutcomesAsync(witness)).ShouldBe(["0: open"]);

        installation.Engine.Pause = TimeSpan.Zero;
        await installation.StartAsync();
        await installation.AllEndAsync();
        (await OutcomesAsync(witness)).ShouldBe([
            "0: open",
            "0: succeeded",
            "1: succeeded",
            "2: succeeded",
            "3: succeeded",
        ]);
        await witness.AssertAllIsWellAsync();

        // As time would do it.
        await installation.KillAsync();
        await witness.ReadAsync(
            """
            with swept as (update billing.provider_calls_swept set until = until - interval '1 day')
            update billing.provider_calls set started_at = started_at - interval '1 day' returning id::text
            """
        );
        await installation.StartAsync();
        await Poll.UntilAsync(
            "the call is unknown",
            Patience,
            async () => (await OutcomesAsync(witness))[0] != "0: open",
            TestContext.Current.CancellationToken
        );
        (await OutcomesAsync(witness)).ShouldBe([
            "0: unknown",
            "0: succeeded",
            "1: succeeded",
            "2: succeeded",
            "3: succeeded",
        ]);
    }

    /// <summary>Of each call for a chunk, by chunk and time.</summary>
    private static Task<List<string>> OutcomesAsync(Witness witness) =>
        witness.ReadAsync(
            """
            select chunk || ': ' || coalesce(outcome, 'open')
            from billing.provider_calls c left join billing.provider_call_ends e on e.call_id = c.id
            where job_id is not null order by chunk, started_at
            """
        );
}
