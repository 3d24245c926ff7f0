using Lectern.Accounts.Passwords;

namespace Lectern.Tests.Accounts.Passwords;

public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("three tall ships")]
    [InlineData("zwölf Äpfel")]
    [InlineData("🦀🦀🦀🦀🦀🦀🦀🦀")]
    public void Any_unusual_password_of_eight_characters_is_taken(string password) =>
        PasswordRules.Fault(password).ShouldBeNull();

    [Fact]
    public void A_password_of_1024_bytes_is_taken_and_one_more_is_not()
    {
        PasswordRules.Fault(new string('é', 512)).ShouldBeNull();
        PasswordRules.Fault(new string('é', 512) + "e").ShouldBe("must have at most 1024 bytes in UTF-8");
    }

    [Theory]
    [InlineData("", "must have at least 8 characters")]
    [InlineData("seven77", "must have at least 8 characters")]
    [InlineData("🦀🦀🦀🦀", "must have at least 8 characters")]
    [InlineData("three\0ships", "must not contain NUL characters")]
    [InlineData("password", "is one of the most common passwords; choose another")]
    [InlineData("PassWord1", "is one of the most common passwords; choose another")]
    [InlineData("1qaz2wsx", "is one of the most common passwords; choose another")]
    public void Others_are_refused_with_the_reason(string password, string fault) =>
        PasswordRules.Fault(password).ShouldBe(fault);
}
