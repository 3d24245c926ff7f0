using Lectern.Host;

namespace Lectern.Tests.Host.Settings;

/// <summary>A wrong setting stops the start with one line that names it and says what is accepted.</summary>
public sealed class WrongSettingTests
{
    [Theory]
    [InlineData(
        "Lectern:Http:ShutdownDrainSeconds",
        "soon",
        "Lectern:Http:ShutdownDrainSeconds is 'soon', but must be a whole number from 0 to 600 (Lectern__Http__ShutdownDrainSeconds in the environment)."
    )]
    [InlineData("Lectern:Http:ShutdownDrainSeconds", "-1", "a whole number from 0 to 600")]
    [InlineData("Lectern:Http:ShutdownDrainSeconds", "", "a whole number from 0 to 600")]
    [InlineData("Lectern:Http:CorsOrigins:0", "*", "origins such as https://app.example.com")]
    [InlineData("Lectern:Http:CorsOrigins:0", "https://a.example/path", "origins such as https://app.example.com")]
    [InlineData(
        "Lectern:Http:CorsOrigins",
        "https://a.example",
        "is a list: name its entries Lectern__Http__CorsOrigins__0"
    )]
    [InlineData("Lectern:Http:TrustedProxies:0", "10.0.0.0/99", "IP addresses or networks")]
    [InlineData("Lectern:Http:AllowedHosts:0", "https://x", "host names such as example.com")]
    [InlineData("Lectern:Http:PublicUrl", "lectern.example.com", "an absolute http or https URL")]
    [InlineData("Lectern:Telemetry:OtlpEndpoint", "collector:4318", "an absolute http or https URL")]
    [InlineData("Lectern:Data:Folder", "", "must be a path")]
    [InlineData("Lectern:Http:Prot", "1", "Lectern:Http:Prot is not a setting of this program.")]
    [InlineData("Lectern:Htpp:PublicUrl", "http://x", "Lectern:Htpp is not a setting of this program.")]
    [InlineData(
        "ConnectionStrings:Lectern",
        "Host=x;Nonsense=1",
        "ConnectionStrings:Lectern must be an Npgsql connection string"
    )]
    public void It_is_named_with_what_is_accepted(string key, string value, string message)
    {
        var refused = Should.Throw<StartRefusedException>(() => Build(key, value));

        refused.ExitCode.ShouldBe(2);
        refused.Message.ShouldContain(message);
        refused.Message.ShouldNotContain("\n");
    }

    [Fact]
    public void A_wrong_secret_is_named_but_not_shown()
    {
        var refused = Should.Throw<StartRefusedException>(() => Build("Lectern:Secrets:MasterKey", "c2hvcnQ="));

        refused.Message.ShouldContain(
            "Lectern:Secrets:MasterKey is set to a secret that is not shown, but must be base64 of exactly 32 bytes"
        );
        refused.Message.ShouldNotContain("c2hvcnQ=");
    }

    private static void Build(string key, string value) =>
        LecternHost.Build(
            new Dictionary<string, string?> { ["ConnectionStrings:Lectern"] = "Host=/nowhere", [key] = value },
            modules: []
        );
}
