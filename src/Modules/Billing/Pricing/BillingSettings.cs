using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Lectern.Billing.Contracts;
using Microsoft.Extensions.Options;

namespace Lectern.Billing.Pricing;

/// <summary>The section <c>Lectern:Billing</c>. The defaults let the sign-up grant pay for a novel of 470,000 characters twice.</summary>
internal sealed class BillingSettings
{
    [Description("Credits that each person gets once, on sign-up. At most six decimals.")]
    [WholeMicroCredits]
    public decimal SignUpCredits { get; set; } = 20m;

    [Description("Minutes for which a quote can be accepted.")]
    [Range(1, 43_200)]
    public int QuoteMinutes { get; set; } = 60;

    /// <summary>Lines of the price list, beside or in place of <see cref="DefaultPrices"/>.</summary>
    public Dictionary<string, PriceSettings> Prices { get; set; } = [];

    /// <summary>Minimums by the kind of job, beside or in place of <see cref="DefaultMinimums"/>.</summary>
    public Dictionary<string, MinimumSettings> Minimums { get; set; } = [];

    /// <summary>
    /// What is charged where nothing is configured. What runs on this machine costs little, but not nothing.
    /// </summary>
    private static readonly Dictionary<string, PriceSettings> DefaultPrices = new()
    {
        ["audiobook"] = new()
        {
            Item = PricedItems.Audiobook,
            Unit = PricedItems.Character,
            Per = 1000,
            Credits = 0.02m,
        },
        ["voice_preview"] = new()
        {
            Item = PricedItems.VoicePreview,
            Unit = PricedItems.Preview,
            Credits = 0m,
        },
    };

    private static readonly Dictionary<string, MinimumSettings> DefaultMinimums = new()
    {
        [PricedItems.Audiobook] = new() { Credits = 0.001m },
    };

    [Description("A workspace whose available credits fall below this is told, once. At most six decimals.")]
    [WholeMicroCredits]
    public decimal LowBalanceCredits { get; set; } = 2m;

    [Description("How often holds and credits expire, low balances are noticed and moved wallets are audited.")]
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan WatchEvery { get; set; } = TimeSpan.FromMinutes(1);

    public Prices ToPrices() =>
        new(
            [.. Merged(DefaultPrices, Prices).Values.Select(line => line.ToPrice())],
            [.. Merged(DefaultMinimums, Minimums).Select(m => new Minimum(m.Key, Micro(m.Value.Credits)))]
        );

    /// <summary>What is wrong with the list as a whole, in a sentence; null if nothing is.</summary>
    public string? Fault()
    {
        var lines = Merged(DefaultPrices, Prices).ToDictionary(line => line.Key, line => For(line.Value));
        var twins = lines.GroupBy(line => line.Value).FirstOrDefault(same => same.Count() > 1);
        if (twins is not null)
            return $"{Key(twins.First().Key)} and {Key(twins.Last().Key)} are prices for the same, so neither would be the one that holds.";
        foreach (var (name, made) in DefaultPrices)
            if (!lines.ContainsValue(For(made)))
                return $"{Key(name)} must be a price of {made.Item} by the {made.Unit}, without Provider and VoiceClass: what no other line is for would have no price.";
        return null;
    }

    /// <summary>What a line is for, whatever it costs.</summary>
    private static Price For(PriceSettings line) => line.ToPrice() with { Per = 1, MicroCredits = 0, Included = 0 };

    private static string Key(string name) => $"Lectern:Billing:Prices:{name}";

    // The keys of configuration don't tell capitals from small letters either.
    private static Dictionary<string, T> Merged<T>(Dictionary<string, T> defaults, Dictionary<string, T> configured)
    {
        var merged = new Dictionary<string, T>(defaults, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in configured)
            merged[name] = value;
        return merged;
    }

    private static long Micro(decimal? credits) => SharedKernel.Credits.FromDecimal(credits ?? 0);
}

/// <summary>Stops the start for a price list that would leave something without a price, or with two.</summary>
internal sealed class PriceListRule : IValidateOptions<BillingSettings>
{
    public ValidateOptionsResult Validate(string? name, BillingSettings options) =>
        options.Fault() is { } fault ? ValidateOptionsResult.Fail(fault) : ValidateOptionsResult.Success;
}

/// <summary>A line of the price list. A line of the same name as a default one takes its place as a whole.</summary>
internal sealed class PriceSettings
{
    [Description(
        "The kind of job. The built-in lines are named audiobook and voice_preview, as the kinds they are for."
    )]
    [PriceCode(IsRequired = true)]
    public string? Item { get; set; }

    [Description(
        "Whose work it is for, such as flite; empty for anybody's. Of the lines that match the most specific holds."
    )]
    [PriceCode]
    public string? Provider { get; set; }

    [Description("The class of voices that it is for, such as standard; empty for any.")]
    [PriceCode]
    public string? VoiceClass { get; set; }

    [Description("What is counted: character, second, image, token, preview or another unit of the kind of job.")]
    [PriceCode(IsRequired = true)]
    public string? Unit { get; set; }

    [Description("For how many units the price is.")]
    [Range(1, 1_000_000_000)]
    public long Per { get; set; } = 1;

    [Description("The price in credits for so many units. At most six decimals.")]
    [WholeMicroCredits]
    public decimal? Credits { get; set; }

    [Description("Units that each job has at no cost.")]
    [Range(0, 1_000_000_000)]
    public long Included { get; set; }

    public Price ToPrice() =>
        new(
            Item ?? "",
            Unit ?? "",
            Per,
            SharedKernel.Credits.FromDecimal(Credits ?? 0),
            string.IsNullOrEmpty(Provider) ? null : Provider,
            string.IsNullOrEmpty(VoiceClass) ? null : VoiceClass,
            Included
        );
}

/// <summary>The least that a job costs. NAME is the kind of job.</summary>
internal sealed class MinimumSettings
{
    [Description(
        "The least that a job of this kind costs, in credits; 0.001 for an audiobook where nothing is set. At most six decimals."
    )]
    [WholeMicroCredits]
    public decimal? Credits { get; set; }
}

/// <summary>From 0 to a million credits, and no fraction of a micro-credit: money is never rounded silently.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class WholeMicroCreditsAttribute : ValidationAttribute
{
    private const decimal Most = 1_000_000m;

    public WholeMicroCreditsAttribute() => ErrorMessage = "a number from 0 to 1000000 with at most six decimals";

    public override bool IsValid(object? value) =>
        value is decimal credits and >= 0 and <= Most && credits * SharedKernel.Credits.Micro % 1 == 0;
}

/// <summary>A stable name of a kind, unit, provider or class.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PriceCodeAttribute : ValidationAttribute
{
    public PriceCodeAttribute() => ErrorMessage = "lower-case letters, digits, underscores and hyphens, a letter first";

    public bool IsRequired { get; init; }

    public override bool IsValid(object? value) =>
        value is string { Length: > 0 } code
            ? code.Length <= 50
                && char.IsAsciiLetterLower(code[0])
                && code.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-')
            : !IsRequired;
}
