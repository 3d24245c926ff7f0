using Lectern.Host.Http.RateLimits;

namespace Lectern.Tests.Host.Http.RateLimits;

public sealed class TokenBucketsTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly HandMovedClock _clock = new();

    [Fact]
    public void A_burst_is_let_through_and_then_so_much_a_minute()
    {
        var buckets = Buckets(permits: 60, burst: 5);

        Enumerable.Range(0, 10).Count(_ => buckets.Take(1).IsGranted).ShouldBe(5);
        for (var second = 0; second < 100; second++)
        {
            _clock.Pass(TimeSpan.FromSeconds(1));
            Enumerable.Range(0, 10).Count(_ => buckets.Take(1).IsGranted).ShouldBe(1);
        }
    }

    [Fact]
    public void After_a_pause_the_burst_is_there_again_and_no_more_than_that()
    {
        var buckets = Buckets(permits: 60, burst: 5);
        while (buckets.Take(1).IsGranted) { }

        _clock.Pass(TimeSpan.FromDays(30));

        Enumerable.Range(0, 10).Count(_ => buckets.Take(1).IsGranted).ShouldBe(5);
    }

    [Theory]
    [InlineData(60, 1)]
    [InlineData(7, 3)]
    [InlineData(6000, 6000)]
    public void Retry_after_is_the_moment_at_which_it_succeeds_and_not_before(int permits, int burst)
    {
        var buckets = Buckets(permits, burst);
        for (var times = 0; times < 20; times++)
        {
            Permit refused;
            while ((refused = buckets.Take(1)).IsGranted) { }
            _clock.Pass(refused.RetryAfter - TimeSpan.FromTicks(1));
            buckets.Take(1).IsGranted.ShouldBeFalse();
            _clock.Pass(TimeSpan.FromTicks(1));
            buckets.Take(1).IsGranted.ShouldBeTrue();
        }
    }

    [Fact]
    public void What_remains_and_when_all_is_back_are_told()
    {
        var buckets = Buckets(permits: 60, burst: 3);

        buckets.Policy.ShouldBe("\"test\";q=3;w=3");
        buckets.Take(1).ShouldBe(new Permit(true, 2, 1, default));
        buckets.Take(1).ShouldBe(new Permit(true, 1, 2, default));
        buckets.Take(1).ShouldBe(new Permit(true, 0, 3, default));
        buckets.Take(1).ShouldBe(new Permit(false, 0, 3, TimeSpan.FromSeconds(1)));
        _clock.Pass(TimeSpan.FromMilliseconds(2500));
        buckets.Take(1).ShouldBe(new Permit(true, 1, 2, default));
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again()
    {
        var buckets = Buckets(permits: 1, burst: 2);
        buckets.Take(1);
        buckets.Take(1);
        buckets.GiveBack(1);

        buckets.Take(1).IsGranted.ShouldBeTrue();
        buckets.Take(1).IsGranted.ShouldBeFalse();
        buckets.GiveBack(2); // nothing was taken, so nothing is gained
        Enumerable.Range(0, 5).Count(_ => buckets.Take(2).IsGranted).ShouldBe(2);
    }

    [Fact]
    public void Nobody_pays_for_another()
    {
        var buckets = Buckets(permits: 1, burst: 1);
        buckets.Take(1).IsGranted.ShouldBeTrue();
        buckets.Take(1).IsGranted.ShouldBeFalse();

        buckets.Take(2).IsGranted.ShouldBeTrue();
    }

    [Fact]
    public void A_flood_of_keys_neither_grows_the_memory_nor_makes_it_forget_a_refusal()
    {
        var buckets = Buckets(permits: 1, burst: 2, most: 1000);
        while (buckets.Take(0).IsGranted) { }

        var granted = Enumerable.Range(1, 100_000).Count(key => buckets.Take((UInt128)key).IsGranted);

        buckets.Count.ShouldBe(1000);
        buckets.Take(0).IsGranted.ShouldBeFalse();
        granted.ShouldBe(999 + 64 * 2); // newcomers share 64 buckets
    }

    [Fact]
    public void What_is_full_again_is_dropped()
    {
        var buckets = Buckets(permits: 60, burst: 10, most: 1000);
        for (var key = 0; key < 1000; key++)
            buckets.Take((UInt128)key);
        for (var i = 0; i < 9; i++)
            buckets.Take(7); // full again ten seconds from now; the others in one

        _clock.Pass(TimeSpan.FromSeconds(1));
        buckets.Take(5000).IsGranted.ShouldBeTrue();

        buckets.Count.ShouldBe(2);
        buckets.Take(7).Remaining.ShouldBe(0);
    }

    [Fact]
    public async Task Takers_at_once_get_no_more_than_there_is()
    {
        var buckets = Buckets(permits: 1, burst: 1000);

        var granted = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ => Task.Run(() => Enumerable.Range(0, 1000).Count(_ => buckets.Take(1).IsGranted)))
        );

        granted.Sum().ShouldBe(1000);
    }

    [Fact]
    public async Task Nothing_is_gained_while_buckets_are_dropped()
    {
        // The clock moves on so that what is full is dropped all the time; each key gets its burst and what the time gave.
        var buckets = Buckets(permits: 60, burst: 2, most: 1_000_000);
        var seconds = 0;
        var granted = new int[8];
        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(worker =>
                    Task.Run(() =>
                    {
                        for (var i = 0; i < 2000; i++)
                        {
                            if (i % 10 == 0)
                            {
                                _clock.Pass(TimeSpan.FromSeconds(1));
                                Interlocked.Increment(ref seconds);
                            }

                            if (buckets.Take((UInt128)(i % 4)).IsGranted)
                                Interlocked.Increment(ref granted[i % 4]);
                            buckets.Take((UInt128)(100 + worker * 2000 + i)); // a newcomer
                        }
                    })
                )
        );

        for (var key = 0; key < 4; key++)
            granted[key].ShouldBeInRange(1, 2 + seconds);
        buckets.Count.ShouldBeLessThan(8 * 2000);
    }

    private TokenBuckets Buckets(int permits, int burst, int most = 100) =>
        new("test", permits, Minute, burst, _clock, most);
}
