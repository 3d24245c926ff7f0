using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Lectern.SharedKernel;

namespace Lectern.Billing.TopUps;

/// <summary>The section <c>Lectern:Billing:Payments</c>. Nothing is sold until a signing secret is set.</summary>
internal sealed class PaymentSettings
{
    // A billion credits, as for everything that the API takes: what asks for more is a mistake that a person looks at.
    private const long MostCredits = 1_000_000_000 * Credits.Micro;

    [Description(
        "Signing secrets of the payment provider's webhook endpoint (whsec_…). Without one, payments are off. With several, "
            + "each is accepted: add the new one, roll it at the provider, then remove the old one."
    )]
    [DataType(DataType.Password)]
    [SigningSecrets]
    public string[] SigningSecrets { get; set; } = [];

    [Description("By how many seconds the time of a delivery may differ from this server's clock, either way.")]
    [Range(1, 3600)]
    public int ToleranceSeconds { get; set; } = 300;

    [Description("Whether payments of the provider's test mode buy credits. Otherwise they are kept as unmatched.")]
    public bool AcceptTestPayments { get; set; }

    public Dictionary<string, CurrencySettings> Currencies { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether payments are taken at all.</summary>
    public bool IsOn => SigningSecrets.Length > 0;

    /// <summary>What an amount of money buys, in micro-credits; null when it can't be said, or is nothing.</summary>
    /// <param name="amount">Smallest units of the currency.</param>
    /// <param name="currency">Three letters.</param>
    public long? CreditsFor(long amount, string currency)
    {
        if (amount <= 0 || !Currencies.TryGetValue(currency, out var price))
            return null;
        var credits = (Int128)amount * Credits.FromDecimal(price.CreditsPerUnit!.Value);
        return credits <= MostCredits ? (long)credits : null;
    }
}

/// <summary>A currency that is taken. NAME is its code: usd, eur, jpy.</summary>
internal sealed class CurrencySettings
{
    [Description(
        "Credits for one of the currency's smallest units: a cent, or a yen where there is nothing smaller. At most six decimals."
    )]
    [SoldFor]
    public decimal? CreditsPerUnit { get; set; }
}

/// <summary>An empty or short key would let anybody sign.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SigningSecretsAttribute : ValidationAttribute
{
    private const int Shortest = 16;

    public SigningSecretsAttribute() => ErrorMessage = $"secrets of at least {Shortest} characters";

    public override bool IsValid(object? value) =>
        value is IEnumerable<string> secrets && secrets.All(secret => secret.Length >= Shortest);
}

/// <summary>More than nothing, and no fraction of a micro-credit.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SoldForAttribute : ValidationAttribute
{
    private const decimal Most = 1_000_000m;

    public SoldForAttribute() => ErrorMessage = "a number from 0.000001 to 1000000 with at most six decimals";

    public override bool IsValid(object? value) =>
        value is decimal credits and > 0 and <= Most && credits * Credits.Micro % 1 == 0;
}
