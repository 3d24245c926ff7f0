using Lectern.Billing.Contracts;
using Lectern.Billing.Pricing;

namespace Lectern.Tests.Billing.Pricing;

public sealed class PricesTests
{
    private const int Novel = 470_000; // characters of a novel of 83,000 words

    private static readonly Prices Defaults = new BillingSettings().ToPrices();

    [Fact]
    public void The_sign_up_grant_pays_for_a_novel_by_a_local_voice_twice()
    {
        var quote = Defaults.Quote(Quantity.Exactly(PricedItems.Audiobook, Novel));

        Credits.Format(quote.High).ShouldBe("9.4");
        (2 * quote.High).ShouldBeLessThan(Credits.FromDecimal(new BillingSettings().SignUpCredits));
    }

    [Fact]
    public void A_preview_of_a_voice_is_free() =>
        Defaults.Quote(Quantity.Exactly(PricedItems.VoicePreview, 1)).High.ShouldBe(0);

    [Fact]
    public void Each_line_is_rounded_up_once()
    {
        var prices = new Prices([new Price("a", "x", 1000, 1), new Price("b", "x", 3, 10)]);

        var quote = prices.Quote(new Quantity("a", 0, 1, 1001), new Quantity("b", 0, 1, 2));

        quote.Lines.Select(line => (line.Low, line.Expected, line.High)).ShouldBe([(0, 1, 2), (0, 4, 7)]);
        (quote.Low, quote.Expected, quote.High).ShouldBe((0, 5, 9));
    }

    [Fact]
    public void A_price_that_overflows_is_an_error_and_not_a_small_number() =>
        Should.Throw<OverflowException>(() =>
            new Prices([new Price("a", "x", 1, long.MaxValue)]).Quote(Quantity.Exactly("a", 2))
        );

    [Fact]
    public void An_item_without_a_price_is_not_free() =>
        Should.Throw<ArgumentException>(() => Defaults.Quote(Quantity.Exactly("dubbing", 1)));

    [Fact]
    public void The_version_changes_with_any_price()
    {
        var same = new BillingSettings().ToPrices();
        var other = new BillingSettings { AudiobookPerThousandCharacters = 0.020001m }.ToPrices();

        same.Version.ShouldBe(Defaults.Version);
        other.Version.ShouldNotBe(Defaults.Version);
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
}
