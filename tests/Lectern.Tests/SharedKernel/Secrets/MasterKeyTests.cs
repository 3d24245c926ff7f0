using Lectern.SharedKernel.Secrets;

namespace Lectern.Tests.SharedKernel.Secrets;

public sealed class MasterKeyTests
{
    [Fact]
    public void Each_purpose_has_a_key_of_its_own_and_always_the_same()
    {
        var key = new MasterKey(new byte[32]);

        key.Derive("tokens", 32).ShouldBe(key.Derive("tokens", 32));
        key.Derive("tokens", 32).ShouldNotBe(key.Derive("links", 32));
        key.Derive("tokens", 48).Length.ShouldBe(48);
    }

    [Fact]
    public void The_derivation_never_changes_since_links_and_vaults_depend_on_it() =>
        // HKDF-SHA256, 32 zero bytes, no salt, info "lectern/signed-links"
        Convert
            .ToHexStringLower(new MasterKey(new byte[32]).Derive("signed-links", 16))
            .ShouldBe("7fe6f553cc4ef10bd6643568abb2f669");

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_key_of_another_length_is_refused(int length) =>
        Should.Throw<ArgumentException>(() => new MasterKey(new byte[length]));

    [Fact]
    public void Its_text_shows_nothing() => new MasterKey(new byte[32]).ToString().ShouldBe("MasterKey(…)");
}
