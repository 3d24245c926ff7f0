using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Lectern.Billing.Contracts;

namespace Lectern.Billing.Pricing;

/// <summary>The section <c>Lectern:Billing</c>. The defaults let the sign-up grant pay for a novel of 470,000 characters twice.</summary>
internal sealed class BillingSettings
{
    [Description("Credits that each person gets once, on sign-up. At most six decimals.")]
    [WholeMicroCredits]
    public decimal SignUpCredits { get; set; } = 20m;

    [Description("Credits for 1,000 characters of source text of an audiobook by a local voice. At most six decimals.")]
    [WholeMicroCredits]
    public decimal AudiobookPerThousandCharacters { get; set; } = 0.02m;

    [Description("Credits for one preview of a voice. At most six decimals.")]
    [WholeMicroCredits]
    public decimal VoicePreview { get; set; }

    [Description("A workspace whose available credits fall below this is told, once. At most six decimals.")]
    [WholeMicroCredits]
    public decimal LowBalanceCredits { get; set; } = 2m;

    [Description("How often holds and credits expire, low balances are noticed and moved wallets are audited.")]
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan WatchEvery { get; set; } = TimeSpan.FromMinutes(1);

    public Prices ToPrices() =>
        new([
            new Price(PricedItems.Audiobook, "character", 1000, Credits.FromDecimal(AudiobookPerThousandCharacters)),
            new Price(PricedItems.VoicePreview, "preview", 1, Credits.FromDecimal(VoicePreview)),
        ]);
}

/// <summary>From 0 to a million credits, and no fraction of a micro-credit: money is never rounded silently.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class WholeMicroCreditsAttribute : ValidationAttribute
{
    private const decimal Most = 1_000_000m;

    public WholeMicroCreditsAttribute() => ErrorMessage = "a number from 0 to 1000000 with at most six decimals";

    public override bool IsValid(object? value) =>
        value is decimal credits and >= 0 and <= Most && credits * Credits.Micro % 1 == 0;
}
