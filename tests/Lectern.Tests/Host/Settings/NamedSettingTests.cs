using Lectern.Accounts;
using Lectern.Billing;
using Lectern.Host;
using Lectern.SharedKernel;

namespace Lectern.Tests.Host.Settings;

/// <summary>Settings below a name that the operator chooses are checked like all others, in each place.</summary>
public sealed class NamedSettingTests
{
    private static readonly IReadOnlyList<IModule> Modules = [new AccountsModule(), new BillingModule()];

    [Theory]
    [InlineData("ClientID2", "x", "Lectern:Accounts:OpenId:work:ClientID2 is not a setting of this program.")]
    [InlineData(
        "Issuer",
        "http://issuer.example",
        "Lectern:Accounts:OpenId:work:Issuer is 'http://issuer.example', but must be an https URL (http only for an issuer on this machine) (Lectern__Accounts__OpenId__work__Issuer in the environment)."
    )]
    [InlineData("ClientId", "", "Lectern:Accounts:OpenId:work:ClientId is '', but must be text")]
    public void What_does_not_fit_is_named_with_the_chosen_name(string name, string value, string message)
    {
        var settings = Good();
        settings[$"Lectern:Accounts:OpenId:work:{name}"] = value;

        Should.Throw<StartRefusedException>(() => Build(settings)).Message.ShouldStartWith(message);
    }

    [Fact]
    public void What_is_missing_is_named_and_what_fits_starts()
    {
        var settings = Good();
        Build(settings);

        settings.Remove("Lectern:Accounts:OpenId:work:ClientId");
        Should
            .Throw<StartRefusedException>(() => Build(settings))
            .Message.ShouldStartWith("Lectern:Accounts:OpenId:work:ClientId is not set, but must be text");
    }

    [Theory]
    [InlineData("Accounts:Registration", "ajar", "must be one of open, invitation, closed (")]
    [InlineData("Billing:ProviderCosts:theirs:Per", "7", "must be one of 1, 1000, 1000000 (")]
    public void One_of_a_few_is_told_which_they_are(string name, string value, string message)
    {
        var settings = Good();
        settings["Lectern:Billing:ProviderCosts:theirs:Provider"] = "vendor";
        settings[$"Lectern:{name}"] = value;

        Should.Throw<StartRefusedException>(() => Build(settings)).Message.ShouldContain(message);
    }

    [Fact]
    public void The_document_shows_where_the_name_goes()
    {
        var setting = LecternHost
            .Catalogue(Modules)
            .Settings.Single(setting => setting.Key == "Lectern:Accounts:OpenId:NAME:ClientSecret");

        setting.EnvironmentName.ShouldBe("Lectern__Accounts__OpenId__NAME__ClientSecret");
        setting.IsSecret.ShouldBeTrue();
    }

    private static Dictionary<string, string?> Good() =>
        new()
        {
            ["ConnectionStrings:Lectern"] = "Host=/nowhere",
            ["Lectern:Data:Folder"] = Path.Combine(Path.GetTempPath(), "lectern-settings"),
            ["Lectern:Secrets:MasterKey"] = Convert.ToBase64String(new byte[32]),
            ["Lectern:Accounts:OpenId:work:Issuer"] = "https://issuer.example",
            ["Lectern:Accounts:OpenId:work:ClientId"] = "lectern",
            ["Lectern:Accounts:OpenId:home:ClientId"] = "lectern",
        };

    private static void Build(Dictionary<string, string?> settings) => LecternHost.Build(settings, Modules);
}
