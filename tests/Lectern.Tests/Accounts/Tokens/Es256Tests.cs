using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lectern.Accounts.Tokens;

namespace Lectern.Tests.Accounts.Tokens;

public sealed class Es256Tests
{
    // RFC 7515, appendix A.3.
    private const string Signed =
        "eyJhbGciOiJFUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    private const string Signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    [Fact]
    public void The_example_of_RFC_7515_verifies()
    {
        using var key = KeyOfTheRfc();
        Es256.Verify(key, Encoding.ASCII.GetBytes(Signed), Base64Url.DecodeFromChars(Signature)).ShouldBeTrue();
    }

    [Fact]
    public void A_changed_bit_of_the_example_does_not_verify()
    {
        using var key = KeyOfTheRfc();
        var data = Encoding.ASCII.GetBytes(Signed);
        var signature = Base64Url.DecodeFromChars(Signature);
        for (var bit = 0; bit < signature.Length * 8; bit++)
        {
            var changed = signature.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Es256.Verify(key, data, changed).ShouldBeFalse();
        }
    }

    [Fact]
    public void Signatures_of_zeros_or_of_another_length_do_not_verify_and_do_not_throw()
    {
        using var key = KeyOfTheRfc();
        var data = Encoding.ASCII.GetBytes(Signed);
        foreach (var length in (int[])[0, 1, 63, 64, 65, 72])
            Es256.Verify(key, data, new byte[length]).ShouldBeFalse();
    }

    [Fact]
    public void What_is_signed_here_has_the_lower_s_and_verifies()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        for (var i = 0; i < 100; i++) // half of what OpenSSL makes has the higher s
        {
            var data = BitConverter.GetBytes(i);
            var signature = Es256.Sign(key, data);
            Es256.HasLowS(signature).ShouldBeTrue();
            Es256.Verify(key, data, signature).ShouldBeTrue();
        }
    }

    private static ECDsa KeyOfTheRfc() =>
        ECDsa.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint
                {
                    X = Base64Url.DecodeFromChars("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                    Y = Base64Url.DecodeFromChars("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
                },
            }
        );
}
