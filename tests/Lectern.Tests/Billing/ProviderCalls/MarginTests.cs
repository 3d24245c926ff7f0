using System.ComponentModel.DataAnnotations;
using Lectern.Billing.ProviderCalls;

namespace Lectern.Tests.Billing.ProviderCalls;

public sealed class MarginTests
{
    private static readonly DateOnly Monday = new(2026, 3, 2);
    private static readonly DateOnly Tuesday = new(2026, 3, 3);

    private readonly ProviderCallSettings _settings = new()
    {
        CreditValue = 0.1m,
        ProviderCosts = new()
        {
            ["theirs"] = new()
            {
                Provider = "vendor",
                Per = 1_000_000,
                Cost = 15.000000001m,
            },
        },
    };

    [Fact]
    public void Costs_values_and_margins_are_exact()
    {
        var view = View(
            [Call(Monday, "vendor", "succeeded", 3, 7), Call(Monday, "vendor", "unknown", 1, 1)],
            [new CaptureSum(Monday, "vendor", 123_457)]
        );

        var line = view.Days.ShouldHaveSingleItem();
        line.Cost.ShouldBe("0.000105000000007");
        line.PossiblySpent.ShouldBe("0.000015000000001");
        line.Credits.ShouldBe("0.123457");
        line.Value.ShouldBe("0.0123457");
        line.Margin.ShouldBe("0.012240699999993");
        line.MarginAtLeast.ShouldBe("0.012225699999992");
    }

    [Fact]
    public void No_digit_is_lost_on_the_way_to_a_million_million_units()
    {
        _settings.ProviderCosts["theirs"].Cost = 9_999.999999999m;

        View([Call(Monday, "vendor", "succeeded", 1, 999_999_999_999)], [])
            .Total.Cost.ShouldBe("9999999999.989000000000001");
    }

    [Fact]
    public void Calls_are_told_by_outcome_and_what_is_not_known_to_be_spent_apart()
    {
        var view = View(
            [
                Call(Monday, "vendor", "succeeded", 5, 500),
                Call(Monday, "vendor", "failed", 2, 40),
                Call(Monday, "vendor", "unknown", 3, 30),
                Call(Monday, "vendor", CallSum.Open, 1, 9),
            ],
            []
        );

        view.Total.Calls.ShouldBe(new CallCounts(5, 2, 3, 1));
        view.Total.Units.ShouldBe([new UnitCount("speech", "character", 540, 39)]);
    }

    [Fact]
    public void Days_and_providers_sum_to_the_total_and_what_earned_without_a_call_is_not_left_out()
    {
        var view = View(
            [Call(Monday, "vendor", "succeeded", 1, 1_000_000), Call(Tuesday, "flite", "succeeded", 1, 10)],
            [new CaptureSum(Tuesday, "vendor", 500_000_000), new CaptureSum(Tuesday, "", 1_000_000)]
        );

        view.Days.Select(line => (line.Day, line.Provider, line.Cost, line.Credits))
            .ShouldBe([
                (Monday, "vendor", "15.000000001", "0"),
                (Tuesday, null, "0", "1"),
                (Tuesday, "flite", "0", "0"),
                (Tuesday, "vendor", "0", "500"),
            ]);
        view.Providers.Select(line => (line.Day, line.Provider, line.Margin))
            .ShouldBe([(null, null, "0.1"), (null, "flite", "0"), (null, "vendor", "34.999999999")]);
        view.Total.Margin.ShouldBe("35.099999999");
    }

    [Fact]
    public void Local_engines_cost_nothing_until_the_operator_says_otherwise()
    {
        View([Call(Monday, "espeak", "succeeded", 1, 1000)], []).Total.Cost.ShouldBe("0");
        _settings.ProviderCosts["power"] = new() { Provider = "espeak", Cost = 0.01m };
        View([Call(Monday, "espeak", "succeeded", 1, 1000)], []).Total.Cost.ShouldBe("0.01");
    }

    [Fact]
    public void A_cost_that_nobody_configured_is_not_taken_for_none()
    {
        var view = View([Call(Monday, "other", "succeeded", 1, 10), Call(Monday, "flite", "succeeded", 1, 10)], []);

        view.Providers.Select(line => (line.Provider, line.Cost, line.Margin))
            .ShouldBe([("flite", "0", "0"), ("other", null, null)]);
        (view.Total.Cost, view.Total.Margin, view.Total.MarginAtLeast).ShouldBe((null, null, null));
        // A refusal costs nothing, whatever the price.
        View([Call(Monday, "other", "failed", 1, 0)], []).Total.Cost.ShouldBe("0");
    }

    [Fact]
    public void Without_a_value_of_credits_there_is_no_margin()
    {
        _settings.CreditValue = null;

        var total = View([Call(Monday, "vendor", "succeeded", 1, 1000)], [new CaptureSum(Monday, "vendor", 1)]).Total;

        (total.Cost, total.Credits, total.Value, total.Margin).ShouldBe(("0.015000000001", "0.000001", null, null));
    }

    [Fact]
    public void Two_costs_for_the_same_thing_are_refused()
    {
        _settings.ProviderCosts["also"] = new() { Provider = "vendor" };

        var refused = new List<ValidationResult>();
        Validator.TryValidateObject(_settings, new(_settings), refused, true).ShouldBeFalse();
        refused
            .ShouldHaveSingleItem()
            .ErrorMessage.ShouldBe(
                "Lectern:Billing:ProviderCosts has theirs and also for the same provider, ability and unit."
            );
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(10000, true)]
    [InlineData(0.000000001, true)]
    [InlineData(0.0000000001, false)]
    [InlineData(10000.01, false)]
    [InlineData(-1, false)]
    public void Amounts_have_at_most_nine_decimals(double amount, bool accepted) =>
        new ExactAmountAttribute().IsValid((decimal)amount).ShouldBe(accepted);

    private MarginView View(CallSum[] calls, CaptureSum[] captures) =>
        Margins.Of(Monday, Tuesday, calls, captures, _settings);

    private static CallSum Call(DateOnly day, string provider, string outcome, long calls, long units) =>
        new(day, provider, "speech", "character", outcome, calls, units);
}
