namespace Lectern.SharedKernel.Blobs;

/// <summary>
/// Where bytes live that don't belong into the database: uploads, audio, results. A boundary: a local folder by
/// default, an object store where one is configured.
/// </summary>
public interface IBlobStore
{
    /// <summary>
    /// Stores all of <paramref name="content"/> under <paramref name="key"/>. The blob appears whole and on disk, or not
    /// at all; one that had this key is replaced.
    /// </summary>
    /// <param name="key">A name that the server made: <c>a-z 0-9 . _ -</c> in parts separated by <c>/</c>.</param>
    /// <param name="content">Read from its current position to its end.</param>
    /// <param name="cancellationToken">Stops the writing and leaves nothing behind.</param>
    /// <exception cref="BlobStoreFullException">There is no room.</exception>
    Task<StoredBlob> WriteAsync(string key, Stream content, CancellationToken cancellationToken);

    /// <summary>Opens a blob for reading; the stream can seek and knows its length. Null if there is none.</summary>
    Task<Stream?> OpenReadAsync(string key, CancellationToken cancellationToken);

    /// <summary>Deletes a blob; whether it was there.</summary>
    Task<bool> DeleteAsync(string key, CancellationToken cancellationToken);

    /// <summary>The keys below a prefix that were written before a time, in no order.</summary>
    /// <param name="prefix">The first parts of the keys, without a slash at the end.</param>
    /// <param name="writtenBefore">Younger blobs are left out.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    IAsyncEnumerable<string> ListAsync(
        string prefix,
        DateTimeOffset writtenBefore,
        CancellationToken cancellationToken
    );
}

/// <summary>What was written.</summary>
/// <param name="Key">The name to read it by.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Of the content, in lower-case hexadecimal.</param>
public sealed record StoredBlob(string Key, long Size, string Sha256);

/// <summary>The disk or the quota behind the blob store has no room; answered as 507.</summary>
public sealed class BlobStoreFullException : IOException
{
    /// <summary>Nothing is known about the cause.</summary>
    public BlobStoreFullException()
        : base("The blob store is full.") { }

    /// <summary>With a message.</summary>
    public BlobStoreFullException(string message)
        : base(message) { }

    /// <summary>With what the system said.</summary>
    public BlobStoreFullException(string message, Exception innerException)
        : base(message, innerException) { }
}
