using Lectern.Accounts.Passwords;
using Microsoft.AspNetCore.Identity;

namespace Lectern.Tests.Accounts.Passwords;

public sealed class PasswordHashingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stored_hash_is_PBKDF2_with_HMAC_SHA512_and_220000_rounds()
    {
        using var hashing = PasswordHashing.OnHalfTheCores();

        var hash = (await hashing.HashAsync("three tall ships", Cancel)).ShouldNotBeNull();

        // format V3, PRF 2 = HMAC-SHA512, 220,000 = 0x35B60 rounds, 16 bytes of salt
        Convert
            .ToHexString(Convert.FromBase64String(hash)[..13])
            .ShouldBe("01" + "00000002" + "00035B60" + "00000010");
        (await hashing.VerifyAsync(hash, "three tall ships", Cancel)).ShouldBe(PasswordVerdict.Right);
        (await hashing.VerifyAsync(hash, "three tall shipS", Cancel)).ShouldBe(PasswordVerdict.Wrong);
    }

    [Fact]
    public async Task Without_an_account_the_same_work_is_done_and_the_verdict_is_wrong()
    {
        var hasher = new GatedHasher(open: true);
        using var hashing = new PasswordHashing(hasher, 1, 0);
        var real = PasswordHashing.Hasher().HashPassword(this, "three tall ships");

        (await hashing.VerifyAsync(null, "three tall ships", Cancel)).ShouldBe(PasswordVerdict.Wrong);

        var used = hasher.Verified.ShouldHaveSingleItem();
        used.Length.ShouldBe(real.Length);
        Convert.FromBase64String(used)[..13].ShouldBe(Convert.FromBase64String(real)[..13]);
        PasswordHashing
            .Hasher()
            .VerifyHashedPassword(this, used, "three tall ships")
            .ShouldBe(PasswordVerificationResult.Failed);
    }

    [Fact]
    public async Task Only_so_many_are_checked_at_once_some_wait_and_the_rest_are_refused()
    {
        var hasher = new GatedHasher(open: false);
        using var hashing = new PasswordHashing(hasher, parallelism: 2, waiting: 3);

        var checks = Enumerable.Range(0, 5).Select(_ => hashing.VerifyAsync("hash", "password", Cancel)).ToList();
        (await hashing.VerifyAsync("hash", "password", Cancel)).ShouldBe(PasswordVerdict.Busy);
        (await hashing.HashAsync("password", Cancel)).ShouldBeNull();
        checks.ShouldAllBe(check => !check.IsCompleted);

        hasher.Open();
        (await Task.WhenAll(checks)).ShouldAllBe(verdict => verdict == PasswordVerdict.Right);
        hasher.MostAtOnce.ShouldBe(2);
        (await hashing.VerifyAsync("hash", "password", Cancel)).ShouldBe(PasswordVerdict.Right);
    }

    /// <summary>Takes every password for right, once its gate is open, and counts.</summary>
    private sealed class GatedHasher(bool open) : IPasswordHasher<object>
    {
        private readonly Lock _counting = new();
        private readonly ManualResetEventSlim _gate = new(open);
        private int _atOnce;

        public List<string> Verified { get; } = [];

        public int MostAtOnce { get; private set; }

        public void Open() => _gate.Set();

        public string HashPassword(object user, string password) => throw new NotSupportedException();

        public PasswordVerificationResult VerifyHashedPassword(
            object user,
            string hashedPassword,
            string providedPassword
        )
        {
            lock (_counting)
            {
                Verified.Add(hashedPassword);
                MostAtOnce = Math.Max(MostAtOnce, ++_atOnce);
            }

            _gate.Wait();
            lock (_counting)
                _atOnce--;
            return PasswordVerificationResult.Success;
        }
    }
}
