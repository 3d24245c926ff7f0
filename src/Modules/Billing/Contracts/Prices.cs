using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Lectern.Billing.Contracts;

/// <summary>What one thing costs.</summary>
/// <param name="Item">What is priced, a stable name: <c>audiobook</c>.</param>
/// <param name="Unit">What is counted: <c>character</c>, <c>preview</c>.</param>
/// <param name="Per">For how many units the price is.</param>
/// <param name="MicroCredits">The price for so many units.</param>
public sealed record Price(string Item, string Unit, long Per, long MicroCredits);

/// <summary>How much of an item a job may need.</summary>
/// <param name="Item">A name of <see cref="PricedItems"/>.</param>
/// <param name="Low">Units at least.</param>
/// <param name="Expected">Units most likely.</param>
/// <param name="High">Units at most; the hold is made for this.</param>
public sealed record Quantity(string Item, long Low, long Expected, long High)
{
    /// <summary>A quantity that is known exactly.</summary>
    public static Quantity Exactly(string item, long units) => new(item, units, units, units);
}

/// <summary>The items of the price list.</summary>
public static class PricedItems
{
    /// <summary>An audiobook by a voice that runs on this machine, by characters of the source text.</summary>
    public const string Audiobook = "audiobook";

    /// <summary>A short sample of a voice, each.</summary>
    public const string VoicePreview = "voice_preview";
}

/// <summary>The price list in force.</summary>
public sealed class Prices
{
    /// <summary>A list of prices; each item has one.</summary>
    public Prices(IReadOnlyList<Price> items)
    {
        Items = items;
        Version = VersionOf(items);
    }

    /// <summary>
    /// Names the list in holds and quotes. It follows from the prices, so that it can't stay the same when one changes.
    /// </summary>
    public string Version { get; }

    /// <summary>The prices.</summary>
    public IReadOnlyList<Price> Items { get; }

    /// <summary>What a job will cost; each line is rounded up to whole micro-credits once.</summary>
    /// <exception cref="ArgumentException">The list has no such item.</exception>
    /// <exception cref="OverflowException">More than money can count.</exception>
    public Quote Quote(params IReadOnlyList<Quantity> quantities) => new(Version, [.. quantities.Select(Line)]);

    private QuoteLine Line(Quantity quantity)
    {
        var price =
            Items.FirstOrDefault(p => p.Item == quantity.Item)
            ?? throw new ArgumentException($"There is no price for {quantity.Item}.", nameof(quantity));
        return new QuoteLine(
            quantity,
            price.Unit,
            Cost(price, quantity.Low),
            Cost(price, quantity.Expected),
            Cost(price, quantity.High)
        );
    }

    // In 128 bits, for the product of two longs may not fit into one.
    private static long Cost(Price price, long units)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        return checked((long)(((Int128)units * price.MicroCredits + price.Per - 1) / price.Per));
    }

    private static string VersionOf(IReadOnlyList<Price> items)
    {
        var lines = items
            .OrderBy(p => p.Item, StringComparer.Ordinal)
            .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Item}|{p.Unit}|{p.Per}|{p.MicroCredits}"));
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        return Convert.ToHexStringLower(hash.AsSpan(0, 6));
    }
}

/// <summary>What a job will cost.</summary>
/// <param name="PriceVersion">The price list that it was calculated with.</param>
/// <param name="Lines">One line for each item.</param>
public sealed record Quote(string PriceVersion, IReadOnlyList<QuoteLine> Lines)
{
    /// <summary>Micro-credits at least.</summary>
    public long Low => Lines.Sum(line => line.Low);

    /// <summary>Micro-credits most likely.</summary>
    public long Expected => Lines.Sum(line => line.Expected);

    /// <summary>Micro-credits at most: what is held.</summary>
    public long High => Lines.Sum(line => line.High);

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
/// <param name="Quantity">How much of what.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Low">At least.</param>
/// <param name="Expected">Most likely.</param>
/// <param name="High">At most.</param>
public sealed record QuoteLine(Quantity Quantity, string Unit, long Low, long Expected, long High);
