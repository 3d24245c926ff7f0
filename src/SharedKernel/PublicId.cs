namespace Lectern.SharedKernel;

/// <summary>
/// Ids as the API shows them: TypeIDs, a prefix and a UUIDv7 in Crockford's base32 (<c>job_01h455vb4pex5vsknk084sn02q</c>).
/// Inside the program and the database an id is a <see cref="Guid"/>. Source: the TypeID specification 0.3.
/// </summary>
public static class PublicId
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int Length = 26;

    /// <summary>Writes an id with its prefix.</summary>
    public static string Format(string prefix, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var value = new UInt128(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..])
        );
        Span<char> text = stackalloc char[Length];
        for (var i = Length - 1; i >= 0; i--, value >>= 5)
            text[i] = Alphabet[(int)(value & 31)];
        return string.Concat(prefix, "_", text);
    }

    /// <summary>Reads an id that must have this prefix. Anything else, upper case included, is not an id.</summary>
    public static bool TryParse(string prefix, string? text, out Guid id)
    {
        id = default;
        if (
            text is null
            || text.Length != prefix.Length + 1 + Length
            || !text.StartsWith(prefix, StringComparison.Ordinal)
            || text[prefix.Length] != '_'
        )
            return false;

        UInt128 value = 0;
        var digits = text.AsSpan(prefix.Length + 1);
        if (digits[0] > '7') // 26 digits carry 130 bits; a larger first digit would overflow the UUID
            return false;
        foreach (var c in digits)
        {
            var digit = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (digit < 0)
                return false;
            value = (value << 5) | (UInt128)digit;
        }

        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        id = new Guid(bytes, bigEndian: true);
        return true;
    }
}
