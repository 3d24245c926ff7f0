using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Lectern.Accounts.Passwords;

/// <summary>What a password check came to.</summary>
internal enum PasswordVerdict
{
    Right,

    /// <summary>Right, but the stored hash has fewer rounds than ours have by now: store a new one.</summary>
    RightButWeak,
    Wrong,

    /// <summary>Too many are being checked already; nothing was computed.</summary>
    Busy,
}

/// <summary>
/// Hashes and checks passwords, a few at a time: each takes a third of a second of one core, so unbounded log-ins would
/// take all cores from the rest of the program. Those that find no room wait in a short line; beyond it they are refused.
/// </summary>
/// <param name="hasher">ASP.NET's hasher in production.</param>
/// <param name="parallelism">How many passwords are worked on at once.</param>
/// <param name="waiting">How many more may wait.</param>
internal sealed class PasswordHashing(IPasswordHasher<object> hasher, int parallelism, int waiting) : IDisposable
{
    /// <summary>
    /// PBKDF2-HMAC-SHA512 rounds: the OWASP Password Storage Cheat Sheet asks for 220,000; ASP.NET's default is 100,000.
    /// </summary>
    private const int Iterations = 220_000;

    /// <summary>About how long a full line takes: <see cref="WaitingPerSlot"/> checks of 0.3 s on one core.</summary>
    public static readonly TimeSpan TimeToDrain = TimeSpan.FromSeconds(5);

    private const int WaitingPerSlot = 16;

    // No account has a user object worth passing to the hasher, which ignores it.
    private static readonly object Nobody = new();
    private static readonly string HashOfNobody = MakeHashOfNobody();

    private readonly ConcurrencyLimiter _limiter = new(
        new ConcurrencyLimiterOptions
        {
            PermitLimit = parallelism,
            QueueLimit = waiting,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        }
    );

    /// <summary>As the program uses it: half of the cores at most.</summary>
    public static PasswordHashing OnHalfTheCores()
    {
        var parallelism = Math.Max(1, Environment.ProcessorCount / 2);
        return new PasswordHashing(Hasher(), parallelism, parallelism * WaitingPerSlot);
    }

    /// <summary>ASP.NET's hasher, format V3, with our number of rounds.</summary>
    public static PasswordHasher<object> Hasher() =>
        new(Options.Create(new PasswordHasherOptions { IterationCount = Iterations }));

    /// <summary>The hash to store, or null when the line is full.</summary>
    public async Task<string?> HashAsync(string password, CancellationToken cancel)
    {
        using var lease = await _limiter.AcquireAsync(1, cancel);
        return lease.IsAcquired ? await OnOwnThread(() => hasher.HashPassword(Nobody, password)) : null;
    }

    /// <summary>Checks a password; without a hash, since there is no such account, it works as long and says wrong.</summary>
    public async Task<PasswordVerdict> VerifyAsync(string? hash, string password, CancellationToken cancel)
    {
        using var lease = await _limiter.AcquireAsync(1, cancel);
        if (!lease.IsAcquired)
            return PasswordVerdict.Busy;
        var result = await OnOwnThread(() => hasher.VerifyHashedPassword(Nobody, hash ?? HashOfNobody, password));
        return hash is null || result == PasswordVerificationResult.Failed ? PasswordVerdict.Wrong
            : result == PasswordVerificationResult.SuccessRehashNeeded ? PasswordVerdict.RightButWeak
            : PasswordVerdict.Right;
    }

    /// <inheritdoc/>
    public void Dispose() => _limiter.Dispose();

    // The thread pool starts with a thread per core: a third of a second on one of its threads would hold up requests
    // that need a millisecond. A thread of its own costs 0.1 ms, and the limiter bounds how many there are.
    private static Task<T> OnOwnThread<T>(Func<T> work) =>
        Task.Factory.StartNew(
            work,
            CancellationToken.None,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default
        );

    // Format V3: marker 1, PRF 2 (HMAC-SHA512), rounds, salt length, salt, key; numbers big-endian. The key is random,
    // so that no password has it.
    private static string MakeHashOfNobody()
    {
        const int salt = 16;
        const int key = 32;
        var hash = new byte[13 + salt + key];
        hash[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(hash.AsSpan(1), 2);
        BinaryPrimitives.WriteInt32BigEndian(hash.AsSpan(5), Iterations);
        BinaryPrimitives.WriteInt32BigEndian(hash.AsSpan(9), salt);
        RandomNumberGenerator.Fill(hash.AsSpan(13));
        return Convert.ToBase64String(hash);
    }
}
