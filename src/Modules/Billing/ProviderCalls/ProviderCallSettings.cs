using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lectern.Billing.ProviderCalls;

/// <summary>A part of the section <c>Lectern:Billing</c>: what calls of providers cost us, and what credits bring in.</summary>
internal sealed class ProviderCallSettings : IValidatableObject
{
    [Description(
        "How long a call of a provider may take; then it is broken off, and whether it was done and billed is unknown."
    )]
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ProviderCallLimit { get; set; } = TimeSpan.FromMinutes(10);

    [Description("The currency of what providers cost and of a credit's value, for GET /admin/credits/margin.")]
    [RegularExpression("[A-Z]{3}", ErrorMessage = "three capital letters of ISO 4217")]
    [Required]
    public string Currency { get; set; } = "USD";

    [Description("What a credit is sold for; without it no margin is stated.")]
    [ExactAmount]
    public decimal? CreditValue { get; set; }

    /// <summary>By any name.</summary>
    public Dictionary<string, ProviderCostSettings> ProviderCosts { get; set; } = [];

    /// <summary>
    /// The age at which a call without an outcome is <c>unknown</c>: nobody can still be at it. The minute is for the
    /// commit of its row, which a sweep must not overtake.
    /// </summary>
    internal TimeSpan UnknownAfter => (2 * ProviderCallLimit) + TimeSpan.FromMinutes(1);

    /// <summary>What a provider bills for an ability by a unit; null if nobody said.</summary>
    internal ProviderCostSettings? CostOf(string provider, string ability, string unit) =>
        ProviderCosts.Values.FirstOrDefault(cost =>
            cost.Provider == provider && cost.Ability == ability && cost.Unit == unit
        ) ?? (IsLocal(provider) ? ProviderCostSettings.Nothing : null);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        ProviderCosts
            .GroupBy(cost => (cost.Value.Provider, cost.Value.Ability, cost.Value.Unit), cost => cost.Key)
            .Where(same => same.Count() > 1)
            .Select(same => new ValidationResult(
                $"Lectern:Billing:ProviderCosts has {string.Join(" and ", same)} for the same provider, ability and unit."
            ));

    // Programs on this machine: nobody bills for them, unless the operator says so.
    private static bool IsLocal(string provider) =>
        provider
            is "flite"
                or "espeak"
                or "festival"
                or "rhvoice"
                or "pocketsphinx"
                or "apertium"
                or "extractive"
                or "cover";
}

/// <summary>What a provider bills for.</summary>
internal sealed class ProviderCostSettings
{
    internal static readonly ProviderCostSettings Nothing = new();

    [Description("The provider's name, as GET /voices has it.")]
    [Required(ErrorMessage = "a name")]
    public string? Provider { get; set; }

    [Description("What the provider is asked to do.")]
    [AllowedValues("speech", "transcription", "translation", "script", "voice_clone", "image", "dubbing")]
    public string Ability { get; set; } = "speech";

    [Description("What the provider counts.")]
    [AllowedValues("character", "second", "image", "token", "voice")]
    public string Unit { get; set; } = "character";

    [Description("For how many units the cost is.")]
    [AllowedValues(1L, 1000L, 1_000_000L)] // with powers of ten no sum is ever rounded
    public long Per { get; set; } = 1000;

    [Description("What so many units cost, in Lectern:Billing:Currency.")]
    [ExactAmount]
    public decimal Cost { get; set; }

    internal decimal Of(long units) => units * Cost / Per;
}

/// <summary>Decimals enough for any provider's price list, and few enough for exact sums over any number of calls.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ExactAmountAttribute : ValidationAttribute
{
    private const decimal Most = 10_000m;
    private const decimal Parts = 1_000_000_000m;

    public ExactAmountAttribute() => ErrorMessage = "a number from 0 to 10000 with at most nine decimals";

    public override bool IsValid(object? value) =>
        value is null || (value is decimal amount and >= 0 and <= Most && amount * Parts % 1 == 0);
}
