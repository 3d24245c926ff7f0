using System.Globalization;

namespace Lectern.Tests.Billing.Ledger;

/// <summary>
/// How much the proofs of the ledger do: a little in <c>./test</c>, with a seed that stays; everything in
/// <c>bench/ledger</c>, which draws a seed and prints it.
/// </summary>
internal static class LedgerProof
{
    private static readonly string? Wanted = Environment.GetEnvironmentVariable("LECTERN_LEDGER_SEED");

    public static bool IsFull { get; } = Wanted is not null;

    public static ulong Seed { get; } = Wanted is null ? 20261121 : ulong.Parse(Wanted, CultureInfo.InvariantCulture);

    public static int Count(int full, int small) => IsFull ? full : small;
}
