using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lectern.SharedKernel.Secrets;

namespace Lectern.Accounts.Confirmations;

/// <summary>
/// The secrets that go out by mail: the id of a row, and an HMAC of it for its purpose. The row says what it is for, until
/// when and whether it is used up, so nothing secret is stored, queued or logged.
/// </summary>
internal sealed class ConfirmationTokens(MasterKey master)
{
    private const int TagLength = 24;
    private readonly byte[] _key = master.Derive("accounts/confirmation-token", 32);

    /// <summary>The token of a row.</summary>
    /// <param name="purpose">A stable code; a token for one purpose is none for another.</param>
    /// <param name="id">The row.</param>
    public string Write(string purpose, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16 + TagLength];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        Tag(purpose, bytes[..16]).AsSpan(0, TagLength).CopyTo(bytes[16..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The row that a token names, if we made it for this purpose.</summary>
    public bool TryRead(string purpose, string token, out Guid id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[16 + TagLength];
        if (
            !Base64Url.IsValid(token, out var length)
            || length != bytes.Length
            || !Base64Url.TryDecodeFromChars(token, bytes, out _)
            || !CryptographicOperations.FixedTimeEquals(Tag(purpose, bytes[..16]).AsSpan(0, TagLength), bytes[16..])
        )
            return false;
        id = new Guid(bytes[..16], bigEndian: true);
        return true;
    }

    private byte[] Tag(string purpose, ReadOnlySpan<byte> id) =>
        HMACSHA256.HashData(_key, (byte[])[.. Encoding.UTF8.GetBytes(purpose), 0, .. id]);
}
