using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Lectern.Accounts.Tokens;

/// <summary>The signature algorithm ES256 (RFC 7518, section 3.4): ECDSA on P-256 with SHA-256, r and s of 32 bytes each.</summary>
internal static class Es256
{
    /// <summary>Bytes of a signature.</summary>
    public const int SignatureLength = 64;

    // The order of P-256's group (SEC 2, section 2.4.2).
    private static readonly BigInteger Order = BigInteger.Parse(
        "0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
        NumberStyles.HexNumber,
        CultureInfo.InvariantCulture
    );
    private static readonly byte[] HalfOrder = (Order >> 1).ToByteArray(isUnsigned: true, isBigEndian: true);

    /// <summary>Whether bytes are a private key of the curve: 1 to the order minus 1.</summary>
    public static bool IsScalar(ReadOnlySpan<byte> bytes)
    {
        var value = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        return value > 0 && value < Order;
    }

    /// <summary>Signs, always with the lower of the two values that s can have.</summary>
    public static byte[] Sign(ECDsa key, ReadOnlySpan<byte> data)
    {
        var signature = key.SignData(
            data,
            HashAlgorithmName.SHA256,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation
        );
        if (!HasLowS(signature))
        {
            var s = Order - new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
            signature.AsSpan(32).Clear();
            var bytes = s.ToByteArray(isUnsigned: true, isBigEndian: true);
            bytes.CopyTo(signature, SignatureLength - bytes.Length);
        }

        return signature;
    }

    /// <summary>Whether the signature is the key's on these data. Never throws: a wrong length or zeros are just wrong.</summary>
    public static bool Verify(ECDsa key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureLength
        && key.VerifyData(
            data,
            signature,
            HashAlgorithmName.SHA256,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation
        );

    /// <summary>
    /// With (r, s) also (r, order - s) verifies. ES256 allows both; whoever signs only one of them can refuse the other,
    /// and then nobody can make a second valid text out of a token.
    /// </summary>
    public static bool HasLowS(ReadOnlySpan<byte> signature) => signature[32..].SequenceCompareTo(HalfOrder) <= 0;
}
