using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lectern.SharedKernel.Secrets;

namespace Lectern.Accounts.Sessions;

/// <summary>
/// Refresh tokens: 256 bits behind a prefix that secret scanners can find. The first of a session is random; each
/// successor is an HMAC of the one before it under a key of ours, so that whoever repeats a refresh gets the same
/// successor, and no successor need be stored.
/// </summary>
internal sealed class RefreshTokens(MasterKey master)
{
    private const string Prefix = "lrt_";
    private const int Bytes = 32;
    private readonly byte[] _key = master.Derive("accounts/refresh-token", Bytes);

    /// <summary>The first token of a session.</summary>
    public static string New() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>The only token that this one can be exchanged for.</summary>
    public string SuccessorOf(string token) =>
        Prefix + Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(token)));

    /// <summary>What is stored instead of a token. 256 random bits need no slow hash.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
