using FsCheck;
using FsCheck.Fluent;
using Lectern.Billing.Contracts;
using Lectern.Billing.Pricing;
using Lectern.SharedKernel;
using Microsoft.FSharp.Core;

namespace Lectern.Tests.Billing.Pricing;

public sealed class PricesTests
{
    private const int Novel = 470_000; // characters of a novel of 83,000 words
    private const ulong Seed = 20261121;

    private static readonly Prices Defaults = new BillingSettings().ToPrices();

    [Fact]
    public void The_sign_up_grant_pays_for_a_novel_by_a_local_voice_twice()
    {
        var quote = Defaults.Quote(Characters(Novel));

        Credits.Format(quote.High).ShouldBe("9.4");
        (2 * quote.High).ShouldBeLessThan(Credits.FromDecimal(new BillingSettings().SignUpCredits));
    }

    [Fact]
    public void A_preview_of_a_voice_is_free() =>
        Defaults.Quote(Quantity.Exactly(PricedItems.VoicePreview, PricedItems.Preview, 1)).High.ShouldBe(0);

    [Fact]
    public void Each_line_is_rounded_up_once()
    {
        var prices = new Prices([new Price("a", "x", 1000, 1), new Price("a", "y", 3, 10)]);

        var quote = prices.Quote(new Quantity("a", "x", 0, 1, 1001), new Quantity("a", "y", 0, 1, 2));

        quote.Lines.Select(line => (line.Low, line.Expected, line.High)).ShouldBe([(0, 1, 2), (0, 4, 7)]);
        (quote.Low, quote.Expected, quote.High).ShouldBe((0, 5, 9));
    }

    [Fact]
    public void A_job_costs_what_its_seconds_images_and_tokens_cost_together()
    {
        var prices = new Prices([
            new Price("video", "second", 60, 300_000, Provider: "studio"),
            new Price("video", "image", 1, 40_000, Included: 2),
            new Price("video", "token", 1_000_000, 2_500_000, Provider: "writer"),
        ]);

        var quote = prices.Quote(
            new Quantity("video", "second", 60, 90, 120) { Provider = "studio" },
            Quantity.Exactly("video", "image", 5),
            new Quantity("video", "token", 1_000, 2_000, 10_000) { Provider = "writer" }
        );

        quote.Lines.Select(line => line.High).ShouldBe([600_000, 120_000, 25_000]);
        quote.Lines.Select(line => (line.Included, line.Paid)).ShouldBe([(0, 120), (2, 3), (0, 10_000)]);
        (quote.Low, quote.Expected, quote.High).ShouldBe((422_500, 575_000, 745_000));
    }

    [Theory]
    [InlineData(null, null, 1)]
    [InlineData("flite", null, 3)]
    [InlineData("flite", "standard", 3)]
    [InlineData(null, "premium", 2)]
    [InlineData("cloud", "premium", 4)]
    [InlineData("flite", "premium", 3)]
    [InlineData("cloud", "standard", 1)]
    public void The_line_that_says_more_holds_wherever_it_stands(string? provider, string? voiceClass, long expected)
    {
        Price[] lines =
        [
            new("audiobook", "character", 1, 1),
            new("audiobook", "character", 1, 2, VoiceClass: "premium"),
            new("audiobook", "character", 1, 3, Provider: "flite"),
            new("audiobook", "character", 1, 4, "cloud", "premium"),
            new("audiobook", "second", 1, 5, "cloud", "premium"),
            new("dubbing", "character", 1, 6, "cloud", "premium"),
        ];
        var quantity = Characters(1) with { Provider = provider, VoiceClass = voiceClass };

        for (var turn = 0; turn < lines.Length; turn++)
            new Prices([.. lines[turn..], .. lines[..turn]]).Quote(quantity).High.ShouldBe(expected);
    }

    [Fact]
    public void What_is_paid_already_and_what_is_included_cost_nothing()
    {
        var prices = new Prices([new Price("audiobook", "character", 1, 10, Included: 400)]);

        var line = prices.Quote(Characters(1_000) with { Free = 500 }).Lines.Single();

        // Half of the job is left, and so is half of what is included.
        (line.Quantity.Free, line.Included, line.Paid, line.High).ShouldBe((500, 200, 300, 3_000));
        prices.Quote(Characters(400)).High.ShouldBe(0);
        prices.Quote(Characters(1_000) with { Free = 1_000 }).High.ShouldBe(0);
    }

    [Fact]
    public void A_job_costs_its_minimum_at_least_and_of_what_is_left_of_it_the_share()
    {
        Credits.Format(Defaults.Quote(Characters(1)).High).ShouldBe("0.001");
        Credits.Format(Defaults.Quote(Characters(51)).High).ShouldBe("0.00102");
        Defaults.Quote(Characters(10) with { Free = 7 }).High.ShouldBe(300);
        Defaults.Quote(Characters(10) with { Free = 10 }).High.ShouldBe(0);
        Defaults.Quote(new Quantity("audiobook", "character", 5, 8, 10)).Low.ShouldBe(500);
    }

    [Fact]
    public void Quotes_are_in_order_monotone_exact_and_never_below_what_was_asked() =>
        Holds(
            Orders,
            order =>
            {
                var (price, least, quantity) = order;
                var prices = new Prices([price], new Minimum(price.Item, least));
                var quote = prices.Quote(quantity);
                var line = quote.Lines.Single();

                (quantity.Free + line.Included + line.Paid).ShouldBe(Math.Max(quantity.High, quantity.Free));
                // Exact: the whole number of micro-credits that is the next one above the fraction.
                (line.High * price.Per).ShouldBeGreaterThanOrEqualTo(line.Paid * price.MicroCredits);
                ((line.High - 1) * price.Per).ShouldBeLessThan(Math.Max(line.Paid * price.MicroCredits, 1));
                (quote.Low <= quote.Expected && quote.Expected <= quote.High).ShouldBeTrue();
                (line.Low <= line.Expected && line.Expected <= line.High).ShouldBeTrue();

                // More of it never costs less; a part that is paid never costs anything.
                var more = quantity with
                {
                    High = quantity.High + 1,
                };
                prices.Quote(more).High.ShouldBeGreaterThanOrEqualTo(quote.High);
                if (quantity.Free < quantity.High)
                    prices.Quote(quantity with { Free = quantity.Free + 1 }).High.ShouldBeLessThanOrEqualTo(quote.High);
            }
        );

    [Fact]
    public void A_job_that_is_stopped_and_taken_up_again_costs_as_much_as_one_that_is_not_but_for_rounding() =>
        Holds(
            Orders,
            order =>
            {
                var (price, least, quantity) = order;
                if (quantity.High == 0)
                    return;
                var prices = new Prices([price], new Minimum(price.Item, least));
                var whole = Quantity.Exactly(price.Item, price.Unit, quantity.High);
                var full = prices.Quote(whole).High;

                var first = Quote.ShareOf(full, quantity.Free, quantity.High);
                var rest = prices.Quote(whole with { Free = quantity.Free }).High;

                // At most a unit that is not included any more, and the two roundings.
                (first + rest).ShouldBeInRange(full - 1 - price.MicroCredits / price.Per - 1, full + 2);
            }
        );

    [Fact]
    public void A_price_that_overflows_is_an_error_and_not_a_small_number() =>
        Should.Throw<OverflowException>(() =>
            new Prices([new Price("a", "x", 1, long.MaxValue)]).Quote(Quantity.Exactly("a", "x", 2))
        );

    [Theory]
    [InlineData("dubbing", "character")]
    [InlineData("audiobook", "second")]
    public void What_has_no_price_is_not_free(string item, string unit) =>
        Should.Throw<ArgumentException>(() => Defaults.Quote(Quantity.Exactly(item, unit, 1)));

    [Fact]
    public void The_version_changes_with_any_part_of_a_price_and_not_with_the_order()
    {
        var price = new Price("a", "x", 1, 1);
        Price[] others =
        [
            price with
            {
                Item = "b",
            },
            price with
            {
                Unit = "y",
            },
            price with
            {
                Per = 2,
            },
            price with
            {
                MicroCredits = 2,
            },
            price with
            {
                Provider = "p",
            },
            price with
            {
                VoiceClass = "p",
            },
            price with
            {
                Included = 1,
            },
        ];
        var versions = others
            .Select(other => new Prices([other]))
            .Append(new Prices([price]))
            .Append(new Prices([price], new Minimum("a", 1)))
            .Append(new Prices([price], new Minimum("a", 2)))
            .Select(prices => prices.Version);

        versions.ShouldBeUnique();
        new Prices([price, others[0]]).Version.ShouldBe(new Prices([others[0], price]).Version);
    }

    [Theory]
    [InlineData(100, 0, 3, 0)]
    [InlineData(100, 1, 3, 34)]
    [InlineData(100, 2, 3, 67)]
    [InlineData(100, 3, 3, 100)]
    [InlineData(0, 2, 3, 0)]
    [InlineData(long.MaxValue, 3, 3, long.MaxValue)]
    public void A_part_costs_its_share_of_the_hold(long held, long delivered, long ordered, long expected) =>
        Quote.ShareOf(held, delivered, ordered).ShouldBe(expected);

    [Fact]
    public void More_than_was_ordered_cannot_be_charged() =>
        Should.Throw<ArgumentOutOfRangeException>(() => Quote.ShareOf(100, 4, 3));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "0.000001")]
    [InlineData(19_400_000, "19.4")]
    [InlineData(-9_400_000, "-9.4")]
    [InlineData(20_000_000, "20")]
    [InlineData(long.MaxValue, "9223372036854.775807")]
    public void Credits_are_shown_exactly(long microCredits, string shown) =>
        Credits.Format(microCredits).ShouldBe(shown);

    [Theory]
    [InlineData("0", true)]
    [InlineData("20.000001", true)]
    [InlineData("1000000", true)]
    [InlineData("0.0000001", false)]
    [InlineData("-1", false)]
    [InlineData("1000000.1", false)]
    public void A_setting_of_credits_is_whole_micro_credits(string value, bool fits) =>
        new WholeMicroCreditsAttribute()
            .IsValid(decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture))
            .ShouldBe(fits);

    private static Quantity Characters(long units) =>
        Quantity.Exactly(PricedItems.Audiobook, PricedItems.Character, units);

    private static Gen<(Price Price, long Least, Quantity Quantity)> Orders { get; } =
        from per in Gen.Choose(1, 2_000)
        from credits in Gen.Choose(0, 50_000)
        from included in Gen.Choose(0, 3_000)
        from least in Gen.Choose(0, 20_000)
        from high in Gen.Choose(0, 5_000)
        from expected in Gen.Choose(0, high)
        from low in Gen.Choose(0, expected)
        from free in Gen.Choose(0, high)
        select (
            new Price("a", "x", per, credits, Included: included),
            (long)least,
            new Quantity("a", "x", low, expected, high) { Free = free }
        );

    private static void Holds<T>(Gen<T> cases, Action<T> property) =>
        Check.One(
            Config
                .QuickThrowOnFailure.WithMaxTest(5_000)
                .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(Seed, 1), FSharpOption<int>.None))),
            Prop.ForAll(Arb.From(cases), property)
        );
}
