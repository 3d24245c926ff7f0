using System.Text;
using Lectern.Billing.TopUps;

namespace Lectern.Tests.Billing.TopUps;

/// <summary>
/// The signatures were made with OpenSSL, and not with the code that checks them:
/// <c>printf '%s' '1700000000.{"id":"evt_1",…}' | openssl dgst -sha256 -hmac whsec_…</c>.
/// </summary>
public sealed class WebhookSignatureTests
{
    private const string Body = """{"id":"evt_1","type":"checkout.session.completed"}""";
    private const string Secret = "whsec_0123456789abcdef";
    private const string Signature = "301e60d94a3cae1f6b90ca10cc10d1223d42175a1332ba3eba2a6c4c3cd200ca";
    private const string OtherSecret = "whsec_fedcba9876543210";
    private const string OtherSignature = "ee1d902a074de5431b9eae30b02184f07c427995ffbcce53d9fcfcb9dee0c08f";
    private const string Nonsense = "0000000000000000000000000000000000000000000000000000000000000000";
    private const long Time = 1_700_000_000;

    [Theory]
    [InlineData($"t=1700000000,v1={Signature}")]
    [InlineData($"v1={Signature},t=1700000000")]
    [InlineData($"t=1700000000, v1={Signature}")]
    [InlineData($"t=1700000000,v1={Nonsense},v1={Signature}")]
    [InlineData($"t=1700000000,v0={Nonsense},v1={Signature},v2=x")]
    public void What_the_provider_signed_is_accepted(string header) => IsGood(header, [Secret]).ShouldBeTrue();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("t=1700000000")]
    [InlineData($"v1={Signature}")]
    [InlineData($"t=1700000000,v1={OtherSignature}")]
    [InlineData($"t=1700000000,v1={Nonsense}")]
    [InlineData($"t=1700000000,v0={Signature}")]
    [InlineData($"t=1700000001,v1={Signature}")]
    [InlineData($"t=01700000000,v1={Signature}")]
    [InlineData($"t=1700000000,t=1700000000,v1={Signature}")]
    [InlineData($"t=-1700000000,v1={Signature}")]
    [InlineData($"t=1700000000.0,v1={Signature}")]
    [InlineData($"t=99999999999999999999999999,v1={Signature}")]
    [InlineData($"t=,v1={Signature}")]
    [InlineData($"t=1700000000,v1={Signature}0")]
    [InlineData("t=1700000000,v1=301e60d94a3cae1f6b90ca10cc10d1223d42175a1332ba3eba2a6c4c3cd200c")]
    [InlineData("t=1700000000,v1=")]
    [InlineData("t=1700000000;v1=" + Signature)]
    public void Anything_else_is_not(string? header) => IsGood(header, [Secret]).ShouldBeFalse();

    [Fact]
    public void Each_secret_that_is_in_force_here_is_accepted_and_no_other()
    {
        IsGood($"t=1700000000,v1={OtherSignature}", [Secret, OtherSecret]).ShouldBeTrue();
        IsGood($"t=1700000000,v1={Signature}", [Secret, OtherSecret]).ShouldBeTrue();
        IsGood($"t=1700000000,v1={OtherSignature}", [Secret]).ShouldBeFalse();
        IsGood($"t=1700000000,v1={Signature}", []).ShouldBeFalse();
    }

    [Theory]
    [InlineData(-300, true)]
    [InlineData(-301, false)]
    [InlineData(300, true)]
    [InlineData(301, false)]
    public void It_is_good_for_some_time_around_the_senders_clock(int seconds, bool isGood) =>
        WebhookSignature
            .IsGood(
                $"t=1700000000,v1={Signature}",
                Encoding.UTF8.GetBytes(Body),
                [Secret],
                DateTimeOffset.FromUnixTimeSeconds(Time + seconds),
                TimeSpan.FromSeconds(300)
            )
            .ShouldBe(isGood);

    [Fact]
    public void One_changed_byte_of_the_body_is_noticed()
    {
        var body = Encoding.UTF8.GetBytes(Body);
        for (var i = 0; i < body.Length; i++)
        {
            body[i] ^= 1;
            IsGood($"t=1700000000,v1={Signature}", [Secret], body).ShouldBeFalse($"byte {i}");
            body[i] ^= 1;
        }
    }

    private static bool IsGood(string? header, string[] secrets, byte[]? body = null) =>
        WebhookSignature.IsGood(
            header,
            body ?? Encoding.UTF8.GetBytes(Body),
            secrets,
            DateTimeOffset.FromUnixTimeSeconds(Time),
            TimeSpan.FromSeconds(300)
        );
}
