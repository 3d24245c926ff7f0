using System.Security.Cryptography;
using System.Text;

namespace Lectern.Billing;

/// <summary>An id that follows from another one, so that the same cause always gives the same id.</summary>
internal static class DerivedId
{
    /// <summary>A UUIDv8 (RFC 9562): SHA-256 over a name that never changes and the id it follows from.</summary>
    public static Guid From(string name, Guid cause) => Of([.. Name(name), .. cause.ToByteArray(bigEndian: true)]);

    /// <summary>The same for what others gave an id to, such as a payment.</summary>
    public static Guid From(string name, string cause) => Of([.. Name(name), 0, .. Encoding.UTF8.GetBytes(cause)]);

    private static byte[] Name(string name) => Encoding.UTF8.GetBytes(name);

    private static Guid Of(byte[] input)
    {
        var hash = SHA256.HashData(input).AsSpan(0, 16);
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80); // version 8
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80); // variant of RFC 9562
        return new Guid(hash, bigEndian: true);
    }
}
