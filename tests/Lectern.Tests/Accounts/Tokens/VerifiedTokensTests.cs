using Lectern.Accounts.Tokens;

namespace Lectern.Tests.Accounts.Tokens;

public sealed class VerifiedTokensTests
{
    private readonly TokenForge _forge = new();
    private readonly Revocations _revocations = new();

    [Fact]
    public void A_remembered_token_still_expires()
    {
        var verified = new VerifiedTokens(_forge.Tokens, _revocations, _forge.Clock);
        var token = _forge.Good();
        verified.Verify(token).Token!.Caller.ShouldBe(_forge.Caller);

        _forge.Clock.Now = TokenForge.Start.AddSeconds(900 + 29);
        verified.Verify(token).Token.ShouldNotBeNull();
        _forge.Clock.Now = TokenForge.Start.AddSeconds(900 + 30);
        verified.Verify(token).Refusal.ShouldBe("The access token has expired.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_token_stands_on_can_be_revoked_at_any_time(bool session)
    {
        var verified = new VerifiedTokens(_forge.Tokens, _revocations, _forge.Clock);
        var token = _forge.Good();
        verified.Verify(token).Token.ShouldNotBeNull();

        _revocations.Use([session ? _forge.Session : _forge.Member.Stamp!.Value]);
        verified.Verify(token).Refusal.ShouldBe("The access token was revoked.");
        _revocations.Use([Guid.CreateVersion7()]);
        verified.Verify(token).Token.ShouldNotBeNull();
    }

    [Fact]
    public void A_token_that_resembles_a_remembered_one_is_verified()
    {
        var verified = new VerifiedTokens(_forge.Tokens, _revocations, _forge.Clock);
        var token = _forge.Good();
        verified.Verify(token).Token.ShouldNotBeNull();

        verified.Verify(token + " ").Token.ShouldBeNull();
        verified.Verify(token[..^1]).Token.ShouldBeNull();
    }

    [Fact]
    public void Refused_tokens_are_not_remembered()
    {
        var verified = new VerifiedTokens(_forge.Tokens, _revocations, _forge.Clock);
        for (var i = 0; i < 100; i++)
            verified.Verify($"a.b.{i}").Token.ShouldBeNull();
        verified.Count.ShouldBe(0);
    }

    [Fact]
    public void Only_so_many_are_remembered_and_those_in_use_stay()
    {
        var verified = new VerifiedTokens(_forge.Tokens, _revocations, _forge.Clock, generationSize: 10);
        var used = _forge.Good();
        for (var i = 0; i < 100; i++)
        {
            verified.Verify(_forge.Good()).Token.ShouldNotBeNull();
            verified.Verify(used).Token.ShouldNotBeNull();
            verified.Count.ShouldBeLessThanOrEqualTo(20);
        }
    }

    [Fact]
    public async Task Threads_may_verify_at_once()
    {
        var verified = new VerifiedTokens(_forge.Tokens, _revocations, _forge.Clock, generationSize: 8);
        var tokens = Enumerable.Range(0, 32).Select(_ => _forge.Good()).ToList();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 2_000),
            new ParallelOptions
            {
                MaxDegreeOfParallelism = 8,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            (i, _) =>
            {
                verified.Verify(tokens[i * 7 % tokens.Count]).Token.ShouldNotBeNull();
                return ValueTask.CompletedTask;
            }
        );
    }
}
