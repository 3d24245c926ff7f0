using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Lectern.Billing.Contracts;

/// <summary>A line of the price list: what units of one kind cost.</summary>
/// <param name="Item">The kind of job: <c>audiobook</c>.</param>
/// <param name="Unit">What is counted: <c>character</c>, <c>second</c>, <c>image</c>, <c>token</c>, <c>preview</c>.</param>
/// <param name="Per">For how many units the price is.</param>
/// <param name="MicroCredits">The price for so many units.</param>
/// <param name="Provider">Whose work it is for; null for anybody's.</param>
/// <param name="VoiceClass">The class of voices that it is for; null for any.</param>
/// <param name="Included">Units that each job has at no cost.</param>
public sealed record Price(
    string Item,
    string Unit,
    long Per,
    long MicroCredits,
    string? Provider = null,
    string? VoiceClass = null,
    long Included = 0
)
{
    /// <summary>Whether the line can price this.</summary>
    public bool Matches(Quantity quantity) =>
        Item == quantity.Item
        && Unit == quantity.Unit
        && (Provider is null || Provider == quantity.Provider)
        && (VoiceClass is null || VoiceClass == quantity.VoiceClass);

    /// <summary>The line that says more wins; who works says more than the class of the voice.</summary>
    internal int Specificity => (Provider is null ? 0 : 2) + (VoiceClass is null ? 0 : 1);
}

/// <summary>The least that a job of a kind costs.</summary>
/// <param name="Item">The kind of job.</param>
/// <param name="MicroCredits">Takes the place of a smaller sum.</param>
public sealed record Minimum(string Item, long MicroCredits);

/// <summary>How many units a job may need.</summary>
/// <param name="Item">The kind of job, a name of <see cref="PricedItems"/>.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Low">Units at least.</param>
/// <param name="Expected">Units most likely.</param>
/// <param name="High">Units at most; the hold is made for this.</param>
public sealed record Quantity(string Item, string Unit, long Low, long Expected, long High)
{
    /// <summary>Who does the work.</summary>
    public string? Provider { get; init; }

    /// <summary>The class of the voice.</summary>
    public string? VoiceClass { get; init; }

    /// <summary>The part of the units that is paid already: audio of an earlier run. At most <see cref="High"/>.</summary>
    public long Free { get; init; }

    /// <summary>A quantity that is known exactly.</summary>
    public static Quantity Exactly(string item, string unit, long units) => new(item, unit, units, units, units);
}

/// <summary>What can be made at present. Each has a price for any provider, whatever is configured.</summary>
public static class PricedItems
{
    /// <summary>An audiobook, by characters of the source text.</summary>
    public const string Audiobook = "audiobook";

    /// <summary>What an audiobook is counted in.</summary>
    public const string Character = "character";

    /// <summary>A short sample of a voice, each.</summary>
    public const string VoicePreview = "voice_preview";

    /// <summary>What samples of voices are counted in.</summary>
    public const string Preview = "preview";
}

/// <summary>A price list.</summary>
public sealed class Prices
{
    /// <summary>A list of prices; no two lines are for the same.</summary>
    /// <param name="items">The lines, in any order.</param>
    /// <param name="minimums">One for each kind of job that has one.</param>
    public Prices(IReadOnlyList<Price> items, params IReadOnlyList<Minimum> minimums)
    {
        Items = items;
        Minimums = minimums;
        Version = VersionOf(items, minimums);
    }

    /// <summary>
    /// Names the list in holds and quotes. It follows from the prices, so that it can't stay the same when one changes.
    /// </summary>
    public string Version { get; }

    /// <summary>The lines.</summary>
    public IReadOnlyList<Price> Items { get; }

    /// <summary>The least that jobs cost, by kind.</summary>
    public IReadOnlyList<Minimum> Minimums { get; }

    /// <summary>The line that prices this: the most specific one that matches, wherever it stands.</summary>
    public Price? Find(Quantity quantity) =>
        Items.Where(price => price.Matches(quantity)).MaxBy(price => price.Specificity);

    /// <summary>What a job of one kind will cost; each line is rounded up to whole micro-credits once.</summary>
    /// <exception cref="ArgumentException">The list has no such item.</exception>
    /// <exception cref="OverflowException">More than money can count.</exception>
    public Quote Quote(params IReadOnlyList<Quantity> quantities)
    {
        var lines = quantities.Select(Line).ToList();
        var least = Minimums.FirstOrDefault(m => quantities.Any(q => q.Item == m.Item))?.MicroCredits ?? 0;
        return new Quote(
            Version,
            lines,
            MinimumOf(least, quantities, q => q.Low),
            MinimumOf(least, quantities, q => q.Expected),
            MinimumOf(least, quantities, q => q.High)
        );
    }

    private QuoteLine Line(Quantity quantity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(quantity.Low);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantity.Low, quantity.Expected);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantity.Expected, quantity.High);
        ArgumentOutOfRangeException.ThrowIfNegative(quantity.Free);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantity.Free, quantity.High);
        var price =
            Find(quantity)
            ?? throw new ArgumentException(
                $"There is no price for {quantity.Item} by {quantity.Unit}.",
                nameof(quantity)
            );
        var paid = Paid(price, quantity, quantity.High);
        return new QuoteLine(
            quantity,
            price,
            Included: Unpaid(quantity, quantity.High) - paid,
            paid,
            Cost(price, Paid(price, quantity, quantity.Low)),
            Cost(price, Paid(price, quantity, quantity.Expected)),
            Cost(price, paid)
        );
    }

    private static long Unpaid(Quantity quantity, long units) => Math.Max(0, units - quantity.Free);

    // The included units are for the job as it was ordered, and spread evenly over it: so a job that is stopped and taken
    // up again has them once, and each run has its share of them.
    private static long Paid(Price price, Quantity quantity, long units)
    {
        var unpaid = Unpaid(quantity, units);
        return unpaid == 0 ? 0 : unpaid - Part(Math.Min(price.Included, quantity.High), unpaid, quantity.High);
    }

    // As the included units: of a job that is paid in part, or comes to less than was ordered, its share.
    private static long MinimumOf(long least, IReadOnlyList<Quantity> quantities, Func<Quantity, long> units) =>
        quantities.Where(q => q.High > 0).Select(q => Part(least, Unpaid(q, units(q)), q.High)).DefaultIfEmpty().Max();

    // In 128 bits, for the product of two longs may not fit into one.
    private static long Cost(Price price, long units) => Part(price.MicroCredits, units, price.Per);

    private static long Part(long whole, long units, long of) => checked((long)(((Int128)whole * units + of - 1) / of));

    private static string VersionOf(IReadOnlyList<Price> items, IReadOnlyList<Minimum> minimums)
    {
        var lines = items
            .Select(p =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{p.Item}|{p.Unit}|{p.Provider}|{p.VoiceClass}|{p.Per}|{p.MicroCredits}|{p.Included}"
                )
            )
            .Concat(minimums.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Item}|{m.MicroCredits}")))
            .Order(StringComparer.Ordinal);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        return Convert.ToHexStringLower(hash.AsSpan(0, 6));
    }
}

/// <summary>What a job will cost.</summary>
/// <param name="PriceVersion">The price list that it was calculated with.</param>
/// <param name="Lines">What makes it up.</param>
/// <param name="LeastLow">Takes the place of a smaller sum of what the lines cost at least.</param>
/// <param name="LeastExpected">The same for what is most likely.</param>
/// <param name="LeastHigh">The same for what is held.</param>
public sealed record Quote(
    string PriceVersion,
    IReadOnlyList<QuoteLine> Lines,
    long LeastLow = 0,
    long LeastExpected = 0,
    long LeastHigh = 0
)
{
    /// <summary>Micro-credits at least.</summary>
    public long Low => Math.Max(LeastLow, Lines.Sum(line => line.Low));

    /// <summary>Micro-credits most likely.</summary>
    public long Expected => Math.Max(LeastExpected, Lines.Sum(line => line.Expected));

    /// <summary>Micro-credits at most: what is held.</summary>
    public long High => Math.Max(LeastHigh, Lines.Sum(line => line.High));

    /// <summary>
    /// The part of a hold that a partial delivery costs, rounded up, never more than the hold. It follows from the hold
    /// and not from the price list, which may have changed since.
    /// </summary>
    /// <param name="held">Micro-credits.</param>
    /// <param name="delivered">Units delivered, from 0 to <paramref name="ordered"/>.</param>
    /// <param name="ordered">Units that the hold was made for, more than 0.</param>
    public static long ShareOf(long held, long delivered, long ordered)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(held);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ordered);
        ArgumentOutOfRangeException.ThrowIfNegative(delivered);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delivered, ordered);
        return (long)(((Int128)held * delivered + ordered - 1) / ordered);
    }
}

/// <summary>A line of a quote, in micro-credits.</summary>
/// <param name="Quantity">How much of what; of it <see cref="Contracts.Quantity.Free"/> units are paid already.</param>
/// <param name="Price">The line of the price list that was taken.</param>
/// <param name="Included">Of the units at most, those that the price list includes.</param>
/// <param name="Paid">Of the units at most, those that cost something.</param>
/// <param name="Low">At least.</param>
/// <param name="Expected">Most likely.</param>
/// <param name="High">At most.</param>
public sealed record QuoteLine(
    Quantity Quantity,
    Price Price,
    long Included,
    long Paid,
    long Low,
    long Expected,
    long High
);
