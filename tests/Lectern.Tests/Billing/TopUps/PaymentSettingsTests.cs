using System.Globalization;
using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Billing.TopUps;
using Lectern.Host;
using Lectern.SharedKernel;

namespace Lectern.Tests.Billing.TopUps;

/// <summary>A host that would take payments that anybody can forge, or count money wrongly, doesn't start.</summary>
public sealed class PaymentSettingsTests
{
    private const string Payments = "Lectern:Billing:Payments:";
    private static readonly IReadOnlyList<IModule> Modules = [new AccountsModule(), new BillingModule()];

    [Theory]
    [InlineData("SigningSecrets:1", "", "secrets of at least 16 characters")]
    [InlineData("SigningSecrets:1", "whsec_short", "secrets of at least 16 characters")]
    [InlineData("ToleranceSeconds", "0", "a whole number from 1 to 3600")]
    [InlineData("Currencies:eur:CreditsPerUnit", "0", "a number from 0.000001 to 1000000")]
    [InlineData("Currencies:eur:CreditsPerUnit", "0.0000001", "a number from 0.000001 to 1000000")]
    [InlineData("Currencies:eur:CreditsPerUnit", "a lot", "a number from 0.000001 to 1000000")]
    [InlineData("Currency:eur:CreditsPerUnit", "1", "is not a setting of this program")]
    public void What_does_not_fit_is_refused_and_no_secret_is_shown(string name, string value, string message)
    {
        var settings = Good();
        Build(settings);
        settings[Payments + name] = value;

        var refusal = Should.Throw<StartRefusedException>(() => Build(settings)).Message;

        refusal.ShouldContain(message);
        refusal.ShouldNotContain("whsec");
    }

    [Theory]
    [InlineData(1, "0.000001", 1L)]
    [InlineData(3, "1.25", 3_750_000L)]
    [InlineData(999, "0.01", 9_990_000L)]
    [InlineData(100_000_000_000, "0.01", 1_000_000_000_000_000L)]
    [InlineData(100_000_000_001, "0.01", null)]
    [InlineData(long.MaxValue, "1000000", null)]
    [InlineData(long.MinValue, "1", null)]
    [InlineData(0, "1", null)]
    public void Money_becomes_credits_exactly_or_not_at_all(long amount, string perUnit, long? microCredits)
    {
        var settings = new PaymentSettings
        {
            Currencies =
            {
                ["usd"] = new CurrencySettings
                {
                    CreditsPerUnit = decimal.Parse(perUnit, CultureInfo.InvariantCulture),
                },
            },
        };

        settings.CreditsFor(amount, "usd").ShouldBe(microCredits);
        settings.CreditsFor(amount, "eur").ShouldBeNull();
    }

    private static Dictionary<string, string?> Good() =>
        new()
        {
            ["ConnectionStrings:Lectern"] = "Host=/nowhere",
            ["Lectern:Data:Folder"] = Path.Combine(Path.GetTempPath(), "lectern-settings"),
            ["Lectern:Secrets:MasterKey"] = Convert.ToBase64String(new byte[32]),
            [Payments + "SigningSecrets:0"] = "whsec_0123456789abcdef",
            [Payments + "Currencies:usd:CreditsPerUnit"] = "0.01",
        };

    private static void Build(Dictionary<string, string?> settings) => LecternHost.Build(settings, Modules);
}
