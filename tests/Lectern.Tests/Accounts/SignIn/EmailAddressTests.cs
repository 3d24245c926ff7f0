using Lectern.Accounts.SignIn;

namespace Lectern.Tests.Accounts.SignIn;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("jane@example.com")]
    [InlineData("jane.o'neil+books@mail.example.co.uk")]
    [InlineData("j@localhost")]
    public void Addresses_that_browsers_accept_are_taken(string email) => EmailAddress.Fault(email).ShouldBeNull();

    [Theory]
    [InlineData("")]
    [InlineData("jane")]
    [InlineData("@example.com")]
    [InlineData("jane@")]
    [InlineData("jane@example.com ")]
    [InlineData("jane@example.com\n")]
    [InlineData("jane@exa mple.com")]
    [InlineData("jane@@example.com")]
    [InlineData("jane@-example.com")]
    [InlineData("jane@example..com")]
    [InlineData("jаne@example.com")] // the a is Cyrillic
    [InlineData("jane@example.com\r\nBcc: all@example.com")]
    public void Others_are_refused(string email) => EmailAddress.Fault(email).ShouldBe("must be an e-mail address");

    [Fact]
    public void Length_is_bounded_as_SMTP_bounds_it()
    {
        var domain = string.Join('.', Enumerable.Repeat(new string('d', 61), 3)) + ".com"; // 189 characters
        EmailAddress.Fault(new string('a', 64) + "@" + domain).ShouldBeNull(); // 254
        EmailAddress.Fault(new string('a', 65) + "@example.com").ShouldBe("must be an e-mail address");
        EmailAddress.Fault(new string('a', 64) + "@d" + domain).ShouldBe("must have at most 254 characters");
    }
}
