using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lectern.SharedKernel.Secrets;

namespace Lectern.SharedKernel.Http;

/// <summary>
/// Where a page of a list ended, newest first by time and id. Opaque to clients, and bound to what was listed: a cursor
/// of another workspace, list or filter is refused like a made-up one.
/// </summary>
public sealed class PageCursor(MasterKey masterKey)
{
    private const int PositionLength = 24;
    private const int TagLength = 16;
    private readonly byte[] _key = masterKey.Derive("page-cursor", 32);

    /// <summary>The cursor behind an entry.</summary>
    /// <param name="list">What is listed: workspace, list and filter, in one text.</param>
    /// <param name="at">The last entry's time.</param>
    /// <param name="id">The last entry's id.</param>
    public string Write(string list, DateTimeOffset at, Guid id)
    {
        Span<byte> bytes = stackalloc byte[PositionLength + TagLength];
        BinaryPrimitives.WriteInt64BigEndian(bytes, at.UtcTicks);
        id.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        Tag(list, bytes[..PositionLength], bytes[PositionLength..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads a cursor that was written for the same list.</summary>
    public bool TryRead(string list, string cursor, out DateTimeOffset at, out Guid id)
    {
        (at, id) = (default, default);
        Span<byte> bytes = stackalloc byte[PositionLength + TagLength];
        if (
            !Base64Url.IsValid(cursor, out var length)
            || length != bytes.Length
            || !Base64Url.TryDecodeFromChars(cursor, bytes, out _)
        )
            return false;
        Span<byte> expected = stackalloc byte[TagLength];
        Tag(list, bytes[..PositionLength], expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, bytes[PositionLength..]))
            return false;
        at = new DateTimeOffset(BinaryPrimitives.ReadInt64BigEndian(bytes), TimeSpan.Zero);
        id = new Guid(bytes[8..PositionLength], bigEndian: true);
        return true;
    }

    private void Tag(string list, ReadOnlySpan<byte> position, Span<byte> tag)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(position);
        hmac.AppendData(Encoding.UTF8.GetBytes(list));
        Span<byte> whole = stackalloc byte[32];
        hmac.GetHashAndReset(whole);
        whole[..TagLength].CopyTo(tag);
    }
}

/// <summary>One page of a list.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">Pass it as <c>cursor</c> for the next page; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>What a client says about paging.</summary>
public static class Paging
{
    /// <summary>Entries of a page when the client doesn't say.</summary>
    public const int DefaultLimit = 50;

    /// <summary>Entries of a page at most.</summary>
    public const int MaxLimit = 200;

    /// <summary>422 for a limit out of range.</summary>
    public static Problem? CheckLimit(int? limit) =>
        limit is null or (>= 1 and <= MaxLimit)
            ? null
            : CommonProblems.InvalidValues.With(
                "The limit doesn't fit.",
                new FieldError("limit", $"must be from 1 to {MaxLimit}")
            );

    /// <summary>422 for a cursor that is not of this list.</summary>
    public static Problem BadCursor() =>
        CommonProblems.InvalidValues.With(
            "The cursor is not one of this list.",
            new FieldError("cursor", "must be the value of next from the page before, with the same filters")
        );
}
