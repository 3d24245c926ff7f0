using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Lectern.SharedKernel.Blobs;

/// <summary>Blobs as files below one folder.</summary>
/// <param name="folder">The folder; made when it is missing. The temporary names are in its <c>.incoming</c>.</param>
public sealed partial class LocalBlobStore(string folder) : IBlobStore
{
    private const int BufferSize = 128 * 1024;

    // errno: ENOSPC is 28 everywhere; EDQUOT is 122 on Linux and 69 on macOS.
    private const int NoSpace = 28;
    private static readonly int QuotaExceeded = OperatingSystem.IsMacOS() ? 69 : 122;

    private readonly string _root = Path.GetFullPath(folder);

    /// <inheritdoc/>
    public async Task<StoredBlob> WriteAsync(string key, Stream content, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var incoming = Path.Combine(_root, ".incoming", Guid.NewGuid().ToString("N"));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(incoming)!);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var (size, hash) = await WriteTemporaryAsync(incoming, content, cancellationToken);
            File.Move(incoming, path, overwrite: true);
            FolderSync.Flush(Path.GetDirectoryName(path)!);
            return new StoredBlob(key, size, hash);
        }
        catch (IOException exception) when (IsFull(exception))
        {
            throw new BlobStoreFullException("The blob folder has no room left.", exception);
        }
        finally
        {
            File.Delete(incoming); // gone already when the rename happened
        }
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenReadAsync(string key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        try
        {
            return Task.FromResult<Stream?>(
                new FileStream(
                    path,
                    FileMode.Open,
                    FileAccess.Read,
                    FileShare.Read | FileShare.Delete,
                    BufferSize,
                    FileOptions.Asynchronous
                )
            );
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var existed = File.Exists(path);
        if (existed)
            File.Delete(path);
        return Task.FromResult(existed);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListAsync(
        string prefix,
        DateTimeOffset writtenBefore,
        CancellationToken cancellationToken
    )
    {
        var folder = new DirectoryInfo(PathOf(prefix));
        var files = folder.Exists ? folder.EnumerateFiles("*", SearchOption.AllDirectories) : [];
        return files
            .Where(file => file.LastWriteTimeUtc < writtenBefore.UtcDateTime)
            .Select(file => Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/'))
            .ToAsyncEnumerable();
    }

    private static async Task<(long Size, string Sha256)> WriteTemporaryAsync(
        string path,
        Stream content,
        CancellationToken cancellationToken
    )
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(
            path,
            FileMode.CreateNew,
            FileAccess.Write,
            FileShare.None,
            bufferSize: 0, // the buffer below is the only one
            FileOptions.Asynchronous
        );
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long size = 0;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                sha.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                size += read;
            }

            // The database will say that this blob exists; after a power cut it must be true.
            file.Flush(flushToDisk: true);
            return (size, Convert.ToHexStringLower(sha.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool IsFull(IOException exception) =>
        exception.HResult == NoSpace || exception.HResult == QuotaExceeded;

    private string PathOf(string key) =>
        ServerMadeKey().IsMatch(key)
            ? Path.Combine(_root, key)
            : throw new ArgumentException("Not a key that the server makes.", nameof(key));

    // No part starts with a dot, so no key climbs out of the folder or meets the temporary names.
    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,127}(/[a-z0-9][a-z0-9._-]{0,127}){0,7}\z")]
    private static partial Regex ServerMadeKey();
}

/// <summary>
/// Makes a rename durable: it lives in the folder, which .NET has no call to flush. Without this a power cut right
/// after the commit could leave a row without its blob.
/// </summary>
internal static class FolderSync
{
    private const int ReadOnly = 0;

    public static void Flush(string folder)
    {
        var descriptor = open(folder, ReadOnly);
        if (descriptor < 0)
            return; // not a file system that lets folders be opened; it has no better way either
        _ = fsync(descriptor);
        _ = close(descriptor);
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fsync(int descriptor);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int close(int descriptor);
}
