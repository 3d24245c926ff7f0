using System.Security.Cryptography;
using Lectern.Accounts.Tokens;
using Lectern.SharedKernel.Secrets;

namespace Lectern.Tests.Accounts.Tokens;

public sealed class SigningKeyTests
{
    [Fact]
    public void Hosts_with_one_master_key_have_one_signing_key()
    {
        var master = RandomNumberGenerator.GetBytes(MasterKey.Length);

        var first = new SigningKey(new MasterKey(master));
        var second = new SigningKey(new MasterKey(master));
        var other = new SigningKey(new MasterKey(RandomNumberGenerator.GetBytes(MasterKey.Length)));

        second.Id.ShouldBe(first.Id);
        other.Id.ShouldNotBe(first.Id);
        Es256.Verify(second.Key, [1, 2, 3], Es256.Sign(first.Key, [1, 2, 3])).ShouldBeTrue();
    }

    // The key of an installation must not change with a new version, or everybody is logged out at the update.
    [Fact]
    public void The_key_of_a_master_key_never_changes() =>
        new SigningKey(new MasterKey(new byte[MasterKey.Length])).Id.ShouldBe(
            "Q3yvy10IrCXc0oGc_pYKtTERzdEdUDo72frxgw-FZhc"
        );

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", false)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000001", true)]
    [InlineData("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550", true)]
    [InlineData("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", false)]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", false)]
    public void A_private_key_lies_between_zero_and_the_order_of_the_curve(string hex, bool valid) =>
        Es256.IsScalar(Convert.FromHexString(hex)).ShouldBe(valid);
}
